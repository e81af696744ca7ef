//! Which model, where, and how it is spoken to.

use domain::llm::ModelName;
use reqwest::Url;

use super::key::{ApiKey, ApiKeyError};

/// A model as the configuration describes it.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// The format the provider speaks.
    pub wire: Wire,
    /// What the model is called here and there.
    pub name: ModelName,
    /// Where the provider is: `https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`, `https://api.anthropic.com`,
    /// `https://generativelanguage.googleapis.com`, `http://127.0.0.1:11434`. The format's own path is appended.
    pub base_url: String,
    /// `None` where a provider asks for none, as on one's own machine.
    pub api_key: Option<ApiKey>,
}

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Chat completions: OpenAI, and whoever copies it; Ollama does under `/v1`.
    OpenAi(OpenAiDialect),
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `generateContent`.
    Gemini,
    /// Ollama's own chat.
    Ollama {
        /// How much the model holds, question and answer together. Ollama silently cuts off the beginning of what is longer than
        /// its own default of a few thousand tokens, so an answer may be judged that was not read to its end.
        context_tokens: Option<u32>,
    },
}

/// What differs between those who speak chat completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenAiDialect {
    /// How a schema reaches the model.
    pub structured: StructuredOutput,
    /// The name of the longest answer; `None` for what the address suggests ([`LimitField::suggested_by`]).
    pub limit: Option<LimitField>,
}

/// How a schema reaches a model that speaks chat completions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StructuredOutput {
    /// As `json_schema` in strict mode: gpt-4o and later, Ollama, vLLM.
    #[default]
    JsonSchema,
    /// As words in the last system message, with JSON mode on: gpt-3.5-turbo and others that know no schema. The answer is an
    /// object, but of which form is only asked for.
    JsonObject,
}

/// What the longest answer is called in chat completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitField {
    /// `max_tokens`, which every compatible server knows, and which reasoning models of OpenAI refuse.
    MaxTokens,
    /// `max_completion_tokens`, which OpenAI wants, and which older compatible servers silently ignore.
    MaxCompletionTokens,
}

impl LimitField {
    /// `max_completion_tokens` at OpenAI and Azure, `max_tokens` elsewhere.
    pub fn suggested_by(base_url: &Url) -> Self {
        let host = base_url.host_str().unwrap_or_default();
        if host == "api.openai.com"
            || host.ends_with(".api.openai.com")
            || host.ends_with(".openai.azure.com")
        {
            Self::MaxCompletionTokens
        } else {
            Self::MaxTokens
        }
    }

    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// Why a model cannot be reached as it is described. The address is not repeated: it may have a password in it.
#[derive(Debug, thiserror::Error)]
pub enum ModelUrlError {
    /// Not an address.
    #[error("a provider's base URL must begin with http:// or https:// and name a host")]
    NotAnAddress,
    /// Keys go into headers, which are not logged.
    #[error("a provider's base URL must have neither user nor password; the key has its own setting")]
    UserInfo,
    /// They would end up behind the path that is appended, and proxies log them.
    #[error("a provider's base URL must have neither ? nor #")]
    Query,
    /// Not a key.
    #[error(transparent)]
    Key(#[from] ApiKeyError),
    /// No HTTP client, as on a machine without root certificates.
    #[error("no client for the provider's base URL can be set up")]
    Client(#[source] reqwest::Error),
}

/// The address, if it is one that can be asked.
pub(super) fn base_url(text: &str) -> Result<Url, ModelUrlError> {
    let url = Url::parse(text.trim()).map_err(|_| ModelUrlError::NotAnAddress)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(ModelUrlError::NotAnAddress);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ModelUrlError::UserInfo);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ModelUrlError::Query);
    }
    Ok(url)
}

/// The address with further segments, each escaped.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_secrets_is_taken() {
        for text in [
            "https://api.openai.com/v1",
            "http://127.0.0.1:11434",
            "http://[::1]:8000/v1/",
        ] {
            assert!(base_url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        let refused = [
            "",
            "api.openai.com/v1",
            "localhost:11434",
            "ftp://models.example",
            "file:///etc/passwd",
            "http://",
            "https://user@models.example",
            "https://user:hunter2@models.example",
            "https://models.example/v1?key=hunter2",
            "https://models.example/v1#hunter2",
        ];
        for text in refused {
            let error = base_url(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn paths_are_appended_and_escaped() {
        let with_slash = base_url("https://models.example/v1/").unwrap();
        let without = base_url("https://models.example/v1").unwrap();
        for base in [with_slash, without] {
            let url = below(&base, &["chat", "completions"]);
            assert_eq!(url.as_str(), "https://models.example/v1/chat/completions");
        }
        let root = base_url("https://models.example").unwrap();
        let odd = below(&root, &["models", "../a?b/c:generate"]);
        assert_eq!(
            odd.as_str(),
            "https://models.example/models/..%2Fa%3Fb%2Fc:generate"
        );
    }

    #[test]
    fn the_address_suggests_the_name_of_the_limit() {
        let suggested = |text: &str| LimitField::suggested_by(&base_url(text).unwrap());
        let openai = "https://api.openai.com/v1";
        assert_eq!(suggested(openai), LimitField::MaxCompletionTokens);
        let azure = "https://school.openai.azure.com/openai/v1";
        assert_eq!(suggested(azure), LimitField::MaxCompletionTokens);
        let ollama = "http://127.0.0.1:11434/v1";
        assert_eq!(suggested(ollama), LimitField::MaxTokens);
        let lookalike = "https://api.openai.com.example/v1";
        assert_eq!(suggested(lookalike), LimitField::MaxTokens);
    }
}
