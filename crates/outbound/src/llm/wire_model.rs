//! A model behind any of the wire formats.

use std::sync::Arc;

use async_trait::async_trait;
use domain::llm::{LanguageModel, ModelError, ModelName, ModelReply, ModelRequest};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::endpoint::{Endpoint, unreadable};
use super::http::LlmHttp;
use super::key::ApiKey;
use super::reading::Unreadable;
use super::settings::{self, LimitField, ModelSettings, ModelUrlError, Wire};
use super::{anthropic, gemini, ollama, openai};

const TAG: &str = "x-request-tag";
/// What OpenAI keeps in its own log.
const OPENAI_TAG: &str = "x-client-request-id";

/// A model of a provider; models that share `http` share connections. Nothing is sent yet.
pub fn model(settings: ModelSettings, http: &LlmHttp) -> Result<Arc<dyn LanguageModel>, ModelUrlError> {
    let base = settings::base_url(&settings.base_url)?;
    let wire = settings.wire.with_limit_field(&base);
    let endpoint = Endpoint {
        client: http.client(&base)?,
        url: wire.url(&base, &settings.name.model),
        headers: wire.headers(settings.api_key.as_ref())?,
        tags: wire.tags(),
    };
    Ok(Arc::new(WireModel {
        name: settings.name,
        wire,
        endpoint,
    }))
}

struct WireModel {
    name: ModelName,
    wire: Wire,
    endpoint: Endpoint,
}

#[async_trait]
impl LanguageModel for WireModel {
    fn name(&self) -> &ModelName {
        &self.name
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        let body = self.wire.body(&self.name.model, request);
        let answer = self.endpoint.exchange(&body, request).await?;
        self.wire.reply(&answer).map_err(unreadable)
    }
}

impl Wire {
    fn with_limit_field(self, base: &Url) -> Self {
        match self {
            Self::OpenAi(mut dialect) => {
                dialect.limit = dialect.limit.or_else(|| Some(LimitField::suggested_by(base)));
                Self::OpenAi(dialect)
            }
            Self::Anthropic | Self::Gemini | Self::Ollama { .. } => self,
        }
    }

    fn url(self, base: &Url, model: &str) -> Url {
        match self {
            Self::OpenAi(_) => settings::below(base, &["chat", "completions"]),
            Self::Anthropic => settings::below(base, &["v1", "messages"]),
            Self::Gemini => {
                let method = format!("{model}:generateContent");
                settings::below(base, &["v1beta", "models", &method])
            }
            Self::Ollama { .. } => settings::below(base, &["api", "chat"]),
        }
    }

    fn headers(self, key: Option<&ApiKey>) -> Result<HeaderMap, ModelUrlError> {
        let mut headers = HeaderMap::new();
        let (name, scheme) = match self {
            Self::OpenAi(_) | Self::Ollama { .. } => (AUTHORIZATION, "Bearer "),
            Self::Anthropic => (HeaderName::from_static("x-api-key"), ""),
            // Not in the URL, where the documentation has it: URLs get logged.
            Self::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
        };
        if let Some(key) = key {
            headers.insert(name, key.header(scheme)?);
        }
        if self == Self::Anthropic {
            let version = HeaderValue::from_static(anthropic::VERSION);
            headers.insert("anthropic-version", version);
        }
        Ok(headers)
    }

    const fn tags(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi(_) => &[TAG, OPENAI_TAG],
            Self::Anthropic | Self::Gemini | Self::Ollama { .. } => &[TAG],
        }
    }

    fn body(self, model: &str, request: &ModelRequest) -> Value {
        match self {
            Self::OpenAi(dialect) => openai::body(model, dialect, request),
            Self::Anthropic => anthropic::body(model, request),
            Self::Gemini => gemini::body(request),
            Self::Ollama { context_tokens } => ollama::body(model, context_tokens, request),
        }
    }

    fn reply(self, answer: &Value) -> Result<ModelReply, Unreadable> {
        match self {
            Self::OpenAi(_) => openai::reply(answer),
            Self::Anthropic => anthropic::reply(answer),
            Self::Gemini => gemini::reply(answer),
            Self::Ollama { .. } => ollama::reply(answer),
        }
    }
}
