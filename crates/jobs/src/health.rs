//! Whether the worker of a process does its work, for readiness checks.

use std::sync::Arc;

use crate::held::Held;

/// A handle on a worker's health; cloning and asking it is cheap.
#[derive(Clone)]
pub struct WorkerHealth {
    held: Arc<Held>,
}

/// What is wrong with a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unhealthy {
    /// It has not started, drains or has stopped.
    #[error("the worker does not serve; wait for its start, or start the process again")]
    NotServing,
    /// Its leases cannot be renewed, so that it has cancelled its jobs and claims none.
    #[error("the heartbeat fails; check that the database answers and takes connections")]
    HeartbeatFails,
    /// Cancelled handlers still hold their threads.
    #[error("{handlers} cancelled handlers block their threads; start the process again if they do not end")]
    HandlersStuck {
        /// How many.
        handlers: usize,
    },
}

impl WorkerHealth {
    pub(crate) const fn new(held: Arc<Held>) -> Self {
        Self { held }
    }

    /// The first thing that is wrong, if anything is.
    pub fn check(&self) -> Result<(), Unhealthy> {
        if !self.held.is_serving() {
            return Err(Unhealthy::NotServing);
        }
        if self.held.beat_failed() {
            return Err(Unhealthy::HeartbeatFails);
        }
        match self.held.stuck() {
            0 => Ok(()),
            handlers => Err(Unhealthy::HandlersStuck { handlers }),
        }
    }
}
