//! Programs of candidates: an external runner runs them, this module judges what they print.
//!
//! Outputs are equal when they are so after CRLF became LF and white space around them was taken away. A program that does
//! not compile or finish earns 0 with the message; a runner that does not run leaves the answer ungraded.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::answer::{Answer, read};
use super::model::{CriterionVerdict, Verdict};
use super::rules::{self, FLAG_AWAITS_PERSON, FLAG_NO_KEY, FLAG_NO_RUNNER, RuleOutcome, part, shares};
use crate::authoring::item::{ItemBody, TestCase};
use crate::points::Points;

/// Flag of a verdict without points, because the runner takes no such program (an unknown language).
pub const FLAG_RUNNER_REFUSED: &str = "runner_refused";

/// A message of a compiler or runner is kept up to this many characters.
const MESSAGE_CHARS: usize = 500;

/// What is to be run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Program<'a> {
    /// As the item names it.
    pub language: &'a str,
    /// As the candidate wrote it; never trusted.
    pub source: &'a str,
    /// One run each.
    pub tests: &'a [TestCase],
}

/// What became of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRun {
    /// The test case's id.
    pub test_id: String,
    /// What happened.
    pub outcome: RunOutcome,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// It came to its end.
    Finished {
        /// What it printed.
        stdout: String,
    },
    /// There was nothing to run.
    CompileError {
        /// What the compiler said.
        message: String,
    },
    /// It ended by an error; what it said may repeat its input.
    Crashed {
        /// What it said.
        message: String,
    },
    /// It was stopped at a limit of time or memory.
    TimedOut {
        /// What the runner said.
        message: String,
    },
}

/// Why nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// There is no runner, or it does not answer.
    #[error("no program runner answers; check that one is configured and up")]
    Unavailable(#[source] Option<Box<dyn Error + Send + Sync>>),
    /// It asks for patience.
    #[error("the program runner asks to wait {after:?}")]
    RateLimited {
        /// How long.
        after: Duration,
    },
    /// It will never take this program.
    #[error("the program runner refuses the program: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
}

/// Runs programs in a sandbox outside this process.
#[async_trait]
pub trait CodeRunner: Send + Sync {
    /// Runs the program once for every test case; the order of the outcomes does not matter.
    async fn run(&self, program: &Program<'_>) -> Result<Vec<TestRun>, RunnerError>;
}

/// The verdict on a `coding` answer as stored. Only a runner that asks for patience makes it an error: how long to wait.
pub async fn judge(
    runner: &dyn CodeRunner,
    body: &ItemBody,
    marks: Points,
    raw: Option<&Value>,
) -> Result<Verdict, Duration> {
    match rules::score(body, marks, raw) {
        RuleOutcome::Scored(verdict) => return Ok(verdict),
        RuleOutcome::NeedsText | RuleOutcome::NeedsPerson => {
            return Ok(rules::ungraded(marks, FLAG_AWAITS_PERSON));
        }
        RuleOutcome::NeedsRunner => {}
    }
    let answer = raw.and_then(|raw| read(body, raw).ok()?.answer);
    let (
        ItemBody::Coding {
            tests,
            partial_credit,
            ..
        },
        Some(Answer::Code { language, source }),
    ) = (body, &answer)
    else {
        // The rules hand on nothing else; were they ever to, no points are better than wrong ones.
        return Ok(rules::ungraded(marks, FLAG_AWAITS_PERSON));
    };
    let program = Program {
        language,
        source,
        tests,
    };
    match runner.run(&program).await {
        Ok(runs) => Ok(score_runs(tests, *partial_credit, marks, &runs)),
        Err(RunnerError::Unavailable(_)) => Ok(rules::ungraded(marks, FLAG_NO_RUNNER)),
        Err(RunnerError::Refused { .. }) => Ok(rules::ungraded(marks, FLAG_RUNNER_REFUSED)),
        Err(RunnerError::RateLimited { after }) => Err(after),
    }
}

/// `marks × Σ weights of passed tests` with partial credit, else all or nothing; weights are normalised, one rounding.
///
/// A test without a run means that the runner failed: the verdict is then ungraded. So it is without any tests.
pub fn score_runs(tests: &[TestCase], partial_credit: bool, marks: Points, runs: &[TestRun]) -> Verdict {
    if tests.is_empty() {
        return rules::ungraded(marks, FLAG_NO_KEY);
    }
    let mut parts = Vec::with_capacity(tests.len());
    for (test, weight) in tests.iter().zip(shares(tests.iter().map(|test| test.weight))) {
        let Some(run) = runs.iter().find(|run| run.test_id == test.id) else {
            return rules::ungraded(marks, FLAG_NO_RUNNER);
        };
        parts.push(judge_run(test, weight, &run.outcome));
    }
    let passed = |part: &&CriterionVerdict| part.score >= 100.0;
    let share = if parts.iter().all(|part| passed(&part)) {
        1.0
    } else if partial_credit {
        parts.iter().filter(passed).map(|part| part.weight).sum()
    } else {
        0.0
    };
    rules::by_share(marks, share, parts)
}

fn judge_run(test: &TestCase, weight: f64, outcome: &RunOutcome) -> CriterionVerdict {
    let failed = |rationale: &str| part(&test.id, 0.0, weight, rationale);
    match outcome {
        RunOutcome::Finished { stdout } if same_output(stdout, &test.expected) => {
            part(&test.id, 1.0, weight, "This test passed.")
        }
        RunOutcome::Finished { .. } => failed("The output is not what this test expects."),
        RunOutcome::CompileError { message } => failed(&told("The program does not compile", message)),
        RunOutcome::TimedOut { message } => failed(&told("The program was stopped", message)),
        // What it says may hold the input of a test that candidates are not to see.
        RunOutcome::Crashed { .. } if test.hidden => failed("The program ended with an error."),
        RunOutcome::Crashed { message } => failed(&told("The program ended with an error", message)),
    }
}

fn same_output(printed: &str, expected: &str) -> bool {
    printed.replace("\r\n", "\n").trim() == expected.replace("\r\n", "\n").trim()
}

fn told(what: &str, message: &str) -> String {
    let message: String = message.trim().chars().take(MESSAGE_CHARS).collect();
    if message.is_empty() {
        format!("{what}.")
    } else {
        format!("{what}: {message}")
    }
}

#[cfg(test)]
mod tests;
