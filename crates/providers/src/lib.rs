//! Development only: providers of language models, which are servers on this machine that speak a provider's wire format, refuse
//! what it refuses, answer as told, and keep a ledger of who asked what and what it costs; and texts that speak to such a model.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use providers::{Answer, ScriptedProvider, Wire};
//!
//! let provider = ScriptedProvider::start(Wire::OpenAi)?;
//! provider.script([Answer::too_many("20"), Answer::words("{\"points\": 7}")]);
//! provider.by_default(|question| Answer::words(format!("You said {} things.", question.messages.len())));
//! // … ask at provider.base_url() with provider.key() …
//! assert_eq!(provider.ledger().len(), 0);
//! # Ok(())
//! # }
//! ```

mod answer;
mod connection;
mod http;
mod ledger;
mod malformed;
mod provider;
mod question;
mod schema;
mod texts;
mod wires;

pub use answer::{Answer, Ending, Refusal, Words};
pub use ledger::{Answered, Entry, Prices};
pub use malformed::{Malformed, malformed_answers, malformed_exchanges};
pub use provider::ScriptedProvider;
pub use question::{Message, Question, Role};
pub use texts::{HONEST_ANSWERS, attacks, placements};
pub use wires::Wire;
