//! What the demonstration reads of the server's replies. Unknown fields are ignored; what may be missing has a default.

use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent};
use domain::points::Points;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

#[derive(Debug, Deserialize)]
pub(super) struct SignedIn {
    pub(super) tokens: Tokens,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Uploaded {
    pub(super) items: Vec<Syllabus>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Syllabus {
    #[serde(rename = "syllabus_id")]
    pub(super) id: Uuid,
    #[serde(default)]
    pub(super) pages: u32,
    #[serde(default)]
    pub(super) characters: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Generating {
    pub(super) job_id: Uuid,
}

#[derive(Debug, Deserialize)]
pub(super) struct Job {
    pub(super) status: String,
    #[serde(default)]
    pub(super) error_code: Option<String>,
    #[serde(default)]
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) result: Option<JobResult>,
}

#[derive(Debug, Deserialize)]
pub(super) struct JobResult {
    pub(super) assessment_definition_id: Option<Uuid>,
    #[serde(default)]
    pub(super) coverage: Vec<Covered>,
}

/// Items of one description: asked for, there, and taken from the bank.
#[derive(Debug, Deserialize)]
pub(super) struct Covered {
    pub(super) topic: Option<String>,
    pub(super) cognitive_level: Option<CognitiveLevel>,
    pub(super) difficulty: Option<Difficulty>,
    #[serde(default)]
    pub(super) wanted: Option<usize>,
    pub(super) count: usize,
    #[serde(default)]
    pub(super) reused: usize,
}

/// A definition as staff sees it, with keys.
#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
    #[serde(default)]
    pub(super) dropped: Vec<Dropped>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Item {
    #[serde(rename = "item_id")]
    pub(super) id: Uuid,
    pub(super) stem: String,
    pub(super) marks: f64,
    #[serde(default)]
    pub(super) topic: String,
    pub(super) cognitive_level: CognitiveLevel,
    pub(super) difficulty: Difficulty,
    pub(super) body: ItemBody,
    #[serde(default)]
    pub(super) source: Option<Source>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Source {
    pub(super) page: u32,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) quote: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dropped {
    pub(super) rule: String,
}

impl Definition {
    /// All items in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items)
    }
}

impl Item {
    /// The item as the domain knows it, without its source.
    pub(super) fn content(&self) -> ItemContent {
        ItemContent {
            stem: self.stem.clone(),
            marks: Points::from_f64(self.marks).unwrap_or_default(),
            body: self.body.clone(),
            topic: self.topic.clone(),
            cognitive_level: self.cognitive_level,
            difficulty: self.difficulty,
            source: None,
            skills: Vec::new(),
            written_by: None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Published {
    pub(super) version: i32,
    pub(super) sections: usize,
    pub(super) items: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct OptedIn {
    pub(super) session_id: Uuid,
}

#[derive(Debug, Deserialize)]
pub(super) struct Session {
    #[serde(default)]
    pub(super) current_section: Option<CurrentSection>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CurrentSection {
    pub(super) section_id: Uuid,
    pub(super) section_index: i32,
    pub(super) questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Question {
    pub(super) question_id: Uuid,
}

/// The job that makes an item anew.
#[derive(Debug, Deserialize)]
pub(super) struct Regeneration {
    pub(super) status: String,
    #[serde(default)]
    pub(super) result: Option<Regenerated>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Regenerated {
    pub(super) item_id: Option<Uuid>,
}

/// The difference between two versions of an item.
#[derive(Debug, Deserialize)]
pub(super) struct Compared {
    pub(super) changes: Vec<Changed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changed {
    pub(super) path: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ExemplarsAdded {
    pub(super) added: usize,
}

/// A reply of which only the success counts.
#[derive(Debug, Deserialize)]
pub(super) struct Acknowledged {}

#[derive(Debug, Deserialize)]
pub(super) struct Progress {
    pub(super) status: String,
    #[serde(default)]
    pub(super) overall_progress: u32,
}

impl Progress {
    /// Whether scoring has come to its end, good or bad.
    pub(super) fn is_over(&self) -> bool {
        !matches!(
            self.status.as_str(),
            "opted_in" | "in_progress" | "awaiting_async"
        )
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    pub(super) status: String,
    pub(super) scores: Scores,
    #[serde(default)]
    pub(super) degraded_reasons: Vec<String>,
    #[serde(default)]
    pub(super) provisional: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Scores {
    pub(super) total: f64,
    pub(super) max: f64,
    pub(super) percent: Option<f64>,
    #[serde(default)]
    pub(super) passed: Option<bool>,
    #[serde(default)]
    pub(super) items: Vec<ItemScore>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ItemScore {
    pub(super) question_id: Uuid,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) prompt: String,
    #[serde(default)]
    pub(super) answer: Option<Value>,
    #[serde(default)]
    pub(super) points: Option<f64>,
    #[serde(default)]
    pub(super) max_points: f64,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) scorer: Option<String>,
    #[serde(default)]
    pub(super) scorer_version: Option<String>,
    #[serde(default)]
    pub(super) confidence: Option<f64>,
    #[serde(default)]
    pub(super) criteria: Vec<Criterion>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Criterion {
    #[serde(rename = "criterion", default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) score: f64,
    #[serde(default)]
    pub(super) evidence: Vec<Quoted>,
    #[serde(default)]
    pub(super) rationale: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Quoted {
    #[serde(default)]
    pub(super) text: String,
}
