//! Which of two verdicts counts, and whether a person should look.

use super::FLAG_SUSPECTED_INJECTION;
use crate::scoring::model::{Reason, Verdict};
use crate::scoring::record::ResolutionReason;

/// From where on a machine is not believed; settings of an assessment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Confidence (0–1) below which a verdict is provisional.
    pub review_below_confidence: f64,
    /// Difference between the two verdicts, in percent of the marks, above which it is.
    pub review_above_gap: f64,
}

/// Decides for a model's verdict beside the local one: the model's counts (DOMAIN.md 4). Of several doubts the gravest is named.
pub fn resolve_verdicts(model: &Verdict, local: &Verdict, thresholds: &Thresholds) -> ResolutionReason {
    let suspected = [model, local]
        .iter()
        .any(|verdict| verdict.flags.iter().any(|flag| flag == FLAG_SUSPECTED_INJECTION));
    if suspected {
        ResolutionReason::SuspectedInjection
    } else if model.reason == Reason::Ungraded {
        ResolutionReason::GraderFailed
    } else if gap(model, local).is_some_and(|gap| gap * 100.0 > thresholds.review_above_gap) {
        ResolutionReason::Disagreement
    } else if model
        .confidence
        .is_none_or(|confidence| confidence < thresholds.review_below_confidence)
    {
        ResolutionReason::LowConfidence
    } else {
        ResolutionReason::ModelVerdict
    }
}

/// Difference of two verdicts as a share of the marks; none where one is ungraded or nothing can be earned.
pub(super) fn gap(one: &Verdict, other: &Verdict) -> Option<f64> {
    Some((one.share()? - other.share()?).abs())
}
