//! From graded answers to coefficients.
//!
//! Nothing an answer is measured by has seen its question: [`train`] takes the questions to learn from, and the caller
//! leaves out those it measures on. The confidence is learnt on scores of questions that were left out in turn.

use domain::scoring::local::{
    Coefficients, DOUBT_COUNT, FEATURE_COUNT, FEATURES, Features, LocalScorer, Use, doubts,
};

use crate::data::{FULL_MARKS, Graded, whole};
use crate::line::{Line, Point, Sign, logistic, ridge};

/// Penalty on the squared slopes of the score and of the confidence, in points.
pub(crate) const SCORE_RIDGE: f64 = 300.0;
pub(crate) const SURE_RIDGE: f64 = 10.0;
/// Answers to other questions that each question is given, worth nothing, and how much each counts.
pub(crate) const STRANGERS: usize = 10;
pub(crate) const STRANGER_WEIGHT: f64 = 0.02;
/// Far enough apart in the list that strangers come from many questions.
const STRIDE: usize = 131;
/// An error up to here counts as right: one point of five.
const TOLERATED: f64 = 1.0 / FULL_MARKS + 1e-6;
/// Coefficients are kept to a ten-thousandth, and used as they are kept.
const KEPT: f64 = 1e4;

/// One question's answers as the model sees them.
#[derive(Clone)]
pub(crate) struct Samples {
    graded: Vec<Point<FEATURE_COUNT>>,
    strangers: Vec<Point<FEATURE_COUNT>>,
}

/// Measures all answers, and to every question some answers to others.
pub(crate) fn measure(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> Vec<Samples> {
    let rubric = whole();
    let all: Vec<&Graded> = questions.iter().flatten().collect();
    let of_question = |(at, rows): (usize, &Vec<Graded>)| {
        let point = |features: Features, target, weight| Point {
            inputs: features,
            target,
            weight,
        };
        let graded = rows.iter().filter_map(|row| {
            let features = scorer.features(&row.task(&rubric, &row.student_answer))?;
            Some(point(features, row.human(), 1.0))
        });
        let strangers = (1..)
            .map(|step| all[(at + step * STRIDE) % all.len()])
            .filter(|row| row.question_id != rows[0].question_id)
            .take(STRANGERS)
            .filter_map(|row| {
                let features = scorer.features(&rows[0].task(&rubric, &row.student_answer))?;
                Some(point(features, 0.0, STRANGER_WEIGHT))
            });
        Samples {
            graded: graded.collect(),
            strangers: strangers.collect(),
        }
    };
    questions.iter().enumerate().map(of_question).collect()
}

/// The coefficients learnt from some questions, by words alone or with the features of a sentence model.
pub(crate) fn train(samples: &[&Samples], with_meaning: bool) -> Coefficients {
    let mut learnt = score(samples, with_meaning);
    let mut judged = Vec::new();
    for (at, left_out) in samples.iter().enumerate() {
        let mut others = samples.to_vec();
        others.remove(at);
        let model = score(&others, with_meaning);
        judged.extend(left_out.graded.iter().map(|point| {
            let share = model.share(&point.inputs);
            Point {
                inputs: doubts(share, &point.inputs),
                target: f64::from(u8::from((share - point.target).abs() <= TOLERATED)),
                weight: 1.0,
            }
        }));
    }
    let sure = logistic(&judged, &[Sign::Any; DOUBT_COUNT], SURE_RIDGE);
    learnt.sure_intercept = kept(sure.intercept);
    learnt.sure_weights = sure.slopes.map(kept);
    learnt
}

fn score(samples: &[&Samples], with_meaning: bool) -> Coefficients {
    let points: Vec<_> = samples
        .iter()
        .flat_map(|question| question.graded.iter().chain(&question.strangers))
        .copied()
        .collect();
    let Line { intercept, slopes } = ridge(&points, &signs(with_meaning), SCORE_RIDGE);
    Coefficients {
        intercept: kept(intercept),
        weights: slopes.map(kept),
        sure_intercept: 0.0,
        sure_weights: [0.0; DOUBT_COUNT],
    }
}

fn signs(with_meaning: bool) -> [Sign; FEATURE_COUNT] {
    std::array::from_fn(|at| match FEATURES[at].usage {
        Use::For => Sign::AtLeastZero,
        Use::Against => Sign::AtMostZero,
        Use::Meaning if with_meaning => Sign::AtLeastZero,
        Use::Meaning | Use::Doubt => Sign::Zero,
    })
}

/// Rounded; a negative nothing becomes plain 0, which it would not be written as.
fn kept(coefficient: f64) -> f64 {
    (coefficient * KEPT).round() / KEPT + 0.0
}
