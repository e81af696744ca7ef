//! A regrade, what it proposes, and what became of each proposal.

use super::state::RegradeState;
use crate::authoring::item::ItemContent;
use crate::ids::{AttemptId, DefinitionId, ItemId, ItemVersionId, RegradeId, ScoreRecordId, UserId};
use crate::points::Points;
use crate::scoring::{ResolutionReason, Verdict};
use crate::time::Timestamp;

/// What is scored again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One item, in every attempt that has it.
    Item(ItemId),
    /// Every item of every attempt of an assessment.
    Definition(DefinitionId),
}

/// Which changes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Points that would fall stay.
    NeverLower,
    /// Points rise and fall.
    BothWays,
}

impl Policy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NeverLower, Self::BothWays];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverLower => "never_lower",
            Self::BothWays => "both_ways",
        }
    }

    /// The policy of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == name)
    }
}

/// Scoring again, from the wish to the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regrade {
    /// Which.
    pub id: RegradeId,
    /// Of what.
    pub scope: Scope,
    /// Which changes are wanted.
    pub policy: Policy,
    /// How it stands.
    pub state: RegradeState,
    /// Whether every attempt has been looked at.
    pub listed: bool,
    /// By whom.
    pub requested_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Latest step.
    pub updated_at: Timestamp,
}

impl Regrade {
    /// The cause that its score records and jobs name.
    pub fn cause(id: RegradeId) -> String {
        format!("regrade:{id}")
    }
}

/// The version of an item whose key and rubric score again; chosen once, when the regrade is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyVersion {
    /// Of which item.
    pub item_id: ItemId,
    /// Which version.
    pub item_version_id: ItemVersionId,
    /// What it holds.
    pub content: ItemContent,
}

/// What came of scoring one answer again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A scorer is at it.
    Judging,
    /// Other points; not counted yet.
    Proposed,
    /// The same points.
    Unchanged,
    /// Fewer points, which the policy does not want.
    KeptHigher,
    /// A person has judged the answer, which stays.
    KeptByPerson,
    /// The candidate saw another question.
    NotComparable,
    /// No scorer could judge; what counted counts.
    NotJudged,
    /// It counts now.
    Applied,
    /// Another record counted by then, or the attempt was voided.
    Superseded,
}

impl Outcome {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Judging,
        Self::Proposed,
        Self::Unchanged,
        Self::KeptHigher,
        Self::KeptByPerson,
        Self::NotComparable,
        Self::NotJudged,
        Self::Applied,
        Self::Superseded,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Judging => "judging",
            Self::Proposed => "proposed",
            Self::Unchanged => "unchanged",
            Self::KeptHigher => "kept_higher",
            Self::KeptByPerson => "kept_by_person",
            Self::NotComparable => "not_comparable",
            Self::NotJudged => "not_judged",
            Self::Applied => "applied",
            Self::Superseded => "superseded",
        }
    }

    /// The outcome of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// A verdict that could count.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The one.
    pub verdict: Verdict,
    /// The local scorer's beside a language model's.
    pub second: Option<Verdict>,
    /// Why it would count in this way: `regraded`, or what makes it provisional.
    pub reason: ResolutionReason,
}

/// One answer scored again.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// By which regrade.
    pub regrade_id: RegradeId,
    /// Whose.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// By the key of which.
    pub key_version_id: ItemVersionId,
    /// The record that counted.
    pub base: ScoreRecordId,
    /// Its points.
    pub old_points: Option<Points>,
    /// Full marks, which are the same in both versions.
    pub max_points: Points,
    /// What came of it.
    pub found: Found,
}

/// What scoring one answer again came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// In one word.
    pub outcome: Outcome,
    /// The points that it would have; none where it was not judged.
    pub new_points: Option<Points>,
    /// The verdict while it is proposed; afterwards it is a score record or nothing.
    pub proposal: Option<Proposal>,
}

impl Found {
    /// An outcome without a verdict.
    pub const fn nothing(outcome: Outcome) -> Self {
        Self {
            outcome,
            new_points: None,
            proposal: None,
        }
    }
}

/// What a regrade would make of one attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Which.
    pub attempt_id: AttemptId,
    /// The mark before, 0–100; none when nothing is graded.
    pub old_percent: Option<f64>,
    /// The mark with all changes that are wanted.
    pub new_percent: Option<f64>,
    /// Whether it passed before.
    pub old_passed: Option<bool>,
    /// Whether it would.
    pub new_passed: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_and_outcomes_are_found_by_their_names() {
        for policy in Policy::ALL {
            assert_eq!(Policy::parse(policy.as_str()), Some(policy));
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
        assert_eq!(Policy::parse("upwards"), None);
        assert_eq!(Outcome::parse("Applied"), None);
    }
}
