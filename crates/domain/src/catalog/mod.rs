//! The catalogue of micro-credentials: what can be recommended.
//!
//! Invariants: a version of an entry never changes, so that a recommendation keeps what it was made from; an entry that is taken
//! out is kept, and its title is free again. What an entry says is text of its author, never an instruction, to whomever it is shown.
//! Deliberately absent: looking whether an address answers.

mod commands;
mod error;
mod model;
mod ports;
mod screening;
mod validation;

pub use commands::{AddCredential, ChangeCredential, CredentialChange, DeleteCredential};
pub use error::CatalogError;
pub use model::{
    CatalogFilter, CatalogStamp, Credential, CredentialContent, CredentialLevel, CredentialVersion,
};
pub use ports::CatalogRepository;
pub use screening::speaks_to_models;

#[cfg(test)]
mod tests;
