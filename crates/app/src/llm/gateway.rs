//! See the module above.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use domain::audit::Actor;
use domain::ids::{AttemptId, IdSource, ItemVersionId, LlmCallId};
use domain::job::JobId;
use domain::llm::{
    Breaker, CallEnd, CallKey, Cap, Caps, JournalSecret, LanguageModel, MicroDollars, ModelError, ModelName,
    ModelReply, ModelRequest, NewCall, NoteNoMoney, Permit, Price, ReserveCall, ReserveError, Reserved,
    SettleCall, StoredAnswer,
};
use domain::scoring::calibration::Trust;
use domain::scoring::llm::uncalibrated_version;
use domain::store::{Ctx, StoreError};
use domain::time::{Clock, Timestamp};
use moka::future::Cache;
use storage::Store;

use super::budget::{Budget, Room};
use super::money::Money;
use super::pace::Pace;
use crate::failpoint;
use crate::telemetry::chain;

/// How long a provider is left alone that asks for patience without saying how much.
const UNSAID_PATIENCE: Duration = Duration::from_secs(10);
/// The longest that a call waits for its turn within a job; a longer wait is the job's.
const TURN: Duration = Duration::from_secs(5);

/// How long a process keeps what it learnt of people.
const TRUST_KEPT: Duration = Duration::from_mins(10);

/// A model with what is known of it.
pub struct Offer {
    model: Arc<dyn LanguageModel>,
    price: Price,
    pace: Pace,
    money: Money,
    breaker: Mutex<Breaker>,
}

impl Offer {
    /// A model at this price, asked at this pace.
    pub fn new(model: Arc<dyn LanguageModel>, price: Price, pace: Pace) -> Self {
        Self {
            model,
            price,
            pace,
            money: Money::default(),
            breaker: Mutex::default(),
        }
    }

    /// The model.
    pub fn model(&self) -> &dyn LanguageModel {
        &*self.model
    }

    /// Whether nobody is kept from asking it.
    pub fn is_well(&self, now: Timestamp) -> bool {
        self.breaker().is_closed() && self.money.missing(now).is_none()
    }

    /// Whether it has just failed, and may do so again.
    pub(super) fn is_suspect(&self) -> bool {
        self.breaker().is_suspect()
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call is about, for the journal.
#[derive(Clone, Copy, Debug, Default)]
pub struct About {
    /// Whose answer.
    pub attempt_id: Option<AttemptId>,
    /// To which item version.
    pub item_version_id: Option<ItemVersionId>,
    /// The job that asks.
    pub job_id: Option<JobId>,
    /// It is made in less time than models may take, and nobody needs it: it is no probe, and its failure says nothing of the model.
    pub is_optional: bool,
}

/// Why there is no answer now, by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The model does not answer, or is left alone because it did not: ask another one.
    #[error("the model is not available")]
    Unavailable(#[source] Option<ModelError>),
    /// It is not its turn; nothing failed.
    #[error("the model's limits leave no room for {} s", after.as_secs())]
    NotYet {
        /// How long it will be.
        after: Duration,
    },
    /// There is no money for it.
    #[error("there is no money for it")]
    NoMoney(Cap),
    /// The run's budget leaves no room for it.
    #[error("the budget is reached")]
    BudgetReached,
    /// The journal cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a model said.
type Asked = Result<ModelReply, ModelError>;
/// What becomes of it.
type Answer = Result<StoredAnswer, GatewayError>;
/// The same where no model was asked.
struct NotMade(Answer);

/// See the module.
pub struct Gateway {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    offers: Vec<Offer>,
    caps: Caps,
    budget: Option<Budget>,
    secret: OnceLock<JournalSecret>,
    trusts: Cache<ModelName, Option<Arc<Trust>>>,
}

impl Gateway {
    /// Offers in the order in which they are asked; none is a deployment without models.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        offers: Vec<Offer>,
        caps: Caps,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            offers,
            caps,
            budget: None,
            secret: OnceLock::new(),
            trusts: Cache::builder().time_to_live(TRUST_KEPT).build(),
        }
    }

    /// The same for one run that may cost so much, beside the caps.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    /// What this run may cost and has cost; none where only the caps count.
    pub const fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref()
    }

    /// The models, the first choice first.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// What people's judgements of a model have taught, which a process learns anew every ten minutes.
    pub async fn trust(&self, offer: &Offer) -> Result<Option<Arc<Trust>>, StoreError> {
        let model = offer.model.name();
        let learn = async {
            let judged = self.store.judged_verdicts(&uncalibrated_version(model)).await?;
            Ok::<_, StoreError>(Trust::fit(&judged).map(Arc::new))
        };
        let learnt = self.trusts.try_get_with_by_ref(model, learn).await;
        learnt.map_err(|error| StoreError::Unavailable(Box::new(error)))
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What boundaries are derived from; none before the secrets are loaded.
    pub fn secret(&self) -> Option<&JournalSecret> {
        self.secret.get()
    }

    /// Sets it; a second one is not taken.
    pub fn set_secret(&self, secret: JournalSecret) {
        // Loading the secrets twice gives the same one.
        let _ = self.secret.set(secret);
    }

    /// The model's words for a request of this name: those that were paid for before, or new ones.
    pub async fn ask(
        &self,
        offer: &Offer,
        (key, request): (&CallKey, &ModelRequest),
        about: About,
    ) -> Answer {
        let ctx = self.ctx(key);
        if let Some(answer) = self.store.llm_answer(&key.digest()).await? {
            self.budget.iter().for_each(Budget::note_reuse);
            return Ok(answer);
        }
        if let Some(cap) = offer.money.missing(ctx.now()) {
            return Err(GatewayError::NoMoney(cap));
        }
        if about.is_optional && offer.is_suspect() {
            return Err(GatewayError::Unavailable(None));
        }
        if let Permit::NotBefore(_) = offer.breaker().permit(ctx.now()) {
            return Err(GatewayError::Unavailable(None));
        }
        self.make(offer, (key, request), about, &ctx)
            .await
            .unwrap_or_else(|NotMade(answer)| {
                // Whoever comes next may ask instead.
                offer.breaker().unused(self.clock.now());
                answer
            })
    }

    /// Waits for its turn, books the call and makes it; keeps what came of it before anybody reads it.
    async fn make(
        &self,
        offer: &Offer,
        (key, request): (&CallKey, &ModelRequest),
        about: About,
        ctx: &Ctx,
    ) -> Result<Answer, NotMade> {
        let at_most = offer.price.at_most(request);
        let room = self.room(at_most).await?;
        let waited = offer.pace.wait(request, TURN).await;
        waited.map_err(|after| NotMade(Err(GatewayError::NotYet { after })))?;
        let call = NewCall {
            key: key.clone(),
            attempt_id: about.attempt_id,
            item_version_id: about.item_version_id,
            job_id: about.job_id,
            at_most,
        };
        let reserve = ReserveCall {
            call,
            caps: self.caps,
        };
        let id = match self.store.reserve_call(&reserve, ctx).await {
            Ok(Reserved::Make(id)) => id,
            Ok(Reserved::Known(answer)) => return Err(NotMade(Ok(answer))),
            Ok(Reserved::NotBefore(until)) => {
                let after = until.since(ctx.now());
                return Err(NotMade(Err(GatewayError::NotYet { after })));
            }
            Err(ReserveError::CapReached(cap)) => return Err(NotMade(self.no_money(offer, cap, ctx).await)),
            Err(ReserveError::Store(error)) => return Err(NotMade(Err(error.into()))),
        };
        let asked = offer.model.ask(request).await;
        if let Some(room) = room {
            room.billed(end_of(&asked).cost(offer.price));
        }
        if asked.is_ok() || !about.is_optional {
            self.report(offer, &asked);
        }
        Ok(self.settle(offer, id, asked, ctx).await)
    }

    async fn room(&self, at_most: MicroDollars) -> Result<Option<Room<'_>>, NotMade> {
        let Some(budget) = &self.budget else {
            return Ok(None);
        };
        let room = budget.room(at_most).await;
        room.map(Some).ok_or(NotMade(Err(GatewayError::BudgetReached)))
    }

    async fn settle(&self, offer: &Offer, id: LlmCallId, asked: Asked, ctx: &Ctx) -> Answer {
        let patience = match &asked {
            Err(ModelError::RateLimited { after }) => Some(after.unwrap_or(UNSAID_PATIENCE)),
            _ => None,
        };
        let settle = SettleCall {
            id,
            end: end_of(&asked),
            price: offer.price,
            pause: patience.map(|after| (offer.model.name().to_string(), after)),
        };
        self.store.settle_call(&settle, ctx).await?;
        failpoint::reach("llm.settled").await;
        match (asked, patience) {
            (Ok(reply), _) => Ok(kept(reply)),
            (Err(ModelError::QuotaExhausted), _) => {
                let cap = offer.money.unpaid(ctx.now());
                self.no_money(offer, cap, ctx).await
            }
            (Err(_), Some(after)) => Err(GatewayError::NotYet { after }),
            (Err(error), None) => Err(GatewayError::Unavailable(Some(error))),
        }
    }

    /// Administrators are told once of every wait for money.
    async fn no_money(&self, offer: &Offer, cap: Cap, ctx: &Ctx) -> Answer {
        if offer.money.is_news(cap) {
            let model = offer.model.name().clone();
            tracing::warn!(
                model = model.to_string(),
                ?cap,
                "there is no money for a language model"
            );
            self.store.run(&NoteNoMoney { model, cap }, ctx).await?;
        }
        Err(GatewayError::NoMoney(cap))
    }

    /// What an outcome says about the provider.
    fn report(&self, offer: &Offer, asked: &Asked) {
        let now = self.clock.now();
        let Err(error) = asked else {
            offer.breaker().succeeded(now);
            return;
        };
        match error {
            // It is there, and has enough to do or wants to be paid.
            ModelError::RateLimited { .. } | ModelError::QuotaExhausted => offer.breaker().succeeded(now),
            ModelError::Down(_)
            | ModelError::Unavailable(_)
            | ModelError::Rejected { .. }
            | ModelError::Unreadable(_) => {
                offer.breaker().failed(now);
                let model = offer.model.name().to_string();
                tracing::warn!(model, error = chain(error), "a language model did not answer");
            }
        }
    }

    fn ctx(&self, key: &CallKey) -> Ctx {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        Ctx::new(clock, ids, key.subject.clone(), Actor::System)
    }
}

fn kept(reply: ModelReply) -> StoredAnswer {
    StoredAnswer {
        text: reply.text,
        finish: reply.finish,
    }
}

/// What is known of the bill of a call that ended so.
fn end_of(asked: &Asked) -> CallEnd {
    match asked {
        Ok(reply) => CallEnd::Answered {
            answer: kept(reply.clone()),
            usage: reply.usage,
        },
        Err(ModelError::RateLimited { .. }) => CallEnd::Failed { code: "rate_limited" },
        Err(ModelError::QuotaExhausted) => CallEnd::Failed {
            code: "quota_exhausted",
        },
        Err(ModelError::Rejected { .. }) => CallEnd::Failed { code: "rejected" },
        Err(ModelError::Down(_)) => CallEnd::Failed { code: "down" },
        // It may have done the work before the connection broke, and it has where its answer is not understood.
        Err(ModelError::Unavailable(_)) => CallEnd::Unknown { code: "unavailable" },
        Err(ModelError::Unreadable(_)) => CallEnd::Unknown { code: "unreadable" },
    }
}
