//! Language models over HTTP, in four wire formats.
//!
//! Each format is two pure functions, one that builds a body and one that reads an answer; [`LlmHttp`] holds the sockets, and
//! one exchange bounds time and bytes and says what a refusal means. Invariants: an answer is read to [`LONGEST_ANSWER`] and no
//! further; neither keys nor bodies are in an error, for bodies quote candidates (docs/adr/0022).
//! Deliberately absent: retries, waiting, counting and prices, which belong to whoever asks.

mod anthropic;
mod endpoint;
mod gemini;
mod http;
mod key;
mod ollama;
mod openai;
mod reading;
mod refusal;
mod settings;
mod wire_model;

pub use http::{LONGEST_ANSWER, LlmHttp};
pub use key::{ApiKey, ApiKeyError};
pub use settings::{LimitField, ModelSettings, ModelUrlError, OpenAiDialect, StructuredOutput, Wire};
pub use wire_model::model;

#[cfg(test)]
mod test_requests;
