//! Queues: paused and let go.

use async_trait::async_trait;
use serde_json::json;

use super::permission::Operator;
use super::ports::QueuePause;
use crate::audit::AuditEntry;
use crate::job::Queue;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Keeps workers from claiming jobs of a queue; what runs goes on. True if nothing had kept them from it before.
pub struct PauseQueue {
    /// Who may.
    pub operator: Operator,
    /// Which.
    pub queue: Queue,
    /// For whoever wonders; one line. It is not in the audit log.
    pub reason: String,
}

#[async_trait]
impl UseCase for PauseQueue {
    const NAME: &'static str = "operations.pause_queue";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let pause = QueuePause {
            queue: self.queue,
            reason: self.reason.trim().to_owned(),
            paused_at: ctx.now(),
            paused_by: self.operator.user_id(),
        };
        let paused = tx.job_control().pause(&pause).await?;
        if paused {
            record(ctx, tx, "operations.queue_paused", self.queue).await?;
        }
        Ok(paused)
    }
}

/// Lets workers claim jobs of a queue again. True if something had kept them from it.
pub struct ResumeQueue {
    /// Who may.
    pub operator: Operator,
    /// Which.
    pub queue: Queue,
}

#[async_trait]
impl UseCase for ResumeQueue {
    const NAME: &'static str = "operations.resume_queue";
    type Out = bool;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<bool, StoreError> {
        let resumed = tx.job_control().resume(self.queue).await?;
        if resumed {
            record(ctx, tx, "operations.queue_resumed", self.queue).await?;
        }
        Ok(resumed)
    }
}

async fn record(ctx: &Ctx, tx: &mut dyn Tx, action: &'static str, queue: Queue) -> Result<(), StoreError> {
    let entry = AuditEntry::new(ctx, action, "queue", None).with(json!({ "queue": queue.as_str() }));
    tx.audit().record(entry).await
}
