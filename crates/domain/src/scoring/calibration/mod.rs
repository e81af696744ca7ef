//! Learning from people how one question is graded: from the scorer's share of the marks to theirs.
//!
//! Two steps, each held back as long as few answers were graded. A shift: the mean of human minus predicted, weighted
//! n / (n + 5). Then isotonic regression (pool adjacent violators) of human on shifted shares, weighted n / (n + 25)
//! against the shifted share itself. Isotonic regression alone follows five answers into their noise; a shift alone never
//! learns a curve. Confidence moves the same way, n / (n + 20), towards how often a calibration without it would have been
//! right on each graded answer.
//!
//! How the constants came to be: on the development half of the computer-science short-answer data of Mohler, Bunescu and
//! Mihalcea (2011), with exemplars drawn 60 times per question and measured on the question's other answers, shifts with
//! 0–8 in place of 5, curves with 3–80 in place of 25, a straight line in place of the shift, and isotonic regression with
//! a prior along the diagonal in place of both were tried. The optimum is flat, so round values were taken.
//!
//! Invariants: a fit does not depend on the order of its exemplars beyond rounding; `apply` never puts two answers into
//! the other order; without exemplars nothing changes.

mod isotonic;
mod scorer;
#[cfg(test)]
mod tests;
mod trust;

pub use scorer::{Calibrated, GradedAnswer, MOST_EXEMPLARS, calibrated, name_of};
pub use trust::{LEAST_JUDGED, MOST_JUDGED, Trust};

use self::isotonic::Isotonic;
use super::evaluation::Judgement;

/// Fewer exemplars than this change nothing: they tell more about themselves than about the question.
pub const LEAST_EXEMPLARS: usize = 3;
/// Exemplars at which the shift counts half.
const SHIFT_PRIOR: f64 = 5.0;
/// Exemplars at which the curve counts half.
const CURVE_PRIOR: f64 = 25.0;
/// Exemplars at which the observed success counts as much as the scorer's own confidence.
const CONFIDENCE_PRIOR: f64 = 20.0;

/// What was learnt from the graded answers to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    exemplars: usize,
    mapping: Mapping,
    /// Share of exemplars on which a calibration by the others is right.
    success: f64,
    success_weight: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Mapping {
    shift: f64,
    curve: Isotonic,
    curve_weight: f64,
}

impl Calibration {
    /// Learns from graded answers: what the scorer gave before calibration, what people gave, how sure the scorer was.
    ///
    /// Judgements that are not finite are passed over, shares are clamped to 0–1, and fewer than [`LEAST_EXEMPLARS`] teach
    /// nothing.
    pub fn fit(exemplars: &[Judgement]) -> Self {
        let pairs: Vec<(f64, f64)> = exemplars
            .iter()
            .filter(|one| one.predicted.is_finite() && one.human.is_finite())
            .map(|one| (one.predicted.clamp(0.0, 1.0), one.human.clamp(0.0, 1.0)))
            .collect();
        if pairs.len() < LEAST_EXEMPLARS {
            return Self {
                exemplars: 0,
                mapping: Mapping::fit(&[]),
                success: 0.0,
                success_weight: 0.0,
            };
        }
        Self {
            exemplars: pairs.len(),
            mapping: Mapping::fit(&pairs),
            success: success_without_itself(&pairs),
            success_weight: weight(pairs.len(), CONFIDENCE_PRIOR),
        }
    }

    /// How many exemplars it was learnt from; 0 when it changes nothing.
    pub const fn exemplars(&self) -> usize {
        self.exemplars
    }

    /// The share of the marks (0–1) people would give where the scorer gives `predicted`; never decreasing.
    pub fn apply(&self, predicted: f64) -> f64 {
        self.mapping.apply(predicted)
    }

    /// How sure one may be of a calibrated verdict, 0–1, where the scorer was sure to the degree `confidence`.
    pub fn confidence(&self, confidence: f64) -> f64 {
        blend(confidence, self.success, self.success_weight).clamp(0.0, 1.0)
    }
}

impl Mapping {
    fn fit(pairs: &[(f64, f64)]) -> Self {
        let residuals: f64 = pairs.iter().map(|(predicted, human)| human - predicted).sum();
        let shift = residuals / count(pairs.len()).max(1.0) * weight(pairs.len(), SHIFT_PRIOR);
        let shifted: Vec<(f64, f64)> = pairs
            .iter()
            .map(|(predicted, human)| ((predicted + shift).clamp(0.0, 1.0), *human))
            .collect();
        Self {
            shift,
            curve: Isotonic::fit(&shifted),
            curve_weight: weight(pairs.len(), CURVE_PRIOR),
        }
    }

    fn apply(&self, predicted: f64) -> f64 {
        let shifted = (predicted + self.shift).clamp(0.0, 1.0);
        let curved = self.curve.at(shifted).unwrap_or(shifted);
        blend(shifted, curved, self.curve_weight).clamp(0.0, 1.0)
    }
}

/// Leave-one-out, because a curve is always right about what it was drawn through.
fn success_without_itself(pairs: &[(f64, f64)]) -> f64 {
    let is_right = |index: &usize| {
        let mut others = pairs.to_vec();
        let (predicted, human) = others.swap_remove(*index);
        let judged = Judgement {
            predicted: Mapping::fit(&others).apply(predicted),
            human,
            confidence: 0.0,
        };
        judged.is_right()
    };
    count((0..pairs.len()).filter(is_right).count()) / count(pairs.len()).max(1.0)
}

fn weight(exemplars: usize, prior: f64) -> f64 {
    count(exemplars) / (count(exemplars) + prior)
}

fn blend(before: f64, learnt: f64, weight: f64) -> f64 {
    before + weight * (learnt - before)
}

fn count(number: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "nobody grades 2^52 answers to a question"
    )]
    {
        number as f64
    }
}
