//! What a provider can be told to answer.

use std::time::Duration;

/// One answer, good or bad.
#[derive(Clone, Debug)]
pub enum Answer {
    /// What the model says, in the provider's format.
    Words(Words),
    /// The provider's own refusal, in its format.
    Refusal(Refusal),
    /// Anything else that is HTTP.
    Bare {
        /// Of the answer.
        status: u16,
        /// Besides the length.
        headers: Vec<(String, String)>,
        /// As it is.
        body: Vec<u8>,
    },
    /// These bytes instead of HTTP, then the end of the connection.
    Socket(Vec<u8>),
    /// The connection is reset before anything was said.
    ResetBeforeHead,
    /// The connection is reset in the middle of the body.
    ResetInBody(Words),
    /// Nothing at all, until the other side leaves.
    Hang,
    /// A good beginning, and then the same again as fast as it is taken.
    Endless,
    /// A good answer, a byte at a time.
    Drip {
        /// The answer.
        words: Words,
        /// Before each byte.
        pause: Duration,
    },
    /// Another answer, later.
    After(Duration, Box<Answer>),
}

impl Answer {
    /// A complete answer; its tokens are guessed.
    pub fn words(text: impl Into<String>) -> Self {
        Self::Words(Words::new(text))
    }

    /// A refusal in the provider's words for that status.
    pub fn status(status: u16) -> Self {
        Self::Refusal(Refusal::new(status, "scripted"))
    }

    /// 429 with this `Retry-After`.
    pub fn too_many(retry_after: &str) -> Self {
        Self::Refusal(Refusal::new(429, "scripted").with_header("retry-after", retry_after))
    }

    /// What the provider says when the account has no money left.
    pub fn unpaid() -> Self {
        Self::Refusal(Refusal {
            is_unpaid: true,
            ..Refusal::new(429, "scripted")
        })
    }

    /// 200 with these bytes, which say that they are JSON.
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Bare {
            status: 200,
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    /// The same, later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }
}

/// What a model says, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// The words.
    pub text: String,
    /// `None` for a guess from the question's length.
    pub input_tokens: Option<u32>,
    /// `None` for a guess from the words' length.
    pub output_tokens: Option<u32>,
    /// How it ends.
    pub ending: Ending,
}

impl Words {
    /// A complete answer; its tokens are guessed.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            input_tokens: None,
            output_tokens: None,
            ending: Ending::Complete,
        }
    }

    /// With this bill.
    #[must_use]
    pub fn with_tokens(mut self, input: u32, output: u32) -> Self {
        self.input_tokens = Some(input);
        self.output_tokens = Some(output);
        self
    }

    /// With this end.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }
}

impl From<Words> for Answer {
    fn from(words: Words) -> Self {
        Self::Words(words)
    }
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model said all.
    Complete,
    /// At the longest answer.
    CutOff,
    /// The provider keeps the words back. Ollama knows no such thing and says nothing.
    Withheld,
}

/// A refusal before it is in a provider's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// For people.
    pub message: String,
    /// Whether somebody has to pay; providers have their own words, and Anthropic its own status, for that.
    pub is_unpaid: bool,
    /// Besides type and length.
    pub headers: Vec<(String, String)>,
}

impl Refusal {
    /// Without further headers.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            is_unpaid: false,
            headers: Vec::new(),
        }
    }

    /// With this header, too.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}
