//! How many answers one core judges, by CPU time, so that a busy machine tells the same.

use anyhow::{Context as _, Result};
use domain::scoring::local::{LocalScorer, TextScorer as _};

use crate::data::{Graded, whole};

/// Answers judged for one figure, so that the clock's own grain does not matter.
const LEAST_ANSWERS: usize = 5_000;

/// Answers per second of this thread's CPU time.
pub(crate) fn answers_per_second(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> Result<f64> {
    let rubric = whole();
    let rows: Vec<&Graded> = questions.iter().flatten().collect();
    let rounds = LEAST_ANSWERS.div_ceil(rows.len().max(1));
    let before = nanoseconds()?;
    for _ in 0..rounds {
        for row in &rows {
            std::hint::black_box(scorer.score(&row.task(&rubric, &row.student_answer)));
        }
    }
    let spent = nanoseconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    {
        Ok((rounds * rows.len()) as f64 / (spent.max(1) as f64 / 1e9))
    }
}

/// On a CPU so far: the scheduler's own count of this thread.
fn nanoseconds() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")
        .context("needs Linux with scheduler statistics")?;
    let first = text.split_whitespace().next().context("schedstat is empty")?;
    first.parse().context("schedstat holds numbers")
}
