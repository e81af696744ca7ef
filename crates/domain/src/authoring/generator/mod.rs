//! The offline item generator: items of every rule-scored kind, short answers and essays, made from the text itself.
//!
//! Pages → lines → blocks → sections of sentences (`document`) → facts (`facts`) → proposed items (`makers`) →
//! the ones that pass the gate, chosen for variety (`selection`). There is no chance but the seed: the same texts,
//! blueprint and seed give the same assessment byte for byte.
//!
//! Deliberately absent: repairing an item that fails the gate, and knowledge from outside the text.

mod coverage;
mod document;
mod english;
mod facts;
mod heading;
mod layout;
mod makers;
mod outline;
mod pages;
mod quality;
mod regenerate;
mod remake;
mod selection;
mod sentences;
mod shelf;
#[cfg(test)]
mod tests;
pub mod writing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::blueprint::{Blueprint, BlueprintError};
use super::item::{CognitiveLevel, Difficulty, ItemContent};
use super::model::KnownVersion;
use crate::ids::SyllabusId;

use document::Document;
use facts::Facts;
use makers::Workshop;
use selection::{Selected, Selection};

pub use regenerate::{Regenerated, Wanted, regenerate_one};
pub(crate) use sentences::ends_of;

/// Changes whenever the same input may give other items; part of the key that tells the same request from another.
pub const GENERATOR_VERSION: &str = "offline-2";

/// The text of one syllabus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// Cited by every item made from it.
    pub syllabus_id: SyllabusId,
    /// What it is about, for titles.
    pub subject: String,
    /// Text per page as extracted; a text without pages is one page.
    pub pages: Vec<String>,
}

/// Sections of items ready to be stored for review.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedAssessment {
    /// From the blueprint or the subjects.
    pub title: String,
    /// In the order of the text.
    pub sections: Vec<GeneratedSection>,
    /// What the gate refused, with its rule; at most 200 entries.
    pub dropped: Vec<DroppedItem>,
    /// How many items there are of each description.
    pub coverage: Vec<CoverageRow>,
    /// Items of the bank among them, by section and place in it, both from 0.
    pub reused: BTreeMap<(i32, i32), KnownVersion>,
}

impl GeneratedAssessment {
    /// Adds what was refused before the draft was made, as far as there is room.
    pub fn also_dropped(&mut self, refused: Vec<DroppedItem>) {
        let made = std::mem::replace(&mut self.dropped, refused);
        self.dropped.extend(made);
        self.dropped.truncate(selection::MOST_DROPPED);
    }
}

/// An item made earlier from one of the texts, which a person accepted or published.
#[derive(Clone, Debug, PartialEq)]
pub struct BankedItem {
    /// Where it is kept.
    pub known: KnownVersion,
    /// With its key.
    pub content: ItemContent,
}

/// What there is besides the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Supply<'a> {
    /// Of earlier generations.
    pub bank: &'a [BankedItem],
    /// By a language model, for this one ([`writing`]).
    pub written: &'a [ItemContent],
}

/// The items of one section of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedSection {
    /// As in the text.
    pub title: String,
    /// At least one.
    pub items: Vec<ItemContent>,
}

/// An item the gate refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedItem {
    /// Name of the rule (`no_leak`).
    pub rule: String,
    /// What was wrong.
    pub reason: String,
    /// Its stem.
    pub stem: String,
    /// How often it was made, 1–3; each time it was refused.
    #[serde(default = "once")]
    pub tries: u8,
}

/// Before 0.2 nothing was made again.
const fn once() -> u8 {
    1
}

/// A count of items; with a blueprint of cells one row per cell, otherwise one per description that occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageRow {
    /// Title of the section; `None` when a cell takes any.
    pub topic: Option<String>,
    /// `None` when a cell takes any.
    pub cognitive_level: Option<CognitiveLevel>,
    /// `None` when a cell takes any.
    pub difficulty: Option<Difficulty>,
    /// Asked for by the blueprint's cell.
    pub wanted: Option<usize>,
    /// There: made or taken from the bank.
    pub count: usize,
    /// Taken from the bank.
    pub reused: usize,
}

impl CoverageRow {
    /// How many are missing.
    pub const fn missing(&self) -> usize {
        match self.wanted {
            Some(wanted) => wanted.saturating_sub(self.count),
            None => 0,
        }
    }
}

/// Why nothing was generated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The blueprint cannot be met.
    #[error("the blueprint is not valid: {0}")]
    Blueprint(#[from] BlueprintError),
    /// No section has one of the wanted topics in its title.
    #[error("no section of the text is about {}; its sections are {}", wanted.join(", "), sections.join(", "))]
    NoSuchTopic {
        /// As in the blueprint.
        wanted: Vec<String>,
        /// Titles of the text.
        sections: Vec<String>,
    },
    /// The text has nothing an item could be made from.
    #[error(
        "no item could be made from {sentences} sentences ({usable} of them complete and plain); upload a text with \
         definitions and explanations in full English sentences, and check that the PDF holds text, not scanned images"
    )]
    NothingUsable {
        /// Sentences found.
        sentences: usize,
        /// Sentences that can stand on their own.
        usable: usize,
    },
}

/// Makes an assessment from texts. The same arguments give the same result.
pub fn generate(
    sources: &[SourceText],
    blueprint: &Blueprint,
    seed: u64,
) -> Result<GeneratedAssessment, GenerateError> {
    generate_with(sources, blueprint, seed, Supply::default())
}

/// Like [`generate`], but takes what there is already for a cell of the blueprint before anything is made for it: what the bank
/// has first, then what a model wrote, as far as it passes the gate.
pub fn generate_with(
    sources: &[SourceText],
    blueprint: &Blueprint,
    seed: u64,
    supply: Supply<'_>,
) -> Result<GeneratedAssessment, GenerateError> {
    blueprint.validate()?;
    let document = Document::read(sources, blueprint);
    let wanted = wanted_sections(&document, blueprint)?;
    let facts = Facts::find(&document);
    let workshop = Workshop::new(&document, &facts, seed);
    let Selected {
        sections,
        dropped,
        coverage,
        reused,
    } = Selection::new(&workshop, blueprint, &wanted, supply).run();
    if sections.is_empty() {
        return Err(GenerateError::NothingUsable {
            sentences: document.sentences.len(),
            usable: facts.plain.len(),
        });
    }
    let title = blueprint.title.clone().unwrap_or_else(|| subjects_of(sources));
    Ok(GeneratedAssessment {
        title,
        sections,
        dropped,
        coverage,
        reused,
    })
}

/// The sections whose titles have one of the wanted topics; all when the blueprint names none.
fn wanted_sections(document: &Document<'_>, blueprint: &Blueprint) -> Result<Vec<usize>, GenerateError> {
    let all = 0..document.sections.len();
    let Some(topics) = &blueprint.topics else {
        return Ok(all.collect());
    };
    let found: Vec<usize> = all
        .filter(|index| {
            topics
                .iter()
                .any(|topic| selection::is_about(&document.sections[*index].title, topic))
        })
        .collect();
    if found.is_empty() && !document.sections.is_empty() {
        let sections = document
            .sections
            .iter()
            .map(|section| section.title.clone())
            .collect();
        return Err(GenerateError::NoSuchTopic {
            wanted: topics.clone(),
            sections,
        });
    }
    Ok(found)
}

fn subjects_of(sources: &[SourceText]) -> String {
    let mut subjects: Vec<String> = Vec::new();
    for source in sources {
        if !subjects.contains(&source.subject) {
            subjects.push(source.subject.clone());
        }
    }
    english::listed(&subjects)
}
