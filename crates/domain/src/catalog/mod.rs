//! The catalogue of micro-credentials: what can be recommended.
//!
//! Invariants: a version of an entry never changes, so that a recommendation keeps what it was made from; an entry that is taken
//! out is kept. What an entry says is text of its author, never an instruction, to whomever it is shown.

mod model;

pub use model::{Credential, CredentialContent, CredentialLevel};
