//! Adapters to the world outside this process.
//!
//! The domain never sees this crate; the app wires it in. At present it holds one adapter: [`text_extraction`].

pub mod text_extraction;
