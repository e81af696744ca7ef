//! `[jobs]`: background work.

use std::time::Duration;

use domain::job::Queue;
use jobs::WorkerConfig;
use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobsConfig {
    /// Whether `serve` works on jobs.
    pub in_process: bool,
    /// Seconds that a claim holds without a beat.
    pub lease_seconds: u64,
    /// Seconds between beats.
    pub beat_seconds: u64,
    /// Jobs at once.
    pub concurrency: Concurrency,
}

/// Jobs at once per queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the fields are the queues, which are documented where they are defined"
)]
pub struct Concurrency {
    pub r#static: usize,
    pub llm: usize,
    pub coding: usize,
    pub rag: usize,
    pub webhooks: usize,
    pub generation: usize,
    pub maintenance: usize,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            in_process: true,
            lease_seconds: 15,
            beat_seconds: 5,
            concurrency: Concurrency::default(),
        }
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            r#static: 4,
            llm: 8,
            coding: 4,
            rag: 8,
            webhooks: 8,
            generation: 2,
            maintenance: 1,
        }
    }
}

impl Concurrency {
    /// Jobs at once of this queue.
    pub const fn of(&self, queue: Queue) -> usize {
        match queue {
            Queue::Static => self.r#static,
            Queue::Llm => self.llm,
            Queue::Coding => self.coding,
            Queue::Rag => self.rag,
            Queue::Webhooks => self.webhooks,
            Queue::Generation => self.generation,
            Queue::Maintenance => self.maintenance,
        }
    }
}

impl JobsConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        within("jobs.beat_seconds", self.beat_seconds, 1..=60)?;
        within(
            "jobs.lease_seconds",
            self.lease_seconds,
            self.beat_seconds * 2..=600,
        )?;
        for queue in Queue::ALL {
            within("jobs.concurrency", self.concurrency.of(queue) as u64, 0..=1000)?;
        }
        Ok(())
    }

    pub(super) fn for_testing() -> Self {
        Self::default()
    }

    /// The queues that jobs are taken from, for people.
    pub fn served(&self) -> String {
        let served = Queue::ALL
            .into_iter()
            .filter(|queue| self.concurrency.of(*queue) > 0);
        let names: Vec<_> = served.map(Queue::as_str).collect();
        names.join(", ")
    }

    /// The engine's figures; `poll_every` and the number of `connections` are those of the database, `drain` of the process.
    pub fn worker(&self, poll_every: Duration, drain: Duration, connections: u32) -> WorkerConfig {
        let lease = Duration::from_secs(self.lease_seconds);
        let served = Queue::ALL
            .into_iter()
            .map(|queue| (queue, self.concurrency.of(queue)));
        WorkerConfig {
            lease,
            beat_every: Duration::from_secs(self.beat_seconds),
            // Two thirds of the lease: the process has stopped working on a job before another may start it.
            beat_patience: lease * 2 / 3,
            // Often enough that two looks never lie a whole lease apart, which the rescuer takes for a freeze of its own.
            rescue_every: lease / 5,
            poll_every,
            drain,
            commits_at_once: (connections as usize / 2).max(1),
            concurrency: served.filter(|(_, limit)| *limit > 0).collect(),
            ..WorkerConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DatabaseConfig;

    #[test]
    fn the_defaults_are_the_engines_defaults() {
        let expected = WorkerConfig::default();
        let connections = DatabaseConfig::default().max_connections;
        assert_eq!(
            JobsConfig::default().worker(expected.poll_every, expected.drain, connections),
            expected
        );
    }

    #[test]
    fn a_queue_of_no_jobs_is_not_served_and_short_leases_are_refused() {
        let mut config = JobsConfig::default();
        config.concurrency.llm = 0;
        let worker = config.worker(Duration::from_secs(1), Duration::from_secs(1), 1);
        assert!(!worker.concurrency.contains_key(&Queue::Llm) && worker.validate().is_ok());
        config.lease_seconds = 9;
        assert!(
            config
                .validate()
                .unwrap_err()
                .to_string()
                .contains("`jobs.lease_seconds`")
        );
    }
}
