//! What a provider was asked.

use serde_json::Value;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Instructions.
    System,
    /// Whoever asks.
    User,
    /// What the model said before.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The words.
    pub text: String,
}

/// A request that the provider took, read out of its wire format.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which model.
    pub model: String,
    /// In order, the system's first.
    pub messages: Vec<Message>,
    /// The schema of the answer, where it was sent as such.
    pub schema: Option<Value>,
    /// Any JSON object is asked for.
    pub is_json_mode: bool,
    /// In the model's tokens.
    pub max_output_tokens: Option<u64>,
    /// As sent.
    pub temperature: Option<f64>,
    /// The header `X-Request-Tag`.
    pub tag: Option<String>,
    /// Path and query.
    pub target: String,
    /// All headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Value,
}

impl Question {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A guess at its tokens.
    pub(crate) fn tokens(&self) -> u32 {
        let words = self.messages.iter().map(|message| message.text.len()).sum();
        guessed_tokens(words)
    }
}

/// One for four bytes, and never none.
pub(crate) fn guessed_tokens(bytes: usize) -> u32 {
    u32::try_from(bytes / 4 + 1).unwrap_or(u32::MAX)
}
