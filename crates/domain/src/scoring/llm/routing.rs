//! Which of two verdicts counts, and whether a person should look.
//!
//! An answer that speaks to its grader may have been obeyed. Until a person has looked, the lower verdict counts: more than what
//! the local scorer gives, which reads no instructions, cannot be talked out of a model, and being suspected gains nothing where
//! the model is stricter.

use super::FLAG_SUSPECTED_INJECTION;
use super::screening::Screening;
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

/// Why a verdict counts where there are a model's and the local one. Of several doubts the gravest is named.
pub fn resolve_verdicts(model: &Verdict, local: &Verdict, thresholds: &Thresholds) -> ResolutionReason {
    let suspected = [model, local]
        .iter()
        .any(|verdict| verdict.has_flag(FLAG_SUSPECTED_INJECTION));
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

/// The verdict that counts, and the second opinion: the model's first, but the lower one first where the answer
/// speaks to its grader. A verdict without points is lower than none.
pub fn ranked(model: Verdict, local: Verdict, reason: ResolutionReason) -> [Verdict; 2] {
    let is_lower = match (local.points, model.points) {
        (Some(local), Some(model)) => local < model,
        (local, _) => local.is_some(),
    };
    if reason == ResolutionReason::SuspectedInjection && is_lower {
        [local, model]
    } else {
        [model, local]
    }
}

/// The local verdict on an answer that no model has judged yet, with what screening saw: whoever keeps models from judging by
/// what is written there is looked at, too.
#[must_use]
pub fn with_suspicion(mut local: Verdict, screening: &Screening) -> Verdict {
    if screening.is_suspicion() {
        local.flags.extend(screening.flags());
    }
    local
}

/// Difference of two verdicts as a share of the marks; none where one is ungraded or nothing can be earned.
pub(super) fn gap(one: &Verdict, other: &Verdict) -> Option<f64> {
    Some((one.share()? - other.share()?).abs())
}
