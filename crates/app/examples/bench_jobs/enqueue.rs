//! Inserting a job as a use case does: in a transaction of its own.

use async_trait::async_trait;
use domain::audit::Actor;
use domain::job::{Enqueued, JobId, NewJob, Priority, StoreError};
use domain::store::{Ctx, Tx, UseCase};
use storage::Store;

use crate::ground::{Ground, NOTHING, new_id};

struct Enqueue(NewJob);

#[async_trait]
impl UseCase for Enqueue {
    const NAME: &'static str = "bench.enqueue";
    type Out = Enqueued;
    type Err = StoreError;

    async fn run(&self, _ctx: &Ctx, tx: &mut dyn Tx) -> Result<Enqueued, StoreError> {
        tx.jobs().enqueue(self.0.clone()).await
    }
}

/// Inserts a job that is due now, with a number in its payload, through the connections of `through`.
pub(crate) async fn enqueue(ground: &Ground, through: &Store, number: u32) -> anyhow::Result<()> {
    let id = JobId(new_id());
    let job = NewJob {
        id,
        kind: NOTHING,
        dedupe_key: id.to_string(),
        payload: serde_json::json!({ "number": number }),
        priority: Priority::default(),
        run_at: ground.now(),
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: None,
        max_attempts: 5,
    };
    let ctx = Ctx::new(
        ground.clock.clone(),
        ground.database.ids.clone(),
        "bench".to_owned(),
        Actor::System,
    );
    through.run(&Enqueue(job), &ctx).await?;
    Ok(())
}
