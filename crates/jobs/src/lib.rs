//! The durable job engine: claims rows under a lease, runs their handlers, writes the outcome behind a fence.
//!
//! A job row is inserted in the transaction of its cause, so the row is the outbox and SQL is the only truth. A worker
//! *claims* it (conditional update: fence + 1, lease 15 s), runs [`Handler::work`] without a transaction, then opens one,
//! updates the row guarded by the fence, calls [`Handler::commit`] and commits both together. A worker that lost its lease
//! changes no row: its outcome is [`Finished::Stale`].
//!
//! ```text
//! waiting ──children ended──▶ ready ──claim──▶ running ──▶ completed | failed | cancelled
//!                               ▲                 │
//!                               └── retry, snooze, rate limit, release, lost lease
//! ```
//!
//! Architecture invariants: this crate knows no slice (of the domain it uses `domain::job` only) and no database (the
//! ports are in [`store`]); `work` receives no transaction and `commit` receives no network.
//! [`Schedule`]s make jobs again and again: any process may tick one, by moving its row on; a tick whose predecessor is
//! still live inserts nothing.
//! Deliberately absent: result polling, in-memory queues.

mod beat;
mod bounded;
mod config;
mod dispatch;
#[doc(hidden)]
pub mod failpoint;
mod finisher;
mod handler;
mod health;
mod held;
mod inbox;
mod intake;
mod pace;
mod policy;
mod registry;
mod relay;
mod rescuer;
mod retrier;
mod runner;
mod schedule;
pub mod store;
mod ticker;
pub mod views;
mod worker;

pub use config::{ConfigError, WorkerConfig};
pub use dispatch::{Delivery, Dispatch, DispatchError, News, Ready, Receipt, Settling, SqlDispatch};
pub use domain::job::{Claim, Fence, JobId, JobKind, Queue};
pub use handler::{Handler, JobError, Work, WorkContext};
pub use health::{Unhealthy, WorkerHealth};
pub use policy::{POISON_CRASHES, crash_delay, transient_delay};
pub use registry::Registry;
pub use relay::{Announcer, Relay};
pub use rescuer::Rescuer;
pub use retrier::Retrier;
pub use schedule::{Rhythm, RhythmError, Schedule};
pub use store::{
    BeatConnector, BeatStore, ClaimRequest, DEAD_LETTER_DELAYS, EARLY_BY, Effect, Expired, Failure,
    FailureClass, Finish, Finished, FoundById, JobStore, Outbox, Process, Pulse, Transition,
};
pub use tokio_util::sync::CancellationToken;
pub use worker::{Chance, Worker, WorkerError, WorkerPorts, random_chance};
