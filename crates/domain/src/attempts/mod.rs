//! One candidate taking one assessment: opting in, sections in strict order, answers, submission, expiry, the end of scoring.
//!
//! Invariants: one attempt in progress per candidate; the request's section must be the attempt's current one; a section is
//! submitted once; answers are locked for ever with their section; the server's clock decides; expiry is persisted.
//! The lawful moves are the table in [`state`]; its picture is docs/attempt-states.md, made from the same table.
//! Deliberately absent: presentation, and how texts are judged.

mod commands;
mod error;
mod evaluation;
pub mod jobs;
mod model;
mod ports;
mod progress;
mod sections;
#[cfg(test)]
mod simulation;
pub mod state;
mod submission;
mod timing;
mod touch;
mod views;

pub use commands::{Heartbeat, OptIn, ResolveRefusedSave, StartAttempt};
pub use error::AttemptError;
pub use evaluation::FinishEvaluation;
pub use model::{Attempt, DegradedReason, NewResponse, SavedResponse, ScoringState, StoredResponse};
pub use ports::{AttemptRepository, OpenVersion, SubmissionMark};
pub use progress::{Progress, Stage, StageCounts, StageStatus};
pub use sections::{SectionSubmitted, SubmitSection};
pub use state::{AttemptEvent, AttemptState};
pub use submission::{Submit, Submitted};
pub use timing::{Expiry, GRACE};
pub use touch::Touched;
pub use views::{
    AttemptResult, AttemptStatus, AttemptVersion, CountingRecord, ResultItem, TextAnswer, Viewer,
};
