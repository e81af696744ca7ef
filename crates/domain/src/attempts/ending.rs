//! Ends that are not submissions: giving up, voiding, the sweep; and what people do with a result: release and hold.

use async_trait::async_trait;
use serde_json::json;

use super::error::AttemptError;
use super::model::{Attempt, ScoringState, VoidedBy};
use super::state::AttemptEvent;
use super::touch::{Touched, expire_if_overdue, touch};
use super::views::Viewer;
use crate::audit::AuditEntry;
use crate::identity::{Candidate, Staff};
use crate::ids::AttemptId;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Gives an attempt up before it is submitted. What was begun still counts as an attempt.
pub struct Abandon {
    /// Who.
    pub candidate: Candidate,
    /// Which.
    pub attempt_id: AttemptId,
}

#[async_trait]
impl UseCase for Abandon {
    const NAME: &'static str = "attempts.abandon";
    type Out = Touched<()>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Touched<()>, AttemptError> {
        match touch(ctx, tx, self.candidate, self.attempt_id, AttemptEvent::Abandon).await? {
            Touched::Expired(expiry) => Ok(Touched::Expired(expiry)),
            Touched::Alive(attempt) => {
                void(ctx, tx, &attempt, VoidedBy::Owner, None).await?;
                Ok(Touched::Alive(()))
            }
        }
    }
}

/// Takes an attempt out of the count, whatever its state. What was saved and scored is kept.
pub struct Void {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub attempt_id: AttemptId,
    /// Why; kept beside the audit row.
    pub reason: Option<String>,
}

#[async_trait]
impl UseCase for Void {
    const NAME: &'static str = "attempts.void";
    type Out = ();
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), AttemptError> {
        let viewer = Viewer::from(self.staff);
        let found = tx.attempts().find_visible(self.attempt_id, viewer).await?;
        let attempt = found.ok_or(AttemptError::NotFound)?;
        attempt.state.after(AttemptEvent::Void)?;
        void(ctx, tx, &attempt, VoidedBy::Staff, self.reason.as_deref()).await
    }
}

async fn void(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    by: VoidedBy,
    reason: Option<&str>,
) -> Result<(), AttemptError> {
    if !tx
        .attempts()
        .void(attempt.id, attempt.state, by, ctx.now())
        .await?
    {
        return Err(AttemptError::Store(StoreError::Conflict));
    }
    let entry = AuditEntry::new(ctx, "attempts.voided", "attempt", Some(attempt.id.0))
        .with(json!({ "from": attempt.state.as_str(), "by": by.as_str(), "noted": reason.is_some() }));
    record_with_note(tx, attempt.id, entry, reason).await?;
    Ok(())
}

/// An audit row about an attempt, and beside it why somebody did it: their words may be about the candidate, and audit rows
/// stay when the candidate is erased.
pub(super) async fn record_with_note(
    tx: &mut dyn Tx,
    id: AttemptId,
    entry: AuditEntry,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let (audit_id, at) = (entry.id, entry.created_at);
    tx.audit().record(entry).await?;
    match note {
        Some(note) => tx.attempts().add_note(id, audit_id, note, at).await,
        None => Ok(()),
    }
}

/// Takes an attempt out of the count as part of another use case, as staff would; false when there was nothing to take.
pub(crate) async fn void_as_staff(ctx: &Ctx, tx: &mut dyn Tx, id: AttemptId) -> Result<bool, AttemptError> {
    let Some(attempt) = tx.attempts().find(id).await? else {
        return Ok(false);
    };
    if attempt.state.after(AttemptEvent::Void).is_err() {
        return Ok(false);
    }
    void(ctx, tx, &attempt, VoidedBy::Staff, None).await?;
    Ok(true)
}

/// Shows the result of a scored attempt to its candidate, or holds it back.
pub struct Release {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub attempt_id: AttemptId,
    /// Whether it is held back instead.
    pub hold: bool,
}

#[async_trait]
impl UseCase for Release {
    const NAME: &'static str = "attempts.release";
    type Out = Attempt;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Attempt, AttemptError> {
        let viewer = Viewer::from(self.staff);
        let found = tx.attempts().find_visible(self.attempt_id, viewer).await?;
        let attempt = found.ok_or(AttemptError::NotFound)?;
        if !matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed) {
            return Err(AttemptError::NotScored);
        }
        if attempt.released_at.is_none() == self.hold {
            return Ok(attempt);
        }
        let released_at = (!self.hold).then_some(ctx.now());
        if !tx
            .attempts()
            .set_released(attempt.id, released_at, ctx.now())
            .await?
        {
            return Err(AttemptError::Store(StoreError::Conflict));
        }
        let action = if self.hold {
            "attempts.held"
        } else {
            "attempts.released"
        };
        let entry = AuditEntry::new(ctx, action, "attempt", Some(attempt.id.0));
        tx.audit().record(entry).await?;
        Ok(Attempt {
            released_at,
            revision: attempt.revision + 1,
            updated_at: ctx.now(),
            ..attempt
        })
    }
}

/// Attempts a sweep ends in one transaction.
pub const SWEEP_BATCH: u32 = 50;

/// The effect of a sweep: persists the expiry of attempts nobody comes back to.
pub struct Sweep;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Attempts ended; a full batch is to be followed by another.
    pub expired: u32,
    /// Attempts passed over because their rows cannot be read.
    pub unreadable: u32,
}

impl Sweep {
    /// Expires what is overdue, a batch at most. An attempt whose rows cannot be read does not keep the others from ending.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Swept, StoreError> {
        super::downtime::settle_downtime(ctx, tx).await?;
        let mut swept = Swept::default();
        for id in tx.timekeeping().overdue(ctx.now(), SWEEP_BATCH).await? {
            match end_if_overdue(ctx, tx, id).await {
                Ok(ended) => swept.expired += u32::from(ended),
                Err(StoreError::Inconsistent { .. }) => swept.unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    }
}

async fn end_if_overdue(ctx: &Ctx, tx: &mut dyn Tx, id: AttemptId) -> Result<bool, StoreError> {
    let Some(attempt) = tx.attempts().find(id).await? else {
        return Ok(false);
    };
    let touched = expire_if_overdue(ctx, tx, attempt).await.map_err(storage_only)?;
    Ok(matches!(touched, Touched::Expired(_)))
}

/// Expiry of an overdue attempt is refused by nothing but storage.
fn storage_only(error: AttemptError) -> StoreError {
    match error {
        AttemptError::Store(error) => error,
        other => StoreError::Rejected(Box::new(other)),
    }
}
