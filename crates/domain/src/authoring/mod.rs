//! From syllabus or bank to published assessment: syllabi, items and their versions, generation, the quality gate, review,
//! publishing; tracks with the questions of their banks and exemplars.
//!
//! Invariants: an item version never changes; a published definition version never changes and is all that attempts refer
//! to; a rejected item is never published; every generated item names the span of the syllabus it was made from.
//! Deliberately absent: reading files (the edge does it) and anything that calls a model.

mod archiving;
pub mod authored;
mod bank;
pub mod blueprint;
mod commands;
pub mod difference;
mod editing;
mod exemplars;
pub mod gate;
pub mod generator;
pub mod item;
pub mod jobs;
pub mod learner;
mod model;
mod ports;
mod publishing;
mod regeneration;
mod review;
pub mod rubric;
pub mod sample_answers;
mod settings;
mod shipped;
mod slug;
mod tracks;
mod views;

pub use archiving::{Archive, Restore, UnlawfulStatus};
pub use bank::{AddQuestion, BankError, BankItem, BankRepository, ChangeQuestion, DeleteQuestion};
pub use commands::{AddSyllabi, NewSyllabus, RequestGeneration, RequestGenerationError, StoreGenerated};
pub use editing::{EditItem, EditedItem};
pub use exemplars::{Exemplar, ExemplarFault, GradedIn, NewExemplar};
pub use model::{
    Definition, DefinitionKind, DefinitionStatus, DraftItem, DraftSection, FrozenSection, ItemChange,
    KnownVersion, NewDefinition, PlacedItem, PublishedVersion, Review, Syllabus, VersionedItem,
};
pub use ports::{AuthoringRepository, ReviewRepository};
pub use publishing::{ItemReview, Publish, PublishingError, ReviewDefinition};
pub use regeneration::{RequestRegeneration, Round, StoreRound};
pub use review::{JudgeItem, ReviewError, ReviewEvent, UnlawfulReview, Verdict};
pub use settings::{Mix, Settings, SettingsError};
pub use shipped::{InstallTracks, ShippedError, shipped_tracks};
pub use slug::is_slug;
pub use tracks::{ChangeTrack, CreateTrack, DeleteTrack, NewTrack, SettingsChange, Skill, Track, TrackError};
pub use views::{
    AvailableAssessment, DefinitionDetail, DefinitionSummary, QuestionDetail, QuestionFilter,
    QuestionVersion, ReplacedItem, ReviewedItem, SyllabusSummary, TrackView, VersionContent, VersionSummary,
};
