//! Scoring by people: the queue of what machines are unsure of, a person's verdict, and candidates who contest a score.
//!
//! Invariants: a verdict of a person is one more score record, and nothing is overwritten; points of texts are computed from
//! the rubric's criteria, never taken from whoever judges; a verdict names the record that was seen, and is refused when
//! another one counts meanwhile; one inquiry at a time about one thing.
//! A review has no row of its own: it is what counts for one item of one attempt, and any score record of the item names it
//! (docs/adr/0021). The lawful moves of an inquiry are the table in [`inquiry_state`].
//! Deliberately absent: the lists, which join slices (storage has them with the other reports).

mod deciding;
mod error;
pub mod grading;
mod inquiries;
pub mod inquiry_state;
mod model;
mod ports;
mod views;

pub use deciding::{Decide, Decided};
pub use error::{InquiryError, ReviewsError};
pub use grading::{CriterionGrade, Grade, GradeFault};
pub use inquiries::{OpenInquiry, Party, TakeStep};
pub use inquiry_state::{InquiryEvent, InquiryState, UnlawfulStep};
pub use model::{Author, Decision, DecisionKind, Inquiry, InquiryMessage, ReviewDecision, Reviewed};
pub use ports::{InquiryRepository, ReviewsRepository};
pub use views::{
    InquiryFilter, InquirySummary, InquiryThread, JudgedBy, ReviewDetail, ReviewEntry, ReviewFilter,
    ReviewOrder, ReviewedRecord, WaitsFor,
};
