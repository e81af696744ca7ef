//! A provider and a model that asks it.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use domain::llm::{
    ChatMessage, ChatRole, LanguageModel, ModelError, ModelName, ModelReply, ModelRequest, OutputFormat,
};
use outbound::llm::{self, ApiKey, LlmHttp, ModelSettings, OpenAiDialect};
use providers::{Answer, Message, Role, ScriptedProvider, Wire};
use serde_json::json;

/// Longer than any test waits for an answer that comes.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// For answers that do not come.
pub(super) const IMPATIENCE: Duration = Duration::from_millis(300);

pub(super) struct Classroom {
    pub(super) provider: ScriptedProvider,
    pub(super) model: Arc<dyn LanguageModel>,
}

impl Classroom {
    pub(super) fn of(wire: Wire) -> Self {
        let provider = ScriptedProvider::start(wire).unwrap();
        let model = llm::model(settings(wire, &provider), &LlmHttp::new()).unwrap();
        Self { provider, model }
    }

    /// Asks once, gets this.
    pub(super) async fn told(&self, answer: Answer) -> Result<ModelReply, ModelError> {
        self.provider.script([answer]);
        self.model.ask(&request()).await
    }

    /// Whatever happened before, the next question is answered.
    pub(super) async fn goes_on(&self) {
        let reply = self.told(Answer::words("Still here.")).await.unwrap();
        assert_eq!(reply.text, "Still here.");
    }
}

pub(super) fn settings(wire: Wire, provider: &ScriptedProvider) -> ModelSettings {
    let spoken = match wire {
        Wire::OpenAi => llm::Wire::OpenAi(OpenAiDialect::default()),
        Wire::Anthropic => llm::Wire::Anthropic,
        Wire::Gemini => llm::Wire::Gemini,
        Wire::Ollama => llm::Wire::Ollama {
            context_tokens: Some(8192),
        },
    };
    ModelSettings {
        wire: spoken,
        name: ModelName {
            provider: "scripted".into(),
            model: "model-1".into(),
        },
        base_url: provider.base_url(),
        api_key: Some(ApiKey::new(provider.key()).unwrap()),
    }
}

pub(super) fn request() -> ModelRequest {
    let message = |role, text: &str| ChatMessage {
        role,
        text: text.into(),
    };
    ModelRequest {
        messages: vec![
            message(ChatRole::System, "Grade what the candidate wrote."),
            message(
                ChatRole::User,
                "{\"answer\": \"Photosynthesis — „süß“ \u{1f33f}\"}",
            ),
            message(ChatRole::Assistant, "I need the rubric."),
            message(ChatRole::User, "Five points for naming it."),
        ],
        format: OutputFormat::JsonSchema {
            name: "verdict".into(),
            schema: json!({
                "type": "object",
                "properties": {
                    "points": {"type": "integer"},
                    "quote": {"type": ["string", "null"]},
                },
                "required": ["points", "quote"],
                "additionalProperties": false,
            }),
        },
        max_output_tokens: 300,
        temperature: Some(0.25),
        timeout: PATIENCE,
        tag: "score-0198c0de-1".into(),
    }
}

/// The messages of a request as its provider knows them.
pub(super) fn as_heard(request: &ModelRequest) -> Vec<Message> {
    let heard = |message: &ChatMessage| Message {
        role: match message.role {
            ChatRole::System => Role::System,
            ChatRole::User => Role::User,
            ChatRole::Assistant => Role::Assistant,
        },
        text: message.text.clone(),
    };
    request.messages.iter().map(heard).collect()
}

/// Everything that a log could show of an error.
pub(super) fn shown(error: &ModelError) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(shown, " {error} {error:?}");
        source = error.source();
    }
    shown
}
