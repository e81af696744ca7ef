//! What people say of scores, and what candidates ask about them.

use super::grading::Grade;
use super::inquiry_state::{InquiryEvent, InquiryState};
use crate::ids::{AttemptId, InquiryId, ItemVersionId, ScoreRecordId, UserId};
use crate::time::Timestamp;

/// What a review is about: what counts for one item of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
}

/// A person's verdict as it is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// A verdict that is there is right.
    Confirm {
        /// Which; none is the one that counts.
        counts: Option<ScoreRecordId>,
    },
    /// Another verdict is right.
    Override {
        /// Why, for staff.
        reason: String,
        /// What the answer is worth.
        grade: Grade,
    },
}

impl Decision {
    /// Which kind it is.
    pub const fn kind(&self) -> DecisionKind {
        match self {
            Self::Confirm { .. } => DecisionKind::Confirm,
            Self::Override { .. } => DecisionKind::Override,
        }
    }

    /// Why, if it says so.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Confirm { .. } => None,
            Self::Override { reason, .. } => Some(reason),
        }
    }
}

/// The kinds of verdicts of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// A verdict that is there is right.
    Confirm,
    /// Another verdict is right.
    Override,
}

impl DecisionKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Confirm, Self::Override];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Override => "override",
        }
    }

    /// The kind of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Who has judged, beside the score record, which names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDecision {
    /// The record that was made.
    pub record_id: ScoreRecordId,
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// The record that was confirmed or overridden.
    pub judged_record_id: ScoreRecordId,
    /// Which of the two.
    pub kind: DecisionKind,
    /// By whom.
    pub decided_by: UserId,
    /// Why, for staff.
    pub reason: Option<String>,
    /// When.
    pub decided_at: Timestamp,
}

/// A candidate contests a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Which.
    pub id: InquiryId,
    /// In which attempt.
    pub attempt_id: AttemptId,
    /// Of which item; none is the whole result.
    pub item_version_id: Option<ItemVersionId>,
    /// How it stands.
    pub state: InquiryState,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Latest step.
    pub updated_at: Timestamp,
}

/// On which side a message was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// Whose score it is.
    Candidate,
    /// An advisor or admin.
    Staff,
}

impl Author {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Candidate, Self::Staff];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Staff => "staff",
        }
    }

    /// The author of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|author| author.as_str() == name)
    }
}

/// One step of an inquiry with what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquiryMessage {
    /// On which side.
    pub author: Author,
    /// Who; candidates are not told which member of staff it was.
    pub author_id: UserId,
    /// What was done.
    pub event: InquiryEvent,
    /// What was said.
    pub message: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_authors_are_found_by_their_names() {
        for kind in DecisionKind::ALL {
            assert_eq!(DecisionKind::parse(kind.as_str()), Some(kind));
        }
        for author in Author::ALL {
            assert_eq!(Author::parse(author.as_str()), Some(author));
        }
        assert_eq!(DecisionKind::parse("Confirm"), None);
        assert_eq!(Author::parse(""), None);
    }
}
