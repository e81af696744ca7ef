//! Operations: what people do to background work that is stuck. A dead letter is put back into its queue, a job is
//! cancelled, a queue is paused and let go.
//!
//! ```text
//! failed | cancelled ──requeue──▶ ready            refused while a live job has the same cause
//! waiting | ready | running ──cancel──▶ cancelled  whoever had it learns of it by its next beat
//! ```
//!
//! Invariants: whoever acts holds an [`Operator`]; every act is in the audit log with the ids it was about; doing a thing
//! twice is doing it once. What is stuck is read without a transaction (`jobs::views`).
//! Deliberately absent: changing a job's payload, ending a job as if it had been done.

mod commands;
mod error;
pub mod jobs;
mod permission;
mod ports;
mod queues;

pub use commands::{BULK_LIMIT, CancelJob, DeadLetters, Refused, RequeueDeadLetters, Requeued, RetryJob};
pub use error::OperationError;
pub use permission::Operator;
pub use ports::{Cancel, DeadLetterFilter, JobControl, QueuePause, Requeue};
pub use queues::{PauseQueue, ResumeQueue};
