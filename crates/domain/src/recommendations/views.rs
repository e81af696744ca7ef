//! What people read of a recommendation.

use std::time::Duration;

use super::model::{Outcome, Trace};
use crate::catalog::CredentialContent;
use crate::ids::{CredentialId, ItemId, RecommendationId, TraceId};
use crate::time::Timestamp;

/// What was recommended after an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct RecommendationView {
    /// Which.
    pub id: RecommendationId,
    /// What came of looking.
    pub outcome: Outcome,
    /// One sentence.
    pub summary: String,
    /// The vector space in which sentences were compared.
    pub embedding_provider: String,
    /// How long it took.
    pub took: Duration,
    /// When.
    pub made_at: Timestamp,
    /// The best first.
    pub items: Vec<RecommendedItem>,
}

/// One micro-credential of a recommendation, as the catalogue had it then.
#[derive(Clone, Debug, PartialEq)]
pub struct RecommendedItem {
    /// Which.
    pub credential_id: CredentialId,
    /// In which version.
    pub version: i32,
    /// What that version says.
    pub content: CredentialContent,
    /// How well it fits, 0–1.
    pub confidence: f64,
    /// Why.
    pub rationale: String,
    /// The model that said it in other words (`provider/model`).
    pub worded_by: Option<String>,
    /// In the order of the numbers in the reason.
    pub traces: Vec<TraceView>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceView {
    /// Which.
    pub id: TraceId,
    /// The question whose answer shows the skill.
    pub question_id: ItemId,
    /// What it is.
    pub trace: Trace,
}
