//! What an answer is worth: rules, the local scorer, append-only score records, and which of them counts.
//!
//! Invariants: a score is a pure function of (response, item version, rubric, scorer version); nothing overwrites a record;
//! a grader's failure is *ungraded*, never 0; the total is computed here, never taken from a model.
//! Deliberately absent: attempts (they are a later slice) and anything that calls a network.

pub mod answer;
pub mod calibration;
pub mod coding;
mod deferral;
pub mod evaluation;
mod exemplars;
pub mod jobs;
pub mod llm;
pub mod local;
pub mod model;
mod ports;
mod record;
pub mod rubric_points;
pub mod rules;
pub mod total;

pub use deferral::{Deferral, DeferralReason, Due, LONGEST_WAIT};
pub use exemplars::{AddExemplars, ExemplarsAdded, asks_the_same, exemplar_faults};
pub use model::{CriterionVerdict, Quote, Reason, ScoreRecord, Scorer, Verdict};
pub use ports::ScoringRepository;
pub use record::{
    Counting, Resolution, ResolutionReason, Subject, record_verdict, record_verdicts,
    record_with_second_opinion,
};
