//! Shapes of recommendations: what fits, why, and the sentences behind it.

use domain::recommendations::{RecommendationView, RecommendedItem, TraceView};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One micro-credential that fits, as the catalogue had it when it was recommended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecommendationItemBody {
    /// Names it in the catalogue.
    credential_id: Uuid,
    /// Which version of it.
    credential_version: i32,
    /// Its title.
    title: String,
    /// Who awards it.
    provider: String,
    /// `foundation`, `intermediate` or `advanced`.
    level: &'static str,
    /// Hours of work, where the catalogue says.
    effort_hours: Option<u32>,
    /// Where it can be read about; set by people who keep the catalogue.
    url: Option<String>,
    /// How well it fits, 0–1.
    confidence: f64,
    /// Why, as plain text; numbers in brackets name `source_trace_ids` in their order, from 1.
    rationale: String,
    /// The language model that said the reason in other words (`provider/model`); `null` for words of this program.
    worded_by: Option<String>,
    /// Evidence behind it.
    source_trace_ids: Vec<Uuid>,
}

/// One piece of evidence: an answer, the skill that it shows, and a sentence of the catalogue about that skill.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TraceBody {
    /// Which.
    trace_id: Uuid,
    /// Where the sentence stood: the entry of the catalogue as it is now, which is not found once it is taken out.
    source_uri: String,
    /// The sentence, as plain text.
    snippet: String,
    /// Likeness of skill and sentence, -1 to 1 (cosine).
    similarity: f64,
    /// What compared them; figures of different ones are not comparable.
    embedding_provider: String,
    /// The skill, as the track names it.
    skill: String,
    /// What people read.
    skill_name: String,
    /// The question whose answer shows it; its score is among `scores.items`.
    question_id: Uuid,
}

impl From<&RecommendedItem> for RecommendationItemBody {
    fn from(item: &RecommendedItem) -> Self {
        let content = item.content.clone();
        Self {
            credential_id: item.credential_id.0,
            credential_version: item.version,
            title: content.title,
            provider: content.provider,
            level: content.level.as_str(),
            effort_hours: content.effort_hours,
            url: content.url,
            confidence: item.confidence,
            rationale: item.rationale.clone(),
            worded_by: item.worded_by.clone(),
            source_trace_ids: item.traces.iter().map(|trace| trace.id.0).collect(),
        }
    }
}

impl TraceBody {
    /// The evidence of all items, in their order.
    pub(super) fn all(recommendation: &RecommendationView) -> Vec<Self> {
        let of_item = |item: &RecommendedItem| {
            let traces = item.traces.iter();
            let bodies = traces.map(|trace| Self::new(trace, item, &recommendation.embedding_provider));
            bodies.collect::<Vec<_>>()
        };
        recommendation.items.iter().flat_map(of_item).collect()
    }

    fn new(found: &TraceView, item: &RecommendedItem, embedding_provider: &str) -> Self {
        let trace = found.trace.clone();
        Self {
            trace_id: found.id.0,
            source_uri: format!("/api/v1/catalog/credentials/{}", item.credential_id),
            snippet: trace.snippet,
            similarity: trace.similarity,
            embedding_provider: embedding_provider.to_owned(),
            skill: trace.skill,
            skill_name: trace.skill_name,
            question_id: found.question_id.0,
        }
    }
}
