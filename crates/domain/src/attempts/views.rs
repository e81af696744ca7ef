//! What candidates and staff read of attempts.

use super::model::{Attempt, StoredResponse};
use super::progress::{Progress, StageCounts};
use crate::authoring::VersionedItem;
use crate::ids::{AttemptId, DefinitionVersionId, UserId};
use crate::scoring::total::{ItemScore, Total, total};
use crate::scoring::{ResolutionReason, ScoreRecord};

/// Who is looking. Ownership is decided by the query: a foreign attempt is not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Sees only what is theirs.
    Owner(UserId),
    /// Sees every attempt.
    Staff,
}

impl Viewer {
    /// The owner the query insists on.
    pub const fn owner(self) -> Option<UserId> {
        match self {
            Self::Owner(user) => Some(user),
            Self::Staff => None,
        }
    }
}

/// An attempt with the counts progress is computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptStatus {
    /// The attempt.
    pub attempt: Attempt,
    /// Items with an answer.
    pub answered: u32,
    /// All items.
    pub total: u32,
    /// For the stages.
    pub counts: StageCounts,
}

impl AttemptStatus {
    /// Stages and the weighted whole.
    pub fn progress(&self) -> Progress {
        Progress::from_counts(&self.counts)
    }
}

/// One item of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultItem {
    /// As the candidate saw it, with its key: views for candidates are made from this.
    pub item: VersionedItem,
    /// What was answered.
    pub response: Option<StoredResponse>,
    /// The record that counts, why, and whether a person should still look.
    pub counts: Option<CountingRecord>,
}

/// The record that counts for an item.
#[derive(Clone, Debug, PartialEq)]
pub struct CountingRecord {
    /// The record.
    pub record: ScoreRecord,
    /// Why it counts in this way.
    pub reason: ResolutionReason,
    /// Whether a person should still look.
    pub provisional: bool,
}

/// Everything a result page needs.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptResult {
    /// The attempt.
    pub attempt: Attempt,
    /// Title of the assessment.
    pub title: String,
    /// Percentage from which it passes.
    pub pass_percent: f64,
    /// In order.
    pub items: Vec<ResultItem>,
}

impl AttemptResult {
    /// The mark, computed from what counts now.
    pub fn total(&self) -> Total {
        let scores: Vec<ItemScore> = self.items.iter().map(ResultItem::score).collect();
        total(&scores, self.pass_percent)
    }
}

impl ResultItem {
    fn score(&self) -> ItemScore {
        ItemScore {
            marks: self.item.content.marks,
            points: self
                .counts
                .as_ref()
                .and_then(|counting| counting.record.verdict.points),
            provisional: self.counts.as_ref().is_none_or(|counting| counting.provisional),
        }
    }
}

/// What saving an answer has to know before its single statement; never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptVersion {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// In which frozen version.
    pub definition_version_id: DefinitionVersionId,
}

/// Inputs of one text to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct TextAnswer {
    /// The item with reference and rubric.
    pub item: VersionedItem,
    /// What was answered.
    pub answer: serde_json::Value,
    /// Machine verdicts below this confidence (0–1) are provisional.
    pub review_below_confidence: f64,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::timing::tests::attempt;
    use super::*;
    use crate::attempts::AttemptState;
    use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative};
    use crate::ids::{ItemId, ItemVersionId, ScoreRecordId};
    use crate::points::Points;
    use crate::scoring::{Reason, Scorer, Verdict};

    fn item(marks: i64) -> VersionedItem {
        VersionedItem {
            item_id: ItemId(Uuid::nil()),
            item_version_id: ItemVersionId(Uuid::nil()),
            version: 1,
            section_index: 0,
            position: 0,
            content: ItemContent {
                stem: "It is so.".to_owned(),
                marks: Points::whole(marks),
                body: ItemBody::TrueFalse {
                    key: true,
                    negative: Negative::default(),
                },
                topic: String::new(),
                cognitive_level: CognitiveLevel::Remember,
                difficulty: Difficulty::Easy,
                source: None,
            },
        }
    }

    fn counting(points: Option<i64>, provisional: bool) -> CountingRecord {
        let attempt = attempt(AttemptState::Completed);
        let verdict = Verdict {
            scorer: Scorer::Local,
            scorer_version: "test-1".to_owned(),
            points: points.map(Points::whole),
            max_points: Points::whole(4),
            reason: Reason::Judged,
            criteria: Vec::new(),
            confidence: Some(0.5),
            flags: Vec::new(),
        };
        let record = ScoreRecord {
            id: ScoreRecordId(Uuid::nil()),
            attempt_id: attempt.id,
            item_version_id: ItemVersionId(Uuid::nil()),
            verdict,
            cause: "initial".to_owned(),
            job_id: None,
            created_at: attempt.updated_at,
        };
        CountingRecord {
            record,
            reason: ResolutionReason::OnlyVerdict,
            provisional,
        }
    }

    fn result(counts: Vec<Option<CountingRecord>>) -> AttemptResult {
        let items = counts
            .into_iter()
            .map(|counts| ResultItem {
                item: item(4),
                response: None,
                counts,
            })
            .collect();
        let title = "Sample".to_owned();
        AttemptResult {
            attempt: attempt(AttemptState::Completed),
            title,
            pass_percent: 60.0,
            items,
        }
    }

    #[test]
    fn an_item_without_a_record_is_left_out_and_keeps_the_total_provisional() {
        let total = result(vec![Some(counting(Some(3), false)), None]).total();
        assert_eq!((total.percent, total.graded, total.ungraded), (Some(75.0), 1, 1));
        assert!(total.provisional);
    }

    #[test]
    fn a_provisional_record_counts_and_keeps_the_total_provisional() {
        let total = result(vec![
            Some(counting(Some(4), false)),
            Some(counting(Some(0), true)),
        ])
        .total();
        assert_eq!(
            (total.percent, total.passed, total.provisional),
            (Some(50.0), Some(false), true)
        );
        assert!(!result(vec![Some(counting(Some(4), false))]).total().provisional);
    }

    #[test]
    fn only_owners_are_confined_to_what_is_theirs() {
        let user = UserId(Uuid::from_u128(7));
        assert_eq!(Viewer::Owner(user).owner(), Some(user));
        assert_eq!(Viewer::Staff.owner(), None);
    }
}
