//! Adapters to the world outside this process.
//!
//! The domain never sees this crate; the app wires it in.

pub mod bullmq;
pub mod code_runner;
pub mod embeddings;
pub mod llm;
pub mod redis;
pub mod text_extraction;
