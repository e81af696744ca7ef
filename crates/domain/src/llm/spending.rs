//! What calls cost, in micro-dollars: a bound before the call, the bill after it.

use serde::{Deserialize, Serialize};

use super::model::{ModelRequest, OutputFormat, Usage};

/// Tokens around each message that are not in its words.
const TOKENS_PER_MESSAGE: u64 = 16;
/// Tokens of a request that are in none of its messages.
const TOKENS_PER_REQUEST: u64 = 64;

/// Millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroDollars(pub i64);

impl MicroDollars {
    /// The same in dollars.
    pub fn dollars(self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "below 2^53 for nine thousand million dollars"
        )]
        let micros = self.0 as f64;
        micros / 1_000_000.0
    }
}

/// What a model costs, in micro-dollars for a million tokens: $0.15 is 150,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Of the request.
    pub input: i64,
    /// Of the answer.
    pub output: i64,
}

impl Price {
    /// The bill of a call, rounded up to a micro-dollar once.
    pub fn of(self, usage: Usage) -> MicroDollars {
        self.bill(u64::from(usage.input_tokens), u64::from(usage.output_tokens))
    }

    /// What a call costs at most: a token is at least one byte of UTF-8, so that there are no more tokens than bytes.
    pub fn at_most(self, request: &ModelRequest) -> MicroDollars {
        let (input, output) = most_tokens(request);
        self.bill(input, output)
    }

    fn bill(self, input: u64, output: u64) -> MicroDollars {
        let cost = |tokens: u64, price: i64| i128::from(tokens) * i128::from(price.max(0));
        let millionths = cost(input, self.input) + cost(output, self.output);
        let rounded_up = (millionths + 999_999) / 1_000_000;
        MicroDollars(i64::try_from(rounded_up).unwrap_or(i64::MAX))
    }
}

/// Tokens of a request and of its answer that there are at most.
pub fn most_tokens(request: &ModelRequest) -> (u64, u64) {
    let bytes = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    let messages = request.messages.iter();
    let words: u64 = messages
        .map(|message| bytes(&message.text) + TOKENS_PER_MESSAGE)
        .sum();
    let schema = match &request.format {
        OutputFormat::JsonSchema { name, schema } => bytes(name) + bytes(&schema.to_string()),
        OutputFormat::Text => 0,
    };
    (
        words + schema + TOKENS_PER_REQUEST,
        u64::from(request.max_output_tokens),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::model::{ChatMessage, ChatRole};
    use super::*;

    const PRICE: Price = Price {
        input: 150_000,
        output: 600_000,
    };

    #[test]
    fn a_bill_is_tokens_by_price_rounded_up_once() {
        let usage = |input_tokens, output_tokens| Usage {
            input_tokens,
            output_tokens,
        };
        assert_eq!(PRICE.of(usage(1_000_000, 1_000_000)), MicroDollars(750_000));
        assert_eq!(PRICE.of(usage(1, 1)), MicroDollars(1));
        assert_eq!(PRICE.of(usage(1_234, 567)), MicroDollars(526));
        assert_eq!(PRICE.of(usage(0, 0)), MicroDollars(0));
        assert_eq!(
            Price { input: -5, output: 0 }.of(usage(1_000_000, 0)),
            MicroDollars(0)
        );
    }

    #[test]
    fn the_bound_is_above_every_bill() {
        let message = |text: &str| ChatMessage {
            role: ChatRole::User,
            text: text.to_owned(),
        };
        let request = ModelRequest {
            messages: vec![message("Grade this."), message("日本語")],
            format: OutputFormat::Text,
            max_output_tokens: 100,
            temperature: None,
            timeout: Duration::from_secs(1),
            tag: String::new(),
        };
        assert_eq!(most_tokens(&request), (11 + 9 + 2 * 16 + 64, 100));
        assert_eq!(PRICE.at_most(&request), MicroDollars(78));
    }
}
