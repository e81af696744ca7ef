//! Recurring jobs: what ticks when, and which job a tick makes. All of it in UTC, which has no summer time: no tick is
//! missing and none comes twice.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use domain::job::{JobId, JobKind, NewJob, Priority, Timestamp};
use uuid::{Builder, Uuid};

/// Microseconds in a millisecond.
const MILLISECOND: i64 = 1_000;
/// Whatever comes back at all comes within a few years of it.
const START: Timestamp = Timestamp::from_micros(0);
/// Later than anything.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// When a schedule ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// At the multiples of this span since 1970: one of a day comes at 00:00 UTC. What is shorter than
    /// `WorkerConfig::tick_every` ticks as often as that.
    Every(Duration),
    /// At the instants of a cron expression of five fields (minute, hour, day of month, month, day of week), in UTC.
    Cron(&'static str),
}

/// A rhythm that a schedule cannot have.
#[derive(Debug, thiserror::Error)]
pub enum RhythmError {
    /// Not a cron expression of five fields.
    #[error("schedule {schedule}: {expression:?} is no cron expression of five fields")]
    Expression {
        /// The schedule.
        schedule: &'static str,
        /// What is wrong.
        expression: &'static str,
        /// Why.
        source: croner::errors::CronError,
    },
    /// A day that no month has.
    #[error("schedule {schedule}: {expression:?} never comes")]
    Never {
        /// The schedule.
        schedule: &'static str,
        /// What is wrong.
        expression: &'static str,
    },
}

/// A job that comes back. Every process may tick it: whoever moves its row on inserts the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Stored in `schedules.name`; another name is another schedule.
    pub name: &'static str,
    /// When its jobs come.
    pub rhythm: Rhythm,
    /// What its jobs do.
    pub kind: JobKind,
    /// How often one of its jobs may be tried before it is a dead letter.
    pub max_attempts: i32,
}

impl Schedule {
    /// Refuses a cron expression that cannot be read, or has no instant.
    pub fn validate(&self) -> Result<(), RhythmError> {
        let Rhythm::Cron(expression) = self.rhythm else {
            return Ok(());
        };
        match cron(expression) {
            Ok(_) if next_occurrence(expression, START).is_none() => Err(RhythmError::Never {
                schedule: self.name,
                expression,
            }),
            Ok(_) => Ok(()),
            Err(source) => Err(RhythmError::Expression {
                schedule: self.name,
                expression,
                source,
            }),
        }
    }

    /// The tick after `now`: an instant of the rhythm, so that one late tick does not delay all that follow. A rhythm
    /// without another instant has its next one at the end of time.
    pub fn next_after(&self, now: Timestamp) -> Timestamp {
        match self.rhythm {
            Rhythm::Every(span) => next_multiple(span, now),
            Rhythm::Cron(expression) => next_occurrence(expression, now).unwrap_or(NEVER),
        }
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
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: None,
            max_attempts: self.max_attempts,
        }
    }
}

fn next_multiple(span: Duration, now: Timestamp) -> Timestamp {
    let every = i64::try_from(span.as_micros()).unwrap_or(i64::MAX).max(1);
    let since_last = now.as_micros().rem_euclid(every);
    Timestamp::from_micros(now.as_micros().saturating_add(every - since_last))
}

/// Seconds are not taken because nothing looks that often. Where both days of the month and of the week are given, either
/// will do, as everywhere.
fn cron(expression: &str) -> Result<Cron, croner::errors::CronError> {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
        .parse(expression)
}

fn next_occurrence(expression: &str, now: Timestamp) -> Option<Timestamp> {
    let cron = cron(expression).ok()?;
    let next = cron.find_next_occurrence(&now.to_datetime(), false).ok()?;
    Some(Timestamp::from(next))
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

    const fn every(name: &'static str, span: Duration) -> Schedule {
        of_rhythm(name, Rhythm::Every(span))
    }

    const fn of_rhythm(name: &'static str, rhythm: Rhythm) -> Schedule {
        Schedule {
            name,
            rhythm,
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

    fn instant(text: &str) -> Timestamp {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).unwrap()
    }

    /// The next three ticks after an instant.
    fn ticks(expression: &'static str, after: &str) -> [String; 3] {
        let schedule = of_rhythm("sweep", Rhythm::Cron(expression));
        schedule.validate().unwrap();
        let mut now = instant(after);
        [(); 3].map(|()| {
            now = schedule.next_after(now);
            now.to_datetime().format("%FT%T%.fZ").to_string()
        })
    }

    #[test]
    fn cron_expressions_tick_at_their_instants_in_utc() {
        assert_eq!(
            ticks("*/15 * * * *", "2026-11-21T15:29:59.999999Z"),
            [
                "2026-11-21T15:30:00Z",
                "2026-11-21T15:45:00Z",
                "2026-11-21T16:00:00Z"
            ]
        );
        assert_eq!(
            ticks("0 3 * * 1", "2026-11-21T15:30:00Z"),
            [
                "2026-11-23T03:00:00Z",
                "2026-11-30T03:00:00Z",
                "2026-12-07T03:00:00Z"
            ]
        );
        assert_eq!(
            ticks("0 0 29 2 *", "2026-01-01T00:00:00Z"),
            [
                "2028-02-29T00:00:00Z",
                "2032-02-29T00:00:00Z",
                "2036-02-29T00:00:00Z"
            ]
        );
        assert_eq!(
            ticks("0 0 13 * FRI", "2026-01-01T00:00:00Z"),
            [
                "2026-01-02T00:00:00Z",
                "2026-01-09T00:00:00Z",
                "2026-01-13T00:00:00Z"
            ]
        );
    }

    /// On the days on which clocks in Europe and America are changed there are 24 hours like on any other.
    #[test]
    fn summer_time_neither_skips_nor_repeats_a_tick() {
        for day in ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"] {
            let hourly = of_rhythm("sweep", Rhythm::Cron("30 * * * *"));
            let mut now = instant(&format!("{day}T00:00:00Z"));
            let end = now + Duration::from_hours(24);
            let mut seen = 0;
            while hourly.next_after(now) < end {
                let next = hourly.next_after(now);
                assert_eq!(
                    next.since(now),
                    Duration::from_mins(if seen == 0 { 30 } else { 60 })
                );
                (now, seen) = (next, seen + 1);
            }
            assert_eq!(seen, 24, "{day}");
        }
    }

    #[test]
    fn a_cron_tick_is_never_now_and_one_that_never_comes_is_refused() {
        let daily = of_rhythm("sweep", Rhythm::Cron("0 0 * * *"));
        let midnight = instant("2026-11-21T00:00:00Z");
        assert_eq!(daily.next_after(midnight), instant("2026-11-22T00:00:00Z"));
        assert_eq!(daily.next_after(midnight - Duration::from_micros(1)), midnight);
        let impossible = of_rhythm("sweep", Rhythm::Cron("0 0 30 2 *"));
        assert_eq!(impossible.next_after(midnight), NEVER);
        assert!(matches!(impossible.validate(), Err(RhythmError::Never { .. })));
    }

    #[test]
    fn what_is_no_cron_expression_is_refused() {
        for expression in [
            "",
            "* * * *",
            "61 * * * *",
            "* * * * * *",
            "every day",
            "0 0 * * MONDAYS",
        ] {
            let refused = of_rhythm("sweep", Rhythm::Cron(expression)).validate();
            assert!(refused.is_err(), "{expression:?} was taken");
        }
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
