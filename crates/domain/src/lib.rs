//! The rules of Touchstone: what a candidate may do, what an answer is worth, and why.
//!
//! Architecture invariant: nothing in this crate knows tokio, SQL, HTTP or Redis. Time, chance and storage arrive as
//! arguments; storage is the [`store::Tx`] port. Slices (`audit`, `identity`, `reports`, `authoring`, `scoring`, `catalog`, `attempts`, `recommendations`, `reviews`, `regrades`, `privacy`, `operations`) may use the
//! kernel modules and earlier slices in that order, never a later one; `cargo xtask tidy` checks it.

mod chance;
pub mod embedding;
pub mod ids;
pub mod job;
pub mod llm;
pub mod points;
pub mod rate_limits;
pub mod store;
pub mod time;

pub mod attempts;
pub mod audit;
pub mod authoring;
pub mod catalog;
pub mod identity;
pub mod operations;
pub mod privacy;
pub mod recommendations;
pub mod regrades;
pub mod reports;
pub mod reviews;
pub mod scoring;
