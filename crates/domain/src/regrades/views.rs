//! What admins read of regrades.

use std::collections::BTreeMap;

use super::model::{Outcome, Policy, Regrade};
use crate::attempts::TextAnswer;
use crate::authoring::item::ItemKind;
use crate::ids::{AttemptId, ItemId, ItemVersionId, RegradeId, ScoreRecordId, UserId};
use crate::points::Points;
use crate::scoring::{ResolutionReason, Scorer};

/// Which way the points of an answer go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Nothing is known to change.
    None,
    /// More points.
    Raised,
    /// Fewer.
    Lowered,
    /// Points where there were none.
    Graded,
}

impl Effect {
    /// What becomes of points that are replaced by others.
    pub fn of(old: Option<Points>, new: Option<Points>) -> Self {
        match (old, new) {
            (None, Some(_)) => Self::Graded,
            (Some(old), Some(new)) if new > old => Self::Raised,
            (Some(old), Some(new)) if new < old => Self::Lowered,
            (_, None) | (Some(_), Some(_)) => Self::None,
        }
    }

    /// All.
    pub const ALL: [Self; 4] = [Self::None, Self::Raised, Self::Lowered, Self::Graded];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Raised => "raised",
            Self::Lowered => "lowered",
            Self::Graded => "graded",
        }
    }

    /// The effect of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == name)
    }
}

/// How many changes of each kind there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By outcome and effect.
    pub counts: BTreeMap<(Outcome, Effect), u64>,
}

impl Tally {
    /// Changes with this outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        let counts = self.counts.iter().filter(|((of, _), _)| *of == outcome);
        counts.map(|(_, count)| count).sum()
    }

    /// Changes that are to be made or were made, with this effect.
    pub fn wanted(&self, effect: Effect) -> u64 {
        let wanted = [Outcome::Proposed, Outcome::Applied].map(|outcome| (outcome, effect));
        wanted.iter().filter_map(|key| self.counts.get(key)).sum()
    }
}

/// A regrade with what it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegradeSummary {
    /// The regrade.
    pub regrade: Regrade,
    /// Answers.
    pub tally: Tally,
    /// Attempts with such answers.
    pub attempts: u64,
    /// Attempts that failed and would pass.
    pub now_pass: u64,
    /// Attempts that passed and would fail.
    pub now_fail: u64,
}

/// Which changes are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// With this outcome.
    pub outcome: Option<Outcome>,
}

/// One answer of a regrade in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeEntry {
    /// Whose attempt.
    pub attempt_id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// Which question.
    pub item_id: ItemId,
    /// Of which kind.
    pub kind: ItemKind,
    /// The version that the candidate saw, and its number.
    pub seen: (ItemVersionId, i32),
    /// The version whose key scores again, and its number.
    pub key: (ItemVersionId, i32),
    /// The record that counted.
    pub base: ScoreRecordId,
    /// Its points.
    pub old_points: Option<Points>,
    /// What was found.
    pub new_points: Option<Points>,
    /// Full marks.
    pub max_points: Points,
    /// What came of it.
    pub outcome: Outcome,
    /// Which way the points go.
    pub effect: Effect,
    /// Who has judged again.
    pub scorer: Option<Scorer>,
    /// Why the new verdict would count in its way.
    pub reason: Option<ResolutionReason>,
    /// The record that was added.
    pub record_id: Option<ScoreRecordId>,
    /// The attempt's mark before and with all changes, 0–100.
    pub percent: (Option<f64>, Option<f64>),
    /// Whether it passed before, and would.
    pub passed: (Option<bool>, Option<bool>),
}

/// Inputs of one answer to be judged again.
#[derive(Clone, Debug, PartialEq)]
pub struct RegradedQuestion {
    /// For which regrade.
    pub regrade_id: RegradeId,
    /// With which policy.
    pub policy: Policy,
    /// The answer, with the item by whose key and rubric it is judged in the place of the one that the candidate saw.
    pub answer: TextAnswer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_told_from_points_and_found_by_their_names() {
        let effect =
            |old: Option<i64>, new: Option<i64>| Effect::of(old.map(Points::whole), new.map(Points::whole));
        assert_eq!(effect(Some(1), Some(2)), Effect::Raised);
        assert_eq!(effect(Some(2), Some(1)), Effect::Lowered);
        assert_eq!(effect(None, Some(0)), Effect::Graded);
        assert_eq!(effect(Some(1), Some(1)), Effect::None);
        assert_eq!(effect(Some(1), None), Effect::None);
        for effect in Effect::ALL {
            assert_eq!(Effect::parse(effect.as_str()), Some(effect));
        }
    }

    #[test]
    fn what_is_kept_is_not_counted_among_what_is_wanted() {
        let tally = Tally {
            counts: BTreeMap::from([
                ((Outcome::Proposed, Effect::Raised), 3),
                ((Outcome::Applied, Effect::Raised), 2),
                ((Outcome::KeptHigher, Effect::Lowered), 7),
                ((Outcome::Superseded, Effect::Raised), 1),
            ]),
        };
        assert_eq!(
            (tally.wanted(Effect::Raised), tally.wanted(Effect::Lowered)),
            (5, 0)
        );
        assert_eq!(
            (tally.of(Outcome::KeptHigher), tally.of(Outcome::Judging)),
            (7, 0)
        );
    }
}
