//! Shapes of inquiries. What candidates are shown does not name members of staff.

use chrono::{DateTime, Utc};
use domain::attempts::Viewer;
use domain::reviews::{Author, Inquiry, InquiryMessage, InquirySummary, InquiryThread};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An inquiry as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InquiryStateBody {
    /// The inquiry.
    inquiry_id: Uuid,
    /// About which attempt.
    assessment_id: Uuid,
    /// `open`, `answered`, `resolved_upheld`, `resolved_revised` or `withdrawn`.
    state: &'static str,
    /// When it was opened.
    opened_at: DateTime<Utc>,
    /// Latest step.
    updated_at: DateTime<Utc>,
}

/// An inquiry in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InquiryBody {
    #[serde(flatten)]
    inquiry: InquiryStateBody,
    /// Whose score.
    user_id: Uuid,
    /// Of which assessment.
    assessment_definition_id: Uuid,
    /// What people read.
    title: String,
    /// About which question; none is the whole result.
    question_id: Option<Uuid>,
}

/// An inquiry with what was said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InquiryThreadBody {
    #[serde(flatten)]
    inquiry: InquiryBody,
    /// Oldest first.
    messages: Vec<InquiryMessageBody>,
}

/// One step of an inquiry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InquiryMessageBody {
    /// `candidate` or `staff`.
    author: &'static str,
    /// Who; candidates are not told which member of staff it was.
    author_id: Option<Uuid>,
    /// What was done: `write`, `answer`, `uphold`, `revise`, `close` or `withdraw`.
    action: &'static str,
    /// What was said.
    message: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
}

impl From<&Inquiry> for InquiryStateBody {
    fn from(inquiry: &Inquiry) -> Self {
        Self {
            inquiry_id: inquiry.id.0,
            assessment_id: inquiry.attempt_id.0,
            state: inquiry.state.as_str(),
            opened_at: inquiry.opened_at.to_datetime(),
            updated_at: inquiry.updated_at.to_datetime(),
        }
    }
}

impl From<InquirySummary> for InquiryBody {
    fn from(summary: InquirySummary) -> Self {
        Self {
            inquiry: InquiryStateBody::from(&summary.inquiry),
            user_id: summary.user_id.0,
            assessment_definition_id: summary.definition_id.0,
            title: summary.title,
            question_id: summary.item_id.map(|item| item.0),
        }
    }
}

impl InquiryThreadBody {
    /// As the viewer is shown it.
    pub(super) fn new(thread: InquiryThread, viewer: Viewer) -> Self {
        let names_staff = !viewer.awaits_release();
        let message = |message: InquiryMessage| {
            let is_named = names_staff || message.author == Author::Candidate;
            InquiryMessageBody {
                author: message.author.as_str(),
                author_id: is_named.then_some(message.author_id.0),
                action: message.event.as_str(),
                message: message.message,
                created_at: message.created_at.to_datetime(),
            }
        };
        Self {
            inquiry: thread.summary.into(),
            messages: thread.messages.into_iter().map(message).collect(),
        }
    }
}
