//! The scorer by language models: what is asked, what is made of the answer, and how far it is believed.
//!
//! Pure functions around somebody else's words: [`Grading`] says what to ask next and takes what came back, and whoever drives it
//! makes the calls. Invariants: the candidate's words travel as one JSON string inside a boundary that nobody outside can know;
//! points are computed here from criteria; a score is within the rubric whatever the model says; a quote that is not in the
//! answer is no evidence; words of a model are text, and nothing else, everywhere.

mod confidence;
mod grading;
mod prompt;
mod quotes;
mod reply;
mod routing;
pub mod screening;

pub use confidence::{Signals, mixed_confidence};
pub use grading::{Asked, Grading, Step, Unusable, uncalibrated_version};
pub use prompt::{PROMPT_VERSION, PURPOSE};
pub use quotes::find_quote;
pub use reply::{Fault, Judged, read_reply};
pub use routing::{Thresholds, ranked, resolve_verdicts, with_suspicion};

/// Flag of a verdict whose model or screening saw an answer that speaks to its grader.
pub const FLAG_SUSPECTED_INJECTION: &str = "suspected_injection";
/// Flag of a verdict with a quote that is not in the answer.
pub const FLAG_QUOTE_NOT_FOUND: &str = "quote_not_found";
/// What begins the flag of a verdict whose confidence was moved by what people judged; the confidence before follows.
pub const FLAG_BEFORE_CALIBRATION: &str = "before_calibration:";
/// Flag of a verdict with scores that had to be brought into their range.
pub const FLAG_OUT_OF_RANGE: &str = "out_of_range";
