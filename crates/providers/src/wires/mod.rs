//! The wire formats from the providers' side: what they check, how they answer, how they refuse.

mod anthropic;
mod fields;
mod gemini;
mod ollama;
mod openai;

use serde_json::Value;

use crate::answer::{Refusal, Words};
use crate::http::HttpRequest;
use crate::question::Question;

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
    /// `generateContent`.
    Gemini,
    /// Ollama's own chat.
    Ollama,
}

impl Wire {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Ollama];

    /// What is asked, or why the provider does not take it.
    pub(crate) fn question(self, request: &HttpRequest, key: &str) -> Result<Question, Refusal> {
        match self {
            Self::OpenAi => openai::question(request, key),
            Self::Anthropic => anthropic::question(request, key),
            Self::Gemini => gemini::question(request, key),
            Self::Ollama => ollama::question(request, key),
        }
    }

    /// The body of a good answer; `tokens` are those of the question and of the words.
    pub(crate) fn answer(self, model: &str, words: &Words, tokens: (u32, u32)) -> Value {
        match self {
            Self::OpenAi => openai::answer(model, words, tokens),
            Self::Anthropic => anthropic::answer(model, words, tokens),
            Self::Gemini => gemini::answer(model, words, tokens),
            Self::Ollama => ollama::answer(model, words, tokens),
        }
    }

    /// Status and body of a refusal.
    pub(crate) fn refusal(self, refusal: &Refusal) -> (u16, Vec<u8>) {
        let (status, body) = match self {
            Self::OpenAi => openai::refusal(refusal),
            Self::Anthropic => anthropic::refusal(refusal),
            Self::Gemini => gemini::refusal(refusal),
            Self::Ollama => ollama::refusal(refusal),
        };
        (status, body.to_string().into_bytes())
    }
}
