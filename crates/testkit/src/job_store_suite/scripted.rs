//! A handler that does what the test says.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::job::{Claim, JobId, JobKind, NewJob, Priority, StoreError};
use jobs::{Handler, JobError, Work, WorkContext};
use storage::JobTx;
use uuid::Uuid;

use super::bench::{COMMITTED, DEAD, TASK};

pub(super) type Answer = Result<Work<()>, JobError>;
type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Script = dyn Fn(Claim, WorkContext) -> Answering + Send + Sync;

/// Leaves a marker when it commits and another one when its job dies. The deadline is in milliseconds.
#[derive(Clone)]
pub(super) struct Scripted<const DEADLINE: u64 = 60_000> {
    script: Arc<Script>,
    commit: fn() -> Result<(), StoreError>,
}

impl Scripted {
    pub(super) fn done() -> Self {
        Self::answering(|| Ok(Work::Done(())))
    }

    pub(super) fn answering(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Self {
        Self::new(move |_, _| {
            let answer = answer();
            async move { answer }
        })
    }
}

impl<const DEADLINE: u64> Scripted<DEADLINE> {
    pub(super) fn new<F>(script: impl Fn(Claim, WorkContext) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Self {
            script: Arc::new(move |claim, ctx| Box::pin(script(claim, ctx))),
            commit: || Ok(()),
        }
    }

    pub(super) fn committing(self, commit: fn() -> Result<(), StoreError>) -> Self {
        Self { commit, ..self }
    }
}

impl<const DEADLINE: u64> Handler<JobTx> for Scripted<DEADLINE> {
    const KIND: JobKind = TASK;
    const DEADLINE: Duration = Duration::from_millis(DEADLINE);
    type Output = ();

    async fn work(&self, job: &Claim, ctx: &WorkContext) -> Answer {
        (self.script)(job.clone(), ctx.clone()).await
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, (): &()) -> Result<(), StoreError> {
        tx.jobs().enqueue(marker(COMMITTED, job)).await?;
        (self.commit)()
    }

    async fn dead(&self, tx: &mut JobTx, job: &Claim) -> Result<(), StoreError> {
        tx.jobs().enqueue(marker(DEAD, job)).await?;
        Ok(())
    }

    fn result(&self, (): &()) -> Option<serde_json::Value> {
        Some(serde_json::json!({ "kind": "suite" }))
    }
}

fn marker(kind: JobKind, job: &Claim) -> NewJob {
    // One id per job, kind and claim.
    let offset = if kind == COMMITTED { 1 } else { 2 };
    let id =
        Uuid::from_u128((job.id.0.as_u128() << 64) | (u128::from(job.fence.0.unsigned_abs()) << 8) | offset);
    NewJob {
        id: JobId(id),
        kind,
        dedupe_key: id.to_string(),
        payload: serde_json::Value::Null,
        run_at: job.run_at,
        priority: Priority::Normal,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: Some(job.id.0),
        max_attempts: 1,
    }
}
