//! The engine's figures.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::job::Queue;

/// How a worker process behaves. [`Default`] is meant for production.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    /// How long a claim holds without a beat.
    pub lease: Duration,
    /// Time between beats.
    pub beat_every: Duration,
    /// Beats failing for this long cancel the process's jobs; shorter than the lease, so that they stop before another
    /// process may start them.
    pub beat_patience: Duration,
    /// How often the rescuer looks for expired leases.
    pub rescue_every: Duration,
    /// How often due schedules are looked for; a tick may be late by as much.
    pub tick_every: Duration,
    /// Longest wait between two looks into the tables when nothing wakes the worker: 500 ms on PostgreSQL, where other
    /// processes insert jobs, 1 s on SQLite.
    pub poll_every: Duration,
    /// How long a job that was published may stay unclaimed before workers look for it in the tables.
    pub delivery_patience: Duration,
    /// How long jobs may go on after a shut-down was asked for.
    pub drain: Duration,
    /// How long cancelled work may take to stop by itself before it is dropped.
    pub cancel_grace: Duration,
    /// Jobs that write something else at their end do so about so many at once: half as many as there are connections, so that a
    /// wave of ends does not keep claims and reads waiting until the last of them is through. An end that has waited for a third
    /// of the lease waits no longer.
    pub commits_at_once: usize,
    /// Jobs run at once per queue; a queue that is not named is not served.
    pub concurrency: BTreeMap<Queue, usize>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            beat_every: Duration::from_secs(5),
            beat_patience: Duration::from_secs(10),
            rescue_every: Duration::from_secs(3),
            tick_every: Duration::from_secs(5),
            poll_every: Duration::from_millis(500),
            delivery_patience: Duration::from_secs(10),
            drain: Duration::from_secs(25),
            cancel_grace: Duration::from_secs(1),
            commits_at_once: 10,
            concurrency: BTreeMap::from([
                (Queue::Static, 4),
                (Queue::Llm, 8),
                (Queue::Coding, 4),
                (Queue::Rag, 8),
                (Queue::Webhooks, 8),
                (Queue::Generation, 2),
                (Queue::Maintenance, 1),
            ]),
        }
    }
}

/// A configuration that cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A single late beat would lose every lease.
    #[error("workers.lease must be at least twice workers.beat_every; raise the lease or lower beat_every")]
    LeaseTooShort,
    /// Jobs would still run here while another process starts them.
    #[error("workers.beat_patience must be shorter than workers.lease; lower beat_patience")]
    PatienceTooLong,
    /// Two looks of the rescuer would lie a whole lease apart, which it takes for a freeze of its own process.
    #[error("workers.rescue_every must be at most half of workers.lease; lower rescue_every")]
    RescueTooSeldom,
    /// The loop would spin.
    #[error("workers.{field} must be longer than zero")]
    Zero {
        /// The field.
        field: &'static str,
    },
    /// No job could end.
    #[error("workers.commits_at_once must be at least 1")]
    NoCommits,
}

impl WorkerConfig {
    /// The same rules in milliseconds.
    pub fn for_testing() -> Self {
        Self {
            lease: Duration::from_millis(600),
            beat_every: Duration::from_millis(100),
            beat_patience: Duration::from_millis(400),
            rescue_every: Duration::from_millis(50),
            tick_every: Duration::from_millis(20),
            poll_every: Duration::from_millis(20),
            delivery_patience: Duration::from_millis(400),
            drain: Duration::from_millis(200),
            cancel_grace: Duration::from_millis(50),
            commits_at_once: 2,
            concurrency: Queue::ALL.into_iter().map(|queue| (queue, 4)).collect(),
        }
    }

    /// Refuses figures that contradict each other.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let spans = [
            ("beat_every", self.beat_every),
            ("beat_patience", self.beat_patience),
            ("rescue_every", self.rescue_every),
            ("tick_every", self.tick_every),
            ("poll_every", self.poll_every),
        ];
        if let Some((field, _)) = spans.into_iter().find(|(_, span)| span.is_zero()) {
            return Err(ConfigError::Zero { field });
        }
        if self.commits_at_once == 0 {
            return Err(ConfigError::NoCommits);
        }
        if self.lease < self.beat_every * 2 {
            return Err(ConfigError::LeaseTooShort);
        }
        if self.beat_patience >= self.lease {
            return Err(ConfigError::PatienceTooLong);
        }
        if self.lease < self.rescue_every * 2 {
            return Err(ConfigError::RescueTooSeldom);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_given_figures_are_valid_and_contradictions_are_refused() {
        assert_eq!(WorkerConfig::default().validate(), Ok(()));
        assert_eq!(WorkerConfig::for_testing().validate(), Ok(()));
        let short = WorkerConfig {
            lease: Duration::from_secs(9),
            ..WorkerConfig::default()
        };
        assert_eq!(short.validate(), Err(ConfigError::LeaseTooShort));
        let patient = WorkerConfig {
            beat_patience: Duration::from_secs(15),
            ..WorkerConfig::default()
        };
        assert_eq!(patient.validate(), Err(ConfigError::PatienceTooLong));
        let spinning = WorkerConfig {
            poll_every: Duration::ZERO,
            ..WorkerConfig::default()
        };
        assert_eq!(
            spinning.validate(),
            Err(ConfigError::Zero { field: "poll_every" })
        );
        let endless = WorkerConfig {
            commits_at_once: 0,
            ..WorkerConfig::default()
        };
        assert_eq!(endless.validate(), Err(ConfigError::NoCommits));
    }
}
