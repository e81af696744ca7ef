//! Who asked what, and what it costs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::question::{Message, Question};

/// What tokens of a model cost, in micro-dollars for a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Of the question.
    pub input: u64,
    /// Of the answer.
    pub output: u64,
}

impl Default for Prices {
    fn default() -> Self {
        Self {
            input: 150_000,
            output: 600_000,
        }
    }
}

impl Prices {
    /// In micro-dollars, a part of one counted as a whole.
    pub fn cost(self, input_tokens: u32, output_tokens: u32) -> u64 {
        let millionths = u64::from(input_tokens) * self.input + u64::from(output_tokens) * self.output;
        millionths.div_ceil(1_000_000)
    }
}

/// One request, from its arrival on.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Since the provider began.
    pub arrived: Duration,
    /// The header `X-Request-Tag`.
    pub tag: Option<String>,
    /// What was asked; `None` if the provider refused to read it.
    pub question: Option<Arc<Question>>,
    /// What it was decided to answer; whether that arrived is not known.
    pub answered: Answered,
    /// Billed, also where the answer did not arrive.
    pub input_tokens: u32,
    /// Billed, also where the answer did not arrive.
    pub output_tokens: u32,
    /// By the prices of the model.
    pub cost_micro_dollars: u64,
}

impl Entry {
    /// Which model was asked.
    pub fn model(&self) -> Option<&str> {
        self.question.as_ref().map(|question| question.model.as_str())
    }

    /// What was said to it.
    pub fn messages(&self) -> &[Message] {
        self.question.as_ref().map_or(&[], |question| &question.messages)
    }
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Words of the model, at once or slowly.
    Words,
    /// Anything else with a status.
    Status(u16),
    /// The connection was reset, or something that is no HTTP was sent.
    Broken,
    /// Nothing.
    Nothing,
    /// Without an end.
    Endless,
}

/// All entries and the prices by which they are billed.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    pub(crate) prices: HashMap<String, Prices>,
}

impl Ledger {
    pub(crate) fn prices_of(&self, model: &str) -> Prices {
        self.prices.get(model).copied().unwrap_or_default()
    }

    pub(crate) fn bill(&self) -> u64 {
        self.entries.iter().map(|entry| entry.cost_micro_dollars).sum()
    }
}
