//! From syllabus to published assessment: syllabi, items and their versions, generation, the quality gate, review, publishing.
//!
//! Invariants: an item version never changes; a published definition version never changes and is all that attempts refer
//! to; a rejected item is never published; every generated item names the span of the syllabus it was made from.
//! Deliberately absent: reading files (the edge does it) and anything that calls a model.

pub mod blueprint;
mod commands;
pub mod gate;
pub mod generator;
pub mod item;
pub mod jobs;
pub mod learner;
mod model;
mod ports;
mod publishing;
pub mod rubric;
pub mod sample_answers;
mod views;

pub use commands::{AddSyllabi, NewSyllabus, RequestGeneration, RequestGenerationError, StoreGenerated};
pub use model::{
    Definition, DefinitionKind, DefinitionStatus, DraftItem, DraftSection, FrozenSection, NewDefinition,
    PlacedItem, PublishedVersion, Review, Settings, SettingsError, Syllabus, VersionedItem,
};
pub use ports::AuthoringRepository;
pub use publishing::{ItemReview, Publish, PublishingError, ReviewDefinition};
pub use views::{
    AvailableAssessment, DefinitionDetail, DefinitionSummary, ReviewedItem, SyllabusSummary, VersionContent,
};
