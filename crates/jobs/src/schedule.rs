//! Recurring jobs: what ticks how often, and which job a tick makes.

use std::time::Duration;

use domain::job::{JobId, JobKind, NewJob, Timestamp};
use uuid::{Builder, Uuid};

/// Microseconds in a millisecond.
const MILLISECOND: i64 = 1_000;

/// A job that comes back. Every process may tick it: whoever moves its row on inserts the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Stored in `schedules.name`; another name is another schedule.
    pub name: &'static str,
    /// Time between ticks, which come at its multiples since 1970: one of a day comes at 00:00 UTC. What is shorter than
    /// `WorkerConfig::tick_every` ticks as often as that.
    pub every: Duration,
    /// What its jobs do.
    pub kind: JobKind,
    /// How often one of its jobs may be tried before it is a dead letter.
    pub max_attempts: i32,
}

impl Schedule {
    /// The tick after `now`: a multiple of `every`, so that one late tick does not delay all that follow.
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        let every = i64::try_from(self.every.as_micros()).unwrap_or(i64::MAX).max(1);
        let since_last = now.as_micros().rem_euclid(every);
        Timestamp::from_micros(now.as_micros().saturating_add(every - since_last))
    }

    /// What the dedupe keys of its jobs begin with, and no other's.
    pub fn dedupe_prefix(&self) -> String {
        format!("schedule:{}:", self.name)
    }

    /// The job of the tick that was due at `due` and is made at `now`.
    pub fn job(&self, due: Timestamp, now: Timestamp) -> NewJob {
        let dedupe_key = format!("{}{}", self.dedupe_prefix(), due.as_micros());
        NewJob {
            id: JobId(id_of(due, &dedupe_key)),
            kind: self.kind,
            dedupe_key,
            payload: serde_json::json!({ "schedule": self.name }),
            run_at: now,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: None,
            max_attempts: self.max_attempts,
        }
    }
}

/// Shaped like UUIDv7, with the 64-bit FNV-1a hash of the key in place of chance: a tick happens once in the life of a
/// database, so its name and instant tell its job from all others.
fn id_of(due: Timestamp, dedupe_key: &str) -> Uuid {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = dedupe_key
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let milliseconds = u64::try_from(due.as_micros() / MILLISECOND).unwrap_or(0);
    let mut rest = [0; 10];
    // The first two bytes give way to the version and the variant in part.
    rest[2..].copy_from_slice(&hash.to_be_bytes());
    Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::job::Queue;

    use super::*;

    const fn every(name: &'static str, every: Duration) -> Schedule {
        Schedule {
            name,
            every,
            kind: JobKind {
                name: "sweep",
                queue: Queue::Maintenance,
            },
            max_attempts: 3,
        }
    }

    #[test]
    fn ticks_come_at_multiples_of_the_interval_and_never_now() {
        let next = |span, micros| {
            every("sweep", span)
                .next_after(Timestamp::from_micros(micros))
                .as_micros()
        };
        let minute = Duration::from_mins(1);
        assert_eq!(next(minute, 0), 60_000_000);
        assert_eq!(next(minute, 59_999_999), 60_000_000);
        assert_eq!(next(minute, 60_000_000), 120_000_000);
        assert_eq!(next(minute, 3_601_000_000), 3_660_000_000);
        assert_eq!(next(minute, -1), 0);
        assert_eq!(next(Duration::ZERO, 5), 6);
        assert_eq!(next(Duration::MAX, 5), i64::MAX);
    }

    #[test]
    fn a_tick_names_one_job_and_another_tick_another() {
        let (short, long) = (
            every("sweep", Duration::from_mins(1)),
            every("sweep_all", Duration::from_hours(1)),
        );
        let now = Timestamp::from_micros(1_772_442_000_000_001);
        let mut ids = BTreeSet::new();
        for schedule in [short, long] {
            for offset in 0..1_000 {
                let due = Timestamp::from_micros(1_772_442_000_000_000 + offset * 500);
                let job = schedule.job(due, now);
                assert_eq!(job.id, schedule.job(due, now + Duration::from_secs(9)).id);
                assert!(job.dedupe_key.starts_with(&schedule.dedupe_prefix()));
                assert_eq!((job.run_at, job.max_attempts), (now, 3));
                assert_eq!(job.id.0.get_version_num(), 7);
                ids.insert(job.id);
            }
        }
        assert_eq!(ids.len(), 2_000);
        assert!(!long.job(now, now).dedupe_key.starts_with(&short.dedupe_prefix()));
    }
}
