//! Jobs of several priorities, claimed through every statement of a claim, and what the retrier and the reconciler look for.

use std::time::Duration;

use ::jobs::{ClaimRequest, JobStore as _, Process};
use async_trait::async_trait;
use domain::audit::Actor;
use domain::job::{Enqueued, JobId, JobKind, NewJob, Priority, Queue};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::builders;
use uuid::Uuid;

use super::Watched;

const KIND: JobKind = JobKind {
    name: "test",
    queue: Queue::Llm,
};

struct Enqueue(Priority);

#[async_trait]
impl UseCase for Enqueue {
    const NAME: &'static str = "test.enqueue";
    type Out = Enqueued;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Enqueued, StoreError> {
        let id = ctx.new_uuid();
        let job = NewJob {
            id: JobId(id),
            kind: KIND,
            dedupe_key: id.to_string(),
            payload: serde_json::Value::Null,
            run_at: ctx.now(),
            priority: self.0,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: None,
            max_attempts: 5,
        };
        tx.jobs().enqueue(job).await
    }
}

/// One queue with several priorities, and the looks of the services.
pub(super) async fn of_several_priorities(watched: &Watched) {
    let ctx = builders::ctx(&watched.database, Actor::System);
    for priority in Priority::ALL {
        watched.store.run(&Enqueue(priority), &ctx).await.unwrap();
    }
    let process = Process {
        id: Uuid::from_u128(1),
        host: "test".to_owned(),
    };
    watched.store.register_process(&process, ctx.now()).await.unwrap();
    let request = ClaimRequest {
        slots: vec![(KIND.queue, 9)],
        suspect: true,
        owner: process.id,
        now: ctx.now(),
        lease: Duration::from_secs(15),
        unclaimed_since: None,
    };
    assert_eq!(watched.store.claim(&request).await.unwrap().len(), 3);
    assert_eq!(watched.store.retry_dead_letters(ctx.now(), 9).await.unwrap(), 0);
    let since = Some(ctx.now());
    let expired = watched.store.expired(since, ctx.now(), request.lease, 9).await;
    assert_eq!(expired.unwrap(), []);
    assert_eq!(watched.store.prune_jobs(ctx.now()).await.unwrap(), 0);
}
