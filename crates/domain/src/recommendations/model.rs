//! What a recommendation is made from and of.

use crate::catalog::CredentialContent;
use crate::ids::{CredentialId, ItemVersionId};
use crate::llm::ModelName;

/// What an attempt shows of somebody, skill by skill: the widest gaps first.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Skills of the track that graded items give evidence of.
    pub skills: Vec<SkillEstimate>,
    /// The mark of the attempt, 0–100; none where nothing is graded.
    pub percent: Option<f64>,
}

/// What an attempt shows of one skill.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillEstimate {
    /// Names it (`http-apis`).
    pub skill: String,
    /// What people read.
    pub name: String,
    /// What the track asks for, 0–100.
    pub target: f64,
    /// Percentage of the marks of its graded items.
    pub level: f64,
    /// The items behind it, the one with the most marks lost first; never empty.
    pub evidence: Vec<Evidence>,
}

impl SkillEstimate {
    /// How far below the target, 0 where it is reached.
    pub const fn gap(&self) -> f64 {
        (self.target - self.level).max(0.0)
    }
}

/// One graded item.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Which.
    pub item_version_id: ItemVersionId,
    /// What it is about, as its author named it.
    pub topic: String,
    /// Share of its marks that was lost, 0–1.
    pub lost: f64,
}

/// What came of looking for something that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something fits.
    Recommended,
    /// Nothing in the catalogue does.
    NothingFits,
    /// It could not be looked for: what is popular on the track stands in.
    Popular,
}

impl Outcome {
    /// All.
    pub const ALL: [Self; 3] = [Self::Recommended, Self::NothingFits, Self::Popular];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::NothingFits => "nothing_fits",
            Self::Popular => "popular",
        }
    }

    /// The outcome of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// What is recommended, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// What came of it.
    pub outcome: Outcome,
    /// Five at most; none where nothing fits.
    pub picks: Vec<Pick>,
    /// One sentence for people: what was found, or why nothing was.
    pub summary: String,
    /// The vector space in which sentences were compared ([`crate::embedding::Embedder::provider`]).
    pub embedding_provider: String,
}

/// One entry of the catalogue that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// Which.
    pub credential_id: CredentialId,
    /// In which version.
    pub version: i32,
    /// What that version says.
    pub content: CredentialContent,
    /// How well it fits, 0–1.
    pub confidence: f64,
    /// Why, in sentences with the numbers of its traces, from 1, in brackets: `… [1]`.
    pub rationale: String,
    /// The model that said the reason in other words; none for the words of this program.
    pub worded_by: Option<ModelName>,
    /// The evidence; empty only for what is popular.
    pub traces: Vec<Trace>,
}

/// One piece of evidence: an answer, the skill it shows, and a sentence of the catalogue about that skill.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The skill.
    pub skill: String,
    /// What people read.
    pub skill_name: String,
    /// The answered item; the one of the skill with the most marks lost.
    pub item_version_id: ItemVersionId,
    /// The sentence of the entry, as it stands there.
    pub snippet: String,
    /// Likeness of skill and sentence, -1 to 1 (cosine).
    pub similarity: f64,
}
