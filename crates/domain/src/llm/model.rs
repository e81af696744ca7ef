//! What is sent to a model and what comes back.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A model of a provider, as the configuration calls the two: `openai/gpt-4o-mini`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelName {
    /// The provider's name in the configuration, e.g. `openai`.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatRole {
    /// Instructions of this program.
    System,
    /// Data of this program, or of a candidate.
    User,
    /// What the model said before.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: ChatRole,
    /// The words.
    pub text: String,
}

/// The form an answer has to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// An object of this JSON schema. Where a model takes no schema the adapter asks for any object, and the caller's own
    /// check of what comes back is all there is; it is there in either case.
    JsonSchema {
        /// Letters, digits and `_`.
        name: String,
        /// Every property required, no further ones: what strict modes of providers take.
        schema: Value,
    },
    /// Any words.
    Text,
}

/// A request, the same for every provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRequest {
    /// In order; those of [`ChatRole::System`] come first.
    pub messages: Vec<ChatMessage>,
    /// The form of the answer.
    pub format: OutputFormat,
    /// The longest answer, in the model's tokens.
    pub max_output_tokens: u32,
    /// 0–2; `None` leaves it to the model.
    pub temperature: Option<f64>,
    /// After so long the adapter gives up.
    pub timeout: Duration,
    /// The same for every call of one purpose, so that a provider's log shows what was asked again: letters, digits, `-`.
    pub tag: String,
}

/// What a call used, as the provider counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    pub input_tokens: u32,
    /// Tokens of the answer, thinking included.
    pub output_tokens: u32,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was complete.
    Stop,
    /// It was cut off at the longest answer.
    Length,
    /// The provider withheld it, or the model refused.
    Refused,
    /// The provider said something else, or nothing.
    Other,
}

impl Finish {
    /// All ends.
    pub const ALL: [Self; 4] = [Self::Stop, Self::Length, Self::Refused, Self::Other];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }

    /// The end of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finish| finish.as_str() == name)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelReply {
    /// The words, empty if there were none.
    pub text: String,
    /// What it used; `None` if the provider did not say.
    pub usage: Option<Usage>,
    /// Why it ended.
    pub finish: Finish,
}
