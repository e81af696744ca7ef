//! Which micro-credentials fit somebody who took a track, and why, with evidence that a person can check.
//!
//! Invariants: only entries of the catalogue are recommended; every reason stands on traces from an answer over a skill to a
//! sentence of the catalogue; nothing that fits is an answer, too. A language model may only say a reason in other words; what
//! it says is text, and nothing of it is an id, a link or an order.

mod bm25;
mod chunks;
mod library;
mod making;
mod model;
mod ports;
mod profile;
mod reasons;
mod selecting;
#[cfg(test)]
mod testing;
mod views;
pub mod wording;

pub use library::Library;
pub use making::{NewRecommendation, Recommend};
pub use model::{Evidence, Outcome, Pick, Profile, Selection, SkillEstimate, Trace};
pub use ports::RecommendationRepository;
pub use reasons::popular;
pub use selecting::{MOST_PICKS, MOST_TRACES, readiness};
pub use views::{RecommendationView, RecommendedItem, TraceView};
