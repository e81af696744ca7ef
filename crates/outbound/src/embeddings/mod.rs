//! The sentence model: a small BERT (MiniLM, 6 layers) that runs in this process.
//!
//! Loaded on first use, because most starts never need it and it takes a third of a second and 100 MB. The files are
//! pinned by digest: another model under the same name would change every score without anybody noticing.

mod bert;
mod cache;
mod files;
mod minilm;
mod model;

pub use files::{Damage, FILES, PinnedFile, Presence, presence, sha256_of, verify};
pub use minilm::MiniLm;

/// The name of the vector space, kept with everything computed from it.
pub const PROVIDER: &str = "minilm-l6-v2";
