//! Calls in the journal: booked before they are made, settled when they end.
//!
//! ```text
//! (none) ──reserve──▶ reserved ──settle──▶ answered    the answer is kept, and the bill booked in place of the bound
//!                        │    ╰──settle──▶ failed      the provider did nothing; nothing stays booked
//!                        ╰─────settle────▶ unknown     the provider may have done it; the bound stays booked
//! ```
//!
//! Whoever reserves a call of the same name finds an answer that is there, and makes an older reservation unknown: its process
//! is gone, and what the provider billed nobody knows. It may still be settled, should its process be late and not gone.

use std::time::Duration;

use async_trait::async_trait;

use super::journal::CallKey;
use super::model::{Finish, Usage};
use super::spending::{MicroDollars, Price};
use crate::ids::{AttemptId, ItemVersionId, LlmCallId};
use crate::job::JobId;
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Booked, and perhaps under way.
    Reserved,
    /// Its answer is kept.
    Answered,
    /// There is no answer and no bill.
    Failed,
    /// There is no answer; there may be a bill.
    Unknown,
}

impl CallState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Reserved, Self::Answered, Self::Failed, Self::Unknown];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// The state of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// What it is for, and whom it asks.
    pub key: CallKey,
    /// Whose answer it is about, if it is about one.
    pub attempt_id: Option<AttemptId>,
    /// To which item version.
    pub item_version_id: Option<ItemVersionId>,
    /// The job that makes it.
    pub job_id: Option<JobId>,
    /// What it costs at most.
    pub at_most: MicroDollars,
}

/// The most that may be booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// For one attempt; none is no limit.
    pub attempt: Option<MicroDollars>,
    /// For a day (UTC); none is no limit.
    pub day: Option<MicroDollars>,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    /// That of the attempt: it stays reached.
    Attempt,
    /// That of the day, until this instant.
    Day(Timestamp),
    /// That of the account at the provider; it is asked again at this instant.
    Account(Timestamp),
}

/// An answer that was paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The words.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
}

/// What came of asking to make a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is booked: make it.
    Make(LlmCallId),
    /// It was made before.
    Known(StoredAnswer),
    /// The provider wants no calls before then.
    NotBefore(Timestamp),
}

/// Why a call is not booked.
#[derive(Debug, thiserror::Error)]
pub enum ReserveError {
    /// There is no money for it.
    #[error("the spending cap is reached")]
    CapReached(Cap),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for ReserveError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::CapReached(_) => None,
        }
    }
}

/// Books a call, or nothing of it.
pub struct ReserveCall {
    /// Which.
    pub call: NewCall,
    /// The limits.
    pub caps: Caps,
}

#[async_trait]
impl UseCase for ReserveCall {
    const NAME: &'static str = "llm.reserve";
    type Out = Reserved;
    type Err = ReserveError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Reserved, ReserveError> {
        let (call, now) = (&self.call, ctx.now());
        let digest = call.key.digest();
        if let Some(answer) = tx.llm().answer(&digest).await? {
            return Ok(Reserved::Known(answer));
        }
        let paused = tx.llm().paused_until(&call.key.model.to_string()).await?;
        if let Some(until) = paused.filter(|until| *until > now) {
            return Ok(Reserved::NotBefore(until));
        }
        tx.llm().give_up_reservations(&digest, now).await?;
        let (id, day) = (LlmCallId(ctx.new_uuid()), Day::of(now));
        let booked = BookedCall {
            id,
            digest,
            call,
            day,
            now,
        };
        tx.llm().insert(&booked).await?;
        if let Some(attempt) = call.attempt_id
            && !tx
                .llm()
                .book_attempt(attempt, call.at_most, self.caps.attempt)
                .await?
        {
            return Err(ReserveError::CapReached(Cap::Attempt));
        }
        // Last, because all calls of a day share its row.
        if !tx.llm().book_day(day, call.at_most, self.caps.day).await? {
            return Err(ReserveError::CapReached(Cap::Day(day.end())));
        }
        Ok(Reserved::Make(id))
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEnd {
    /// With an answer.
    Answered {
        /// The answer.
        answer: StoredAnswer,
        /// What the provider counted; none leaves the bound booked.
        usage: Option<Usage>,
    },
    /// Without one, and the provider will bill nothing.
    Failed {
        /// In one word.
        code: &'static str,
    },
    /// Without one, and the provider may bill it.
    Unknown {
        /// In one word.
        code: &'static str,
    },
}

impl CallEnd {
    /// What the call cost at this price; none is what it was booked for, because no bill is known.
    pub fn cost(&self, price: Price) -> Option<MicroDollars> {
        match self {
            Self::Answered { usage, .. } => usage.map(|usage| price.of(usage)),
            Self::Failed { .. } => Some(MicroDollars(0)),
            Self::Unknown { .. } => None,
        }
    }

    /// The state that the call is in after it.
    pub const fn state(&self) -> CallState {
        match self {
            Self::Answered { .. } => CallState::Answered,
            Self::Failed { .. } => CallState::Failed,
            Self::Unknown { .. } => CallState::Unknown,
        }
    }
}

/// Settles a call.
pub struct SettleCall {
    /// Which.
    pub id: LlmCallId,
    /// How it ended.
    pub end: CallEnd,
    /// What the model costs.
    pub price: Price,
    /// The provider wants no calls of this model for so long.
    pub pause: Option<(String, Duration)>,
}

#[async_trait]
impl UseCase for SettleCall {
    const NAME: &'static str = "llm.settle";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let now = ctx.now();
        if let Some((model, pause)) = &self.pause {
            tx.llm().pause(model, now + *pause).await?;
        }
        let cost = self.end.cost(self.price);
        let settled = SettledCall {
            id: self.id,
            state: self.end.state(),
            cost,
            end: &self.end,
            now,
        };
        let Some(booked) = tx.llm().settle(&settled).await? else {
            return Ok(());
        };
        let cost = cost.unwrap_or(booked.at_most);
        let correction = MicroDollars(cost.0 - booked.at_most.0);
        if correction.0 != 0 {
            if let Some(attempt) = booked.attempt_id {
                tx.llm().correct_attempt(attempt, correction).await?;
            }
            tx.llm().correct_day(booked.day, correction).await?;
        }
        Ok(())
    }
}

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

impl Day {
    /// The day of an instant.
    pub const fn of(instant: Timestamp) -> Self {
        Self(instant.as_micros().div_euclid(DAY))
    }

    /// Its end, which is the next one's beginning.
    pub const fn end(self) -> Timestamp {
        Timestamp::from_micros((self.0 + 1) * DAY)
    }
}

/// A row of the journal.
#[derive(Clone, Debug)]
pub struct BookedCall<'a> {
    /// The call.
    pub id: LlmCallId,
    /// Of its key.
    pub digest: String,
    /// What it is.
    pub call: &'a NewCall,
    /// The day that pays.
    pub day: Day,
    /// When.
    pub now: Timestamp,
}

/// The end of a row.
#[derive(Clone, Copy, Debug)]
pub struct SettledCall<'a> {
    /// The call.
    pub id: LlmCallId,
    /// What it is now.
    pub state: CallState,
    /// What it cost; none is what was booked.
    pub cost: Option<MicroDollars>,
    /// Its end.
    pub end: &'a CallEnd,
    /// When.
    pub now: Timestamp,
}

/// What was booked for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The amount.
    pub at_most: MicroDollars,
    /// For which attempt.
    pub attempt_id: Option<AttemptId>,
    /// On which day.
    pub day: Day,
}

/// The journal and its books inside a transaction.
#[async_trait]
pub trait CallJournal: Send {
    /// The kept answer of a call with this name.
    async fn answer(&mut self, digest: &str) -> Result<Option<StoredAnswer>, StoreError>;
    /// Until when a provider wants no calls of a model (`provider/model`).
    async fn paused_until(&mut self, model: &str) -> Result<Option<Timestamp>, StoreError>;
    /// Wants no calls of a model until then; an earlier instant than the stored one changes nothing.
    async fn pause(&mut self, model: &str, until: Timestamp) -> Result<(), StoreError>;
    /// Makes reserved calls of this name unknown.
    async fn give_up_reservations(&mut self, digest: &str, now: Timestamp) -> Result<(), StoreError>;
    /// Writes a reserved call.
    async fn insert(&mut self, call: &BookedCall<'_>) -> Result<(), StoreError>;
    /// Books for an attempt unless that goes beyond the cap; false if it does.
    async fn book_attempt(
        &mut self,
        attempt: AttemptId,
        amount: MicroDollars,
        cap: Option<MicroDollars>,
    ) -> Result<bool, StoreError>;
    /// Books for a day unless that goes beyond the cap; false if it does.
    async fn book_day(
        &mut self,
        day: Day,
        amount: MicroDollars,
        cap: Option<MicroDollars>,
    ) -> Result<bool, StoreError>;
    /// Adds to what is booked for an attempt, or takes from it.
    async fn correct_attempt(&mut self, attempt: AttemptId, by: MicroDollars) -> Result<(), StoreError>;
    /// Adds to what is booked for a day, or takes from it.
    async fn correct_day(&mut self, day: Day, by: MicroDollars) -> Result<(), StoreError>;
    /// Settles a call that is reserved or unknown; none if it is settled already. An answer that another call of the same name
    /// has given meanwhile is not kept twice: this one is then settled as failed, with its bill.
    async fn settle(&mut self, call: &SettledCall<'_>) -> Result<Option<Booked>, StoreError>;
}
