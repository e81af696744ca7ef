//! One handler per kind, with the output types erased, and what recurs.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::job::{Claim, StoreError};
use futures::FutureExt;
use serde_json::Value;

use crate::handler::{Handler, JobError, Work, WorkContext};
use crate::schedule::Schedule;
use crate::store::Effect;

/// The handlers and schedules of a process. Jobs of other kinds are put back for a process that knows them.
pub struct Registry<Tx: ?Sized> {
    handlers: BTreeMap<&'static str, Arc<dyn AnyHandler<Tx>>>,
    schedules: BTreeMap<&'static str, Schedule>,
}

impl<Tx: ?Sized + Send + 'static> Default for Registry<Tx> {
    fn default() -> Self {
        Self {
            handlers: BTreeMap::new(),
            schedules: BTreeMap::new(),
        }
    }
}

impl<Tx: ?Sized + Send + 'static> Registry<Tx> {
    /// Adds the handler of a kind, in place of an earlier one.
    #[must_use]
    pub fn with<H: Handler<Tx>>(mut self, handler: H) -> Self {
        self.handlers.insert(
            H::KIND.name,
            Arc::new(Erased {
                handler: Arc::new(handler),
            }),
        );
        self
    }

    /// Adds a schedule, in place of an earlier one of that name. Without a handler of its kind it does not tick.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.insert(schedule.name, schedule);
        self
    }

    /// The schedules whose jobs this process can do, by name.
    pub(crate) fn schedules(&self) -> impl Iterator<Item = &Schedule> {
        self.schedules
            .values()
            .filter(|schedule| self.handlers.contains_key(schedule.kind.name))
    }

    pub(crate) fn get(&self, kind: &str) -> Option<Arc<dyn AnyHandler<Tx>>> {
        self.handlers.get(kind).cloned()
    }
}

/// What `work` left to be committed.
pub(crate) struct Prepared<Tx: ?Sized> {
    pub(crate) effect: Option<Box<dyn Effect<Tx>>>,
    pub(crate) result: Option<Value>,
}

#[async_trait]
pub(crate) trait AnyHandler<Tx: ?Sized>: Send + Sync {
    fn deadline(&self) -> Duration;
    async fn work(&self, job: Arc<Claim>, ctx: WorkContext) -> Result<Work<Prepared<Tx>>, JobError>;
    fn dead(&self, job: Arc<Claim>) -> Box<dyn Effect<Tx>>;
}

struct Erased<H> {
    handler: Arc<H>,
}

#[async_trait]
impl<Tx: ?Sized + Send + 'static, H: Handler<Tx>> AnyHandler<Tx> for Erased<H> {
    fn deadline(&self) -> Duration {
        H::DEADLINE
    }

    async fn work(&self, job: Arc<Claim>, ctx: WorkContext) -> Result<Work<Prepared<Tx>>, JobError> {
        Ok(match self.handler.work(&job, &ctx).await? {
            Work::Done(output) => {
                let result = self.handler.result(&output);
                let commit = H::COMMITS.then_some(Commit::<Tx, H> {
                    handler: Arc::clone(&self.handler),
                    job,
                    output,
                });
                Work::Done(Prepared {
                    effect: commit.map(|commit| Box::new(commit) as Box<dyn Effect<Tx>>),
                    result,
                })
            }
            Work::Retry { after, reason } => Work::Retry { after, reason },
            Work::Snooze { until, reason } => Work::Snooze { until, reason },
            Work::Discard { reason } => Work::Discard { reason },
        })
    }

    fn dead(&self, job: Arc<Claim>) -> Box<dyn Effect<Tx>> {
        Box::new(Dead {
            handler: Arc::clone(&self.handler),
            job,
        })
    }
}

struct Commit<Tx: ?Sized + Send + 'static, H: Handler<Tx>> {
    handler: Arc<H>,
    job: Arc<Claim>,
    output: H::Output,
}

#[async_trait]
impl<Tx: ?Sized + Send + 'static, H: Handler<Tx>> Effect<Tx> for Commit<Tx, H> {
    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        refusing_panics(self.handler.commit(tx, &self.job, &self.output)).await
    }
}

struct Dead<H> {
    handler: Arc<H>,
    job: Arc<Claim>,
}

#[async_trait]
impl<Tx: ?Sized + Send + 'static, H: Handler<Tx>> Effect<Tx> for Dead<H> {
    async fn apply(&self, tx: &mut Tx) -> Result<(), StoreError> {
        refusing_panics(self.handler.dead(tx, &self.job)).await
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the handler panicked while it wrote")]
struct Panicked;

/// Turns a panic inside a transaction into a refusal, so that it is rolled back and the job's row still tells the end.
async fn refusing_panics(
    writing: impl Future<Output = Result<(), StoreError>> + Send,
) -> Result<(), StoreError> {
    AssertUnwindSafe(writing)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(StoreError::Rejected(Box::new(Panicked))))
}
