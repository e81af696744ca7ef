//! The scorer on questions it has not learnt from.

use domain::scoring::evaluation::Judgement;
use domain::scoring::local::{LocalScorer, TextScorer as _};

use crate::data::{FINE, Graded, whole};
use crate::learning::{Samples, measure, train};

/// For each question a scorer whose coefficients were learnt on all others.
pub(crate) fn left_out(
    scorer: &LocalScorer,
    questions: &[Vec<Graded>],
    with_meaning: bool,
) -> Vec<LocalScorer> {
    let samples = measure(scorer, questions);
    let all: Vec<&Samples> = samples.iter().collect();
    (0..questions.len())
        .map(|at| {
            let mut others = all.clone();
            others.remove(at);
            let learnt = train(&others, with_meaning);
            scorer.clone().with_coefficients(learnt, learnt)
        })
        .collect()
}

/// What each question's own scorer says about its answers.
pub(crate) fn judge(scorers: &[LocalScorer], questions: &[Vec<Graded>]) -> Vec<Vec<Judgement>> {
    let rubric = whole();
    scorers
        .iter()
        .zip(questions)
        .map(|(scorer, rows)| {
            let judge = |row: &Graded| {
                let verdict = scorer.score(&row.task(&rubric, &row.student_answer));
                Judgement {
                    predicted: verdict.points.unwrap_or_default().as_f64() / FINE.as_f64(),
                    human: row.human(),
                    confidence: verdict.confidence.unwrap_or_default(),
                }
            };
            rows.iter().map(judge).collect()
        })
        .collect()
}
