//! Scoring again after a key, a rubric or a grader has changed: proposals first; what counts changes only when they are applied.
//!
//! Invariants: nothing is overwritten, an applied change is one more score record; what a person has said stays; an answer is
//! scored again only by a key to what its candidate saw; a change is made while the record counts that it was proposed for, and
//! each once; one regrade at a time of one item or assessment. The lawful moves are the table in [`state`], its picture is
//! docs/regrade-states.md, made from the same table (docs/adr/0023).
//! Deliberately absent: how texts and programs are judged, and the lists, which join slices.

mod applying;
mod commands;
mod error;
pub mod jobs;
mod model;
mod ports;
mod previewing;
mod proposing;
pub mod state;
mod views;

pub use applying::{APPLY_BATCH, ApplyChanges, StopApplying};
pub use commands::{Apply, Cancel, Preview};
pub use error::RegradeError;
pub use model::{Change, Found, KeyVersion, Outcome, Policy, Proposal, Regrade, Scope, Standing};
pub use ports::RegradesRepository;
pub use previewing::{EndPreview, FailPreview, PREVIEW_BATCH, RecordJudgement, RecordProposals};
pub use proposing::{Answered, Judgement, found, judged_by_rules, of_program, of_text, standing, weigh};
pub use state::{RegradeEvent, RegradeState, UnlawfulRegrade};
pub use views::{ChangeEntry, ChangeFilter, Effect, RegradeSummary, RegradedQuestion, Tally};
