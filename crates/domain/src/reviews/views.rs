//! What markers and candidates read of reviews and inquiries.

use super::inquiry_state::InquiryState;
use super::model::{DecisionKind, Inquiry, InquiryMessage};
use crate::attempts::StoredResponse;
use crate::authoring::VersionedItem;
use crate::authoring::item::ItemKind;
use crate::ids::{AttemptId, DefinitionId, InquiryId, ItemId, ItemVersionId, ScoreRecordId, UserId};
use crate::scoring::{ResolutionReason, ScoreRecord};
use crate::time::Timestamp;

/// An item that a person should look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewEntry {
    /// The record that counts; names the review.
    pub record_id: ScoreRecordId,
    /// In which attempt.
    pub attempt_id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// Which question.
    pub item_id: ItemId,
    /// In which version.
    pub item_version_id: ItemVersionId,
    /// Of which kind.
    pub kind: ItemKind,
    /// Why the record counts in this way.
    pub reason: ResolutionReason,
    /// Whether it is provisional; otherwise the entry waits for its inquiry or because of the fail.
    pub provisional: bool,
    /// Whether a fail that only machines gave waits for a person, who should begin with this item.
    pub fail_awaits_person: bool,
    /// How sure the scorer was, 0–1.
    pub confidence: Option<f64>,
    /// How far the local scorer and a language model are apart, in percent of full marks.
    pub gap_percent: Option<f64>,
    /// Whether the answer seems to speak to the grader.
    pub suspected_injection: bool,
    /// Since when it waits.
    pub since: Timestamp,
    /// The open inquiry about it.
    pub inquiry_id: Option<InquiryId>,
}

/// Why an entry is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// What counts is provisional because of this.
    Resolution(ResolutionReason),
    /// Machines fail the candidate.
    Fail,
    /// The candidate asks.
    Inquiry,
}

impl WaitsFor {
    /// All reasons: those that keep a score provisional, fails of machines, and inquiries.
    pub fn all() -> impl Iterator<Item = Self> {
        let provisional = ResolutionReason::ALL
            .into_iter()
            .filter(|reason| reason.is_provisional());
        provisional
            .map(Self::Resolution)
            .chain([Self::Fail, Self::Inquiry])
    }

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolution(reason) => reason.as_str(),
            Self::Fail => "fail_awaits_person",
            Self::Inquiry => "inquiry",
        }
    }

    /// The reason of a public name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|reason| reason.as_str() == name)
    }
}

/// Which entries are asked for, besides what the viewer may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    /// Why they wait.
    pub reason: Option<WaitsFor>,
    /// Of this assessment.
    pub definition: Option<DefinitionId>,
    /// Of this attempt.
    pub attempt: Option<AttemptId>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReviewOrder {
    /// Whatever waits longest first.
    #[default]
    Age,
    /// The least sure first.
    Confidence,
    /// The greatest gap first.
    Disagreement,
    /// Suspected injections first.
    Injection,
}

impl ReviewOrder {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Age, Self::Confidence, Self::Disagreement, Self::Injection];

    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Confidence => "confidence",
            Self::Disagreement => "disagreement",
            Self::Injection => "injection",
        }
    }

    /// The order of a public name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == name)
    }
}

/// Everything a marker needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewDetail {
    /// In which attempt.
    pub attempt_id: AttemptId,
    /// Whose.
    pub user_id: UserId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// The question with its key and rubric.
    pub item: VersionedItem,
    /// What was answered.
    pub response: Option<StoredResponse>,
    /// Every verdict, oldest first.
    pub records: Vec<ReviewedRecord>,
    /// The one that counts.
    pub counts: ScoreRecordId,
    /// Why it counts in this way.
    pub reason: ResolutionReason,
    /// Whether a person should look.
    pub provisional: bool,
    /// Whether a fail that only machines gave waits for a person, who should begin with this item.
    pub fail_awaits_person: bool,
    /// Since when it counts.
    pub resolved_at: Timestamp,
    /// The open inquiry about it.
    pub inquiry_id: Option<InquiryId>,
}

/// A verdict, and who gave it if that was a person.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewedRecord {
    /// The verdict.
    pub record: ScoreRecord,
    /// Of a person.
    pub judged_by: Option<JudgedBy>,
}

/// Who has judged, for staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedBy {
    /// Who.
    pub user_id: UserId,
    /// Whether a verdict was confirmed or overridden.
    pub kind: DecisionKind,
    /// Which verdict.
    pub judged_record_id: ScoreRecordId,
    /// Why.
    pub reason: Option<String>,
}

/// Which inquiries are asked for, besides what the viewer may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InquiryFilter {
    /// In this state.
    pub state: Option<InquiryState>,
}

/// An inquiry in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquirySummary {
    /// The inquiry.
    pub inquiry: Inquiry,
    /// Whose.
    pub user_id: UserId,
    /// Of which assessment.
    pub definition_id: DefinitionId,
    /// What people read.
    pub title: String,
    /// About which question; none is the whole result.
    pub item_id: Option<ItemId>,
}

/// An inquiry with what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquiryThread {
    /// The inquiry.
    pub summary: InquirySummary,
    /// Oldest first.
    pub messages: Vec<InquiryMessage>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_wait_for_what_is_provisional_or_failed_or_asked() {
        let names: Vec<&str> = WaitsFor::all().map(WaitsFor::as_str).collect();
        assert_eq!(
            names,
            [
                "low_confidence",
                "grader_failed",
                "awaits_person",
                "disagreement",
                "suspected_injection",
                "fail_awaits_person",
                "inquiry"
            ]
        );
        for name in names {
            assert_eq!(WaitsFor::parse(name).map(WaitsFor::as_str), Some(name));
        }
        assert_eq!(WaitsFor::parse("person"), None);
        for order in ReviewOrder::ALL {
            assert_eq!(ReviewOrder::parse(order.as_str()), Some(order));
        }
    }
}
