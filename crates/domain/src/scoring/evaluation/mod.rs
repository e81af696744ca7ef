//! How well a text scorer agrees with people, in figures of the literature, each with an interval.
//!
//! Invariants: no figure trains anything on what it measures; questions, not answers, are resampled, because answers to
//! one question err together; the same input gives the same figures to the last bit. A figure that the data cannot tell
//! (no spread, nothing wrong anywhere) is `None`, never 0.

mod agreement;
mod baseline;
mod confidence;
mod interval;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use agreement::{KAPPA_TOP_LEVEL, pearson, quadratic_weighted_kappa, root_mean_square_error, share};
pub use baseline::{predicting_the_mean, word_overlap};
pub use confidence::{CALIBRATION_BINS, area_under_roc, calibration_error, rmse_of_surest_half};
pub use interval::{Bootstrap, Estimate};

/// The greatest error, as a share of the marks, of a verdict that counts as right: one point of five.
pub const TOLERATED_ERROR: f64 = 0.2;

/// What a scorer said about one answer, beside what people gave. Shares of the marks, 0–1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// What the scorer gave.
    pub predicted: f64,
    /// What people gave.
    pub human: f64,
    /// How sure the scorer was to be right within [`TOLERATED_ERROR`], 0–1.
    pub confidence: f64,
}

/// The figures of one scorer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Correlation with people, −1 to 1.
    pub pearson: Option<Estimate>,
    /// Root mean square error, in points of the scale.
    pub rmse: Option<Estimate>,
    /// Share that is right within [`TOLERATED_ERROR`], 0–1.
    pub agreement: Option<Estimate>,
    /// Agreement on six steps (the scale mapped to 0–5 and rounded) beyond chance, at most 1.
    pub quadratic_weighted_kappa: Option<Estimate>,
    /// Expected calibration error of the confidence, 0–1.
    pub calibration_error: Option<Estimate>,
    /// How well low confidence tells errors above [`TOLERATED_ERROR`]: 1 always, .5 no better than chance.
    pub confidence_auroc: Option<Estimate>,
    /// RMSE of the half with the highest confidence, in points of the scale.
    pub rmse_surest_half: Option<Estimate>,
}

impl Judgement {
    /// The signed error as a share of the marks.
    pub fn error(&self) -> f64 {
        self.predicted - self.human
    }

    /// Whether it is off by no more than [`TOLERATED_ERROR`]; a millionth of the marks is rounding, not error.
    pub fn is_right(&self) -> bool {
        self.error().abs() <= TOLERATED_ERROR + 1e-6
    }

    fn points(&self, scale: f64) -> (f64, f64) {
        (self.predicted * scale, self.human * scale)
    }
}

impl Figures {
    /// Figures of the judgements on each question (`questions[i]` holds those on question `i`), on a scale from 0 to `scale`.
    pub fn of(questions: &[Vec<Judgement>], scale: f64, bootstrap: Bootstrap) -> Self {
        let on_pairs = |figure: fn(&[(f64, f64)]) -> Option<f64>, scale: f64| {
            let pairs: Vec<Vec<(f64, f64)>> = questions
                .iter()
                .map(|question| question.iter().map(|one| one.points(scale)).collect())
                .collect();
            bootstrap.estimate(&pairs, figure)
        };
        Self {
            pearson: on_pairs(pearson, scale),
            rmse: on_pairs(root_mean_square_error, scale),
            agreement: bootstrap.estimate(questions, |judgements| {
                let right: Vec<_> = judgements.iter().map(Judgement::is_right).collect();
                share(&right)
            }),
            quadratic_weighted_kappa: on_pairs(quadratic_weighted_kappa, f64::from(KAPPA_TOP_LEVEL)),
            calibration_error: bootstrap.estimate(questions, |judgements| {
                let sure: Vec<_> = judgements
                    .iter()
                    .map(|one| (one.confidence, one.is_right()))
                    .collect();
                calibration_error(&sure)
            }),
            confidence_auroc: bootstrap.estimate(questions, |judgements| {
                let doubts: Vec<_> = judgements
                    .iter()
                    .map(|one| (-one.confidence, !one.is_right()))
                    .collect();
                area_under_roc(&doubts)
            }),
            rmse_surest_half: bootstrap.estimate(questions, |judgements| {
                let errors: Vec<_> = judgements
                    .iter()
                    .map(|one| (one.confidence, one.error() * scale))
                    .collect();
                rmse_of_surest_half(&errors)
            }),
        }
    }
}
