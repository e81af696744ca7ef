//! What scoring an answer again comes to: pure functions.

use serde_json::Value;

use super::model::{Found, KeyVersion, Outcome, Policy, Proposal, Standing};
use crate::attempts::{AttemptResult, CountingRecord, Models};
use crate::authoring::VersionedItem;
use crate::authoring::item::ItemContent;
use crate::authoring::learner::LearnerItem;
use crate::ids::ItemVersionId;
use crate::points::Points;
use crate::scoring::llm::{Thresholds, resolve_verdicts};
use crate::scoring::rules::{self, RuleOutcome};
use crate::scoring::{ResolutionReason, Scorer, Verdict};

/// An answer beside what scores it again.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// What the candidate saw.
    pub seen: &'a VersionedItem,
    /// By what it is scored again.
    pub key: &'a KeyVersion,
    /// What was answered.
    pub answer: Option<&'a Value>,
    /// What counts now.
    pub counts: &'a CountingRecord,
}

/// What rules make of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// All there is to find.
    Found(Box<Found>),
    /// A text scorer has to judge.
    Text,
    /// The program has to be run.
    Program,
}

/// Scores again what rules can score, and leaves alone what is not to be scored again.
pub fn judged_by_rules(policy: Policy, answered: Answered<'_>) -> Judgement {
    let old = &answered.counts.record.verdict;
    if old.scorer == Scorer::Human {
        return left_alone(Outcome::KeptByPerson);
    }
    let key = &answered.key.content;
    if !comparable(answered.seen, key) {
        return left_alone(Outcome::NotComparable);
    }
    match rules::score(&key.body, key.marks, answered.answer) {
        RuleOutcome::Scored(verdict) => {
            let found = found(policy, old.points, Some(of_program(verdict)));
            Judgement::Found(Box::new(found))
        }
        RuleOutcome::NeedsText => Judgement::Text,
        RuleOutcome::NeedsRunner => Judgement::Program,
        RuleOutcome::NeedsPerson => left_alone(Outcome::NotJudged),
    }
}

fn left_alone(outcome: Outcome) -> Judgement {
    Judgement::Found(Box::new(Found::nothing(outcome)))
}

/// Whether candidates are shown the same by both versions: the question, its parts and its marks. By what a text is judged may
/// differ, because that is what a regrade is for.
fn comparable(seen: &VersionedItem, key: &ItemContent) -> bool {
    let shown = |content: &ItemContent| LearnerItem {
        rubric: None,
        ..LearnerItem::from(&VersionedItem {
            content: content.clone(),
            ..seen.clone()
        })
    };
    shown(&seen.content) == shown(key)
}

/// The proposal of a verdict that stands alone and leaves no doubt of its own: of rules, or of tests that a program was run with.
pub fn of_program(verdict: Verdict) -> Proposal {
    alone(verdict, 0.0)
}

/// The proposal for a text. None without a verdict of a model where models are configured: what one has judged is not judged
/// again by less.
pub fn of_text(local: Verdict, models: Models, thresholds: &Thresholds) -> Option<Proposal> {
    match models {
        Models::Unset => Some(alone(local, thresholds.review_below_confidence)),
        Models::Judged(verdict) => {
            let reason = resolve_verdicts(&verdict, &local, thresholds);
            Some(Proposal {
                verdict,
                second: Some(local),
                reason: regraded(reason),
            })
        }
        Models::Missing { .. } => None,
    }
}

fn alone(verdict: Verdict, review_below: f64) -> Proposal {
    let reason = ResolutionReason::of(&verdict, review_below);
    Proposal {
        verdict,
        second: None,
        reason: regraded(reason),
    }
}

/// A doubt is named, so that it is found in the queue of reviews; the record's cause tells of the regrade anyway.
const fn regraded(reason: ResolutionReason) -> ResolutionReason {
    if reason.is_provisional() {
        reason
    } else {
        ResolutionReason::Regraded
    }
}

/// What a proposal comes to for an answer with `old` points; none is that no scorer could judge.
pub fn found(policy: Policy, old: Option<Points>, proposal: Option<Proposal>) -> Found {
    let new_points = proposal.as_ref().and_then(|proposal| proposal.verdict.points);
    let outcome = weigh(policy, old, new_points);
    Found {
        outcome,
        new_points,
        proposal: proposal.filter(|_| outcome == Outcome::Proposed),
    }
}

/// Whether new points are wanted. A scorer that cannot judge takes nothing away; where nothing was judged before, nothing is
/// lowered.
pub fn weigh(policy: Policy, old: Option<Points>, new: Option<Points>) -> Outcome {
    match (old, new) {
        (_, None) => Outcome::NotJudged,
        (Some(old), Some(new)) if new == old => Outcome::Unchanged,
        (Some(old), Some(new)) if new < old && policy == Policy::NeverLower => Outcome::KeptHigher,
        (_, Some(_)) => Outcome::Proposed,
    }
}

/// What would become of an attempt if these items had these points.
pub fn standing(result: &AttemptResult, changed: &[(ItemVersionId, Points)]) -> Standing {
    let mut after = result.clone();
    for (version, points) in changed {
        let of_item = |item: &&mut crate::attempts::ResultItem| item.item.item_version_id == *version;
        let item = after.items.iter_mut().find(of_item);
        if let Some(counting) = item.and_then(|item| item.counts.as_mut()) {
            counting.record.verdict.points = Some(*points);
        }
    }
    let (old, new) = (result.total(), after.total());
    Standing {
        attempt_id: result.attempt.id,
        old_percent: old.percent,
        new_percent: new.percent,
        old_passed: old.passed,
        new_passed: new.passed,
    }
}

#[cfg(test)]
#[path = "proposing_tests.rs"]
mod tests;
