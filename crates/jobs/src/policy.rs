//! What an answer does to the job: pure functions, chance passed in.

use std::time::Duration;

use domain::job::{Claim, Timestamp};

use crate::handler::{ErrorClass, JobError, Work};
use crate::store::{Failure, FailureClass, Finish, Transition};

/// A job that was running in this many dying processes is a dead letter.
pub const POISON_CRASHES: i32 = 3;

const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_mins(10);
/// Least wait where no attempt is used up: an answer that asks for none would go round without end.
const LEAST_WAIT: Duration = Duration::from_secs(1);
/// How long a job waits whose kind this process does not know: a newer process is being rolled out.
const UNKNOWN_KIND_DELAY: Duration = Duration::from_secs(30);

/// Delay before the next try after transient failure number `attempt` (from 1): a random share of
/// `min(10 min, 1 s · 4^(attempt − 1))`, `chance` in 0..1.
pub fn transient_delay(attempt: i32, chance: f64) -> Duration {
    growing(attempt).mul_f64(chance.clamp(0.0, 1.0))
}

/// Delay after a job's process died `crashes` times: the full step, so that a poison job does not kill process after
/// process in a row.
pub fn crash_delay(crashes: i32) -> Duration {
    growing(crashes)
}

fn growing(step: i32) -> Duration {
    let exponent = u32::try_from(step.saturating_sub(1)).unwrap_or(0).min(10);
    (FIRST_DELAY * 4_u32.pow(exponent)).min(LONGEST_DELAY)
}

/// How a claim's work ended.
pub(crate) enum Answer<T> {
    Worked(Work<T>),
    Failed(JobError),
    /// Cancelled from outside: lost lease, lost beat or shut-down.
    Interrupted,
    UnknownKind,
}

/// The finish an answer leads to, and the output that becomes its effect.
pub(crate) fn conclude<T>(
    claim: &Claim,
    answer: Answer<T>,
    at: Timestamp,
    chance: f64,
) -> (Finish, Option<T>) {
    let finish = Finish {
        at,
        transition: transition(claim, &answer, at, chance),
        failure: failure(&answer),
    };
    let output = match answer {
        Answer::Worked(Work::Done(output)) => Some(output),
        _ => None,
    };
    (finish, output)
}

fn transition<T>(claim: &Claim, answer: &Answer<T>, at: Timestamp, chance: f64) -> Transition {
    match answer {
        Answer::Worked(Work::Done(_)) => Transition::Complete { result: None },
        Answer::Worked(Work::Retry { after, .. }) => retry_or_fail(claim, at + *after),
        Answer::Worked(Work::Snooze { until, .. }) => Transition::Snooze {
            run_at: (*until).max(at + LEAST_WAIT),
        },
        Answer::Worked(Work::Discard { .. }) => Transition::Discard,
        Answer::Interrupted => Transition::Release,
        Answer::UnknownKind => Transition::Snooze {
            run_at: at + UNKNOWN_KIND_DELAY,
        },
        Answer::Failed(error) => match error.class {
            ErrorClass::Transient => retry_or_fail(claim, at + transient_delay(claim.attempt, chance)),
            ErrorClass::RateLimited { retry_after } => Transition::RateLimit {
                run_at: at + retry_after.max(LEAST_WAIT),
            },
            ErrorClass::Permanent => Transition::Fail,
        },
    }
}

fn failure<T>(answer: &Answer<T>) -> Option<Failure> {
    let class = match answer {
        Answer::Failed(JobError {
            class: ErrorClass::Permanent,
            ..
        }) => FailureClass::Permanent,
        _ => FailureClass::Transient,
    };
    let (code, text) = match answer {
        Answer::Worked(Work::Done(_)) | Answer::Interrupted => return None,
        Answer::Worked(
            Work::Retry { reason, .. } | Work::Snooze { reason, .. } | Work::Discard { reason },
        ) => (*reason, (*reason).to_owned()),
        Answer::UnknownKind => (
            "unknown_kind",
            "unknown_kind: no handler in this process".to_owned(),
        ),
        Answer::Failed(error) => (error.code, error.describe()),
    };
    Some(Failure { code, class, text })
}

fn retry_or_fail(claim: &Claim, run_at: Timestamp) -> Transition {
    if claim.attempt < claim.max_attempts {
        Transition::Retry { run_at }
    } else {
        Transition::Fail
    }
}

#[cfg(test)]
mod tests {
    use domain::job::{Fence, JobId, Queue};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000);

    fn claim(attempt: i32) -> Claim {
        Claim {
            id: JobId(uuid::Uuid::nil()),
            kind: "score_essay".to_owned(),
            queue: Queue::Llm,
            fence: Fence(1),
            attempt,
            max_attempts: 5,
            crash_count: 0,
            payload: serde_json::Value::Null,
            parent: None,
            subject: None,
            run_at: NOW,
        }
    }

    fn concluded(attempt: i32, answer: Answer<()>) -> Transition {
        conclude(&claim(attempt), answer, NOW, 0.5).0.transition
    }

    #[test]
    fn transient_delays_grow_fourfold_up_to_ten_minutes() {
        let ceilings: Vec<u64> = (1..=8)
            .map(|attempt| transient_delay(attempt, 1.0).as_secs())
            .collect();
        assert_eq!(ceilings, [1, 4, 16, 64, 256, 600, 600, 600]);
        assert_eq!(transient_delay(3, 0.25), Duration::from_secs(4));
        assert_eq!(transient_delay(i32::MAX, 0.0), Duration::ZERO);
        assert_eq!(transient_delay(i32::MIN, 1.0), Duration::from_secs(1));
    }

    #[test]
    fn every_answer_has_its_transition() {
        let second = Duration::from_secs(1);
        let table = [
            (
                Answer::Worked(Work::Done(())),
                Transition::Complete { result: None },
            ),
            (
                Answer::Worked(Work::Retry {
                    after: second,
                    reason: "r",
                }),
                Transition::Retry { run_at: NOW + second },
            ),
            (
                Answer::Worked(Work::Snooze {
                    until: NOW + second,
                    reason: "s",
                }),
                Transition::Snooze { run_at: NOW + second },
            ),
            (Answer::Worked(Work::Discard { reason: "d" }), Transition::Discard),
            (Answer::Interrupted, Transition::Release),
            (
                Answer::UnknownKind,
                Transition::Snooze {
                    run_at: NOW + UNKNOWN_KIND_DELAY,
                },
            ),
            (
                Answer::Failed(JobError::transient("t")),
                Transition::Retry {
                    run_at: NOW + second / 2,
                },
            ),
            (
                Answer::Failed(JobError::rate_limited("l", second)),
                Transition::RateLimit { run_at: NOW + second },
            ),
            (Answer::Failed(JobError::permanent("p")), Transition::Fail),
        ];
        for (answer, expected) in table {
            assert_eq!(concluded(1, answer), expected);
        }
    }

    #[test]
    fn an_answer_that_costs_no_attempt_waits_for_a_second_at_least() {
        let soonest = NOW + Duration::from_secs(1);
        let limited = Answer::Failed(JobError::rate_limited("l", Duration::ZERO));
        assert_eq!(concluded(1, limited), Transition::RateLimit { run_at: soonest });
        let past = Answer::Worked(Work::Snooze {
            until: NOW - Duration::from_secs(9),
            reason: "s",
        });
        assert_eq!(concluded(1, past), Transition::Snooze { run_at: soonest });
    }

    #[test]
    fn the_last_attempt_fails_but_a_rate_limit_never_does() {
        let second = Duration::from_secs(1);
        assert_eq!(
            concluded(5, Answer::Failed(JobError::transient("t"))),
            Transition::Fail
        );
        assert_eq!(
            concluded(
                5,
                Answer::Worked(Work::Retry {
                    after: second,
                    reason: "r"
                })
            ),
            Transition::Fail
        );
        assert_eq!(
            concluded(5, Answer::Failed(JobError::rate_limited("l", second))),
            Transition::RateLimit { run_at: NOW + second }
        );
    }
}
