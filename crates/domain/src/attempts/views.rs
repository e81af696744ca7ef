//! What candidates and staff read of attempts.

use super::form::Form;
use super::model::{Attempt, ScoringState, StoredResponse};
use super::oversight::fail_awaits_person;
use super::progress::{Progress, StageCounts};
use super::state::AttemptState;
use crate::authoring::item::{ItemContent, ItemGroup};
use crate::authoring::{DefinitionKind, Settings, VersionedItem};
use crate::identity::Staff;
use crate::ids::{AttemptId, DefinitionId, DefinitionVersionId, UserId};
use crate::llm::AttemptUse;
use crate::scoring::llm::Thresholds;
use crate::scoring::total::{ItemScore, Total, total};
use crate::scoring::{ResolutionReason, ScoreRecord};
use crate::time::Timestamp;

/// Who is looking. What they may see is decided by the query: a foreign attempt is not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Sees only what is theirs.
    Owner(UserId),
    /// Sees the attempts of their cohorts.
    Advisor(UserId),
    /// Sees every attempt.
    Admin,
    /// A machine client whose scope allows it: sees every attempt, as its candidate does.
    Machine,
}

impl Viewer {
    /// The owner the query insists on.
    pub const fn owner(self) -> Option<UserId> {
        match self {
            Self::Owner(user) => Some(user),
            Self::Advisor(_) | Self::Admin | Self::Machine => None,
        }
    }

    /// The advisor whose cohorts the query insists on.
    pub const fn advisor(self) -> Option<UserId> {
        match self {
            Self::Advisor(user) => Some(user),
            Self::Owner(_) | Self::Admin | Self::Machine => None,
        }
    }

    /// Whether results are shown only once they are released.
    pub const fn awaits_release(self) -> bool {
        matches!(self, Self::Owner(_) | Self::Machine)
    }
}

impl From<Staff> for Viewer {
    fn from(staff: Staff) -> Self {
        if staff.sees_all() {
            Self::Admin
        } else {
            Self::Advisor(staff.user_id())
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
    /// The version whose key a regrade has scored by, where that is another one; read where keys are shown.
    pub regraded_by: Option<ItemContent>,
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
    /// In force for the attempt.
    pub settings: Settings,
    /// In the order of the attempt's form.
    pub items: Vec<ResultItem>,
    /// What it took of language models.
    pub models: AttemptUse,
}

impl AttemptResult {
    /// The mark, computed from what counts now. Profile items are part of it only when the settings say so.
    pub fn total(&self) -> Total {
        let counted = |item: &&ResultItem| self.settings.counts(item.group());
        let mut total = self.total_of(self.items.iter().filter(counted));
        let counting = self.items.iter().filter_map(|item| item.counts.as_ref());
        let scorers = counting.map(|counting| counting.record.verdict.scorer);
        total.provisional |= fail_awaits_person(&self.settings, &total, scorers);
        total
    }

    /// What the profile items come to, reported apart from the mark.
    pub fn profile_total(&self) -> Total {
        self.total_of(self.items.iter().filter(|item| item.is_profile()))
    }

    fn total_of<'i>(&self, items: impl Iterator<Item = &'i ResultItem>) -> Total {
        let scores: Vec<ItemScore> = items.map(ResultItem::score).collect();
        total(&scores, self.settings.pass_percent)
    }
}

impl ResultItem {
    /// The content whose key is the right one, as far as is known.
    pub fn keyed(&self) -> &ItemContent {
        self.regraded_by.as_ref().unwrap_or(&self.item.content)
    }

    /// The group of its kind.
    pub fn group(&self) -> ItemGroup {
        self.item.content.body.kind().group()
    }

    /// Whether it describes the candidate.
    pub fn is_profile(&self) -> bool {
        self.group() == ItemGroup::Profile
    }

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

/// Which attempts a history has, besides what the viewer may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Of the track with this slug.
    pub track: Option<String>,
    /// Of this assessment.
    pub definition: Option<DefinitionId>,
    /// In this state.
    pub state: Option<AttemptState>,
    /// Of this candidate.
    pub candidate: Option<UserId>,
}

/// An attempt in a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptSummary {
    /// Which.
    pub id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Whether it was drawn from a bank.
    pub kind: DefinitionKind,
    /// Of a track.
    pub track: Option<String>,
    /// How taking stands.
    pub state: AttemptState,
    /// How scoring stands.
    pub scoring: ScoringState,
    /// Whether the result lacks something.
    pub degraded: bool,
    /// When the candidate opted in.
    pub opted_in_at: Timestamp,
    /// When the clock began to run.
    pub started_at: Option<Timestamp>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// When taking ended, in whatever way.
    pub ended_at: Option<Timestamp>,
    /// When the result became visible.
    pub released_at: Option<Timestamp>,
}

/// What saving an answer has to know before its single statement; never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptVersion {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// In which frozen version.
    pub definition_version_id: DefinitionVersionId,
    /// From which order follows.
    pub seed: i64,
    /// Which items of the version it has.
    pub form: Form,
}

/// Inputs of one text to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct TextAnswer {
    /// The item with reference and rubric.
    pub item: VersionedItem,
    /// What was answered.
    pub answer: serde_json::Value,
    /// From where on machines are not believed.
    pub thresholds: Thresholds,
    /// Whether a fail of machines waits for a person.
    pub human_oversight: bool,
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::super::timing::tests::attempt;
    use super::*;
    use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, Negative, ProfileForm};
    use crate::ids::{ItemId, ItemVersionId, ScoreRecordId};
    use crate::points::Points;
    use crate::scoring::{Reason, Scorer, Verdict};

    pub(in crate::attempts) fn item(marks: i64) -> VersionedItem {
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
                skills: Vec::new(),
                written_by: None,
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
                regraded_by: None,
            })
            .collect();
        let title = "Sample".to_owned();
        AttemptResult {
            attempt: attempt(AttemptState::Completed),
            title,
            settings: Settings::default(),
            items,
            models: AttemptUse::default(),
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
    fn owners_and_advisors_are_confined() {
        let user = UserId(Uuid::from_u128(7));
        let confined = |viewer: Viewer| (viewer.owner(), viewer.advisor(), viewer.awaits_release());
        assert_eq!(confined(Viewer::Owner(user)), (Some(user), None, true));
        assert_eq!(confined(Viewer::Advisor(user)), (None, Some(user), false));
        assert_eq!(confined(Viewer::Admin), (None, None, false));
        assert_eq!(confined(Viewer::Machine), (None, None, true));
    }

    #[test]
    fn profile_items_are_apart_unless_they_count() {
        let profile = ItemBody::Profile {
            form: ProfileForm::Text,
        };
        let mut result = result(vec![
            Some(counting(Some(1), false)),
            Some(counting(Some(4), false)),
        ]);
        result.items[1].item.content.body = profile;
        assert_eq!(result.total().percent, Some(25.0));
        assert_eq!(result.profile_total().percent, Some(100.0));
        result.settings.profile_counts = true;
        assert_eq!(result.total().percent, Some(62.5));
    }

    #[test]
    fn with_oversight_a_fail_of_machines_is_not_final() {
        let mut result = result(vec![Some(counting(Some(1), false))]);
        assert!(!result.total().provisional);
        result.settings.human_oversight = true;
        assert!(result.total().provisional);
        if let Some(counting) = &mut result.items[0].counts {
            counting.record.verdict.scorer = Scorer::Human;
        }
        assert!(!result.total().provisional);
    }
}
