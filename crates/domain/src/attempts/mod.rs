//! One candidate taking one assessment: opting in, the form drawn, sections in strict order, answers, submission, expiry,
//! voiding, time given, the end of scoring, release.
//!
//! Invariants: one attempt in progress per candidate; the request's section must be the attempt's current one; a section is
//! submitted once; answers are locked for ever with their section; the server's clock decides; expiry is persisted.
//! The lawful moves are the table in [`state`]; its picture is docs/attempt-states.md, made from the same table.
//! Deliberately absent: presentation, and how texts are judged.

mod commands;
mod downtime;
mod ending;
mod enqueueing;
mod error;
mod evaluation;
mod form;
pub mod jobs;
mod judging;
mod model;
mod opening;
mod oversight;
mod ports;
mod progress;
mod reconciling;
mod sections;
#[cfg(test)]
mod simulation;
mod sitting;
pub mod state;
mod submission;
mod time_given;
mod timing;
mod touch;
mod views;

pub use commands::{Heartbeat, ResolveRefusedSave};
pub use downtime::{DOWN_AFTER, MARK_EVERY, MarkServing};
pub(crate) use ending::void_as_staff;
pub use ending::{Abandon, Release, SWEEP_BATCH, Sweep, Swept, Void};
pub use error::AttemptError;
pub use evaluation::FinishEvaluation;
pub use form::{Form, Slot};
pub(crate) use judging::settle_deferred;
pub use judging::{Models, RecordAnswer, RescoreDeferred, is_rescore};
pub use model::{
    Attempt, DegradedReason, NewResponse, SavedResponse, ScoringState, StoredResponse, VoidedBy,
};
pub use opening::{OptIn, StartAttempt, Take, Taken};
pub(crate) use oversight::oversee;
pub use ports::{
    Accommodation, AttemptRepository, OpenVersion, Retimed, ScoringEnd, Stalled, SubmissionMark,
    TimeRepository,
};
pub use progress::{Progress, Stage, StageCounts, StageStatus};
pub use reconciling::{Reconcile, Reconciled};
pub use sections::{SectionSubmitted, SubmitSection};
pub use sitting::Sittings;
pub use state::{AttemptEvent, AttemptState};
pub use submission::{Submit, Submitted};
pub use time_given::{Accommodate, Accommodated, Extend};
#[cfg(test)]
pub(crate) use timing::tests::attempt as attempt_in;
pub use timing::{Expiry, GRACE, OPT_IN_LIFETIME};
pub use touch::Touched;
pub use views::{
    AttemptResult, AttemptStatus, AttemptSummary, AttemptVersion, CountingRecord, HistoryFilter, ResultItem,
    TextAnswer, Viewer,
};
