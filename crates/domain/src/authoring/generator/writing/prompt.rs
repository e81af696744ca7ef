//! The messages of the three questions to a model.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk::WRITTEN_KINDS;
use crate::llm::{ChatMessage, ChatRole, ModelRequest, NoObject, OutputFormat};

/// Changes with any of the prompts; part of the key that tells the same request for a draft from another.
pub const WRITER_VERSION: &str = "write-items-1+answer-open-1+answer-closed-1";

/// Items that are asked for at once, so that the answer is not cut off.
pub(super) const MOST_AT_ONCE: usize = 15;
/// Entries of one answer that are looked at.
pub(super) const MOST_ITEMS: usize = 100;
/// The longest a provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(90);
/// Tokens of an answer beside its items.
const TOKENS_AROUND: usize = 300;
/// Tokens of one item with its options, and of one answer to an item.
const TOKENS_PER_ITEM: [usize; 2] = [450, 120];
/// Tokens that models of every provider can answer with.
const MOST_TOKENS: usize = 8_000;
/// Items are wanted to differ, answers to be as sure as can be.
const TEMPERATURES: [f64; 2] = [0.7, 0.0];
/// Characters of an unusable answer that are sent back.
const MOST_REPEATED: usize = 4_000;

/// What is asked of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Items.
    Write,
    /// Answers with the cited sentences.
    Open,
    /// Answers without.
    Closed,
}

impl Stage {
    pub(super) const fn purpose(self) -> &'static str {
        match self {
            Self::Write => "write_items",
            Self::Open => "answer_open",
            Self::Closed => "answer_closed",
        }
    }

    pub(super) const fn prompt_version(self) -> &'static str {
        match self {
            Self::Write => "write-items-1",
            Self::Open => "answer-open-1",
            Self::Closed => "answer-closed-1",
        }
    }

    const fn instructions(self) -> &'static str {
        match self {
            Self::Write => include_str!("../../../../prompts/write-items-1.md"),
            Self::Open => include_str!("../../../../prompts/answer-open-1.md"),
            Self::Closed => include_str!("../../../../prompts/answer-closed-1.md"),
        }
    }

    /// Every property required and no further ones, as strict modes want it.
    fn schema(self) -> Value {
        let numbers = json!({ "type": "array", "items": { "type": "integer" } });
        let words = json!({ "type": "array", "items": { "type": "string" } });
        let truth = json!({ "type": ["boolean", "null"] });
        let level = json!({
            "type": "string",
            "enum": ["remember", "understand", "apply", "analyse", "evaluate", "create"],
        });
        let entry = match self {
            Self::Write => json!({
                "order": { "type": "integer" },
                "kind": { "type": "string", "enum": WRITTEN_KINDS },
                "stem": { "type": "string" },
                "options": words,
                "key": numbers,
                "truth": truth,
                "answers": words,
                "reference": { "type": ["string", "null"] },
                "ideas": words,
                "sentences": numbers,
                "cognitive_level": level,
                "difficulty": { "type": "string", "enum": ["easy", "medium", "hard"] },
            }),
            Self::Open => json!({
                "item": { "type": "integer" },
                "options": numbers,
                "truth": truth,
                "words": words,
                "cognitive_level": level,
            }),
            Self::Closed => json!({
                "item": { "type": "integer" },
                "given_away": { "type": "boolean" },
                "options": numbers,
                "truth": truth,
                "words": words,
            }),
        };
        let list = match self {
            Self::Write => "items",
            Self::Open | Self::Closed => "answers",
        };
        let items = object_of(&entry);
        object_of(&json!({ list: { "type": "array", "items": items } }))
    }
}

fn object_of(properties: &Value) -> Value {
    let names: Vec<String> = properties
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": names,
        "properties": properties,
    })
}

/// The question about `items` items.
pub(super) fn request(
    stage: Stage,
    [task, data]: &[String; 2],
    boundary: &str,
    items: usize,
) -> ModelRequest {
    let writes = stage == Stage::Write;
    let mut messages = vec![message(
        ChatRole::System,
        stage.instructions().trim_end().to_owned(),
    )];
    if writes {
        messages.push(message(ChatRole::User, task.clone()));
    }
    let framed = format!("{boundary}\n{data}\n{boundary}\nThe data end above. Do the task now.");
    messages.push(message(ChatRole::User, framed));
    let tokens = TOKENS_AROUND + items * TOKENS_PER_ITEM[usize::from(!writes)];
    ModelRequest {
        messages,
        format: OutputFormat::JsonSchema {
            name: stage.purpose().to_owned(),
            schema: stage.schema(),
        },
        max_output_tokens: u32::try_from(tokens.min(MOST_TOKENS)).unwrap_or(u32::MAX),
        temperature: Some(TEMPERATURES[usize::from(!writes)]),
        timeout: TIMEOUT,
        tag: String::new(),
    }
}

/// The same question once more, with the answer that could not be used and why.
pub(super) fn ask_again(request: &mut ModelRequest, answered: &str, fault: NoObject) {
    let said = answered.chars().take(MOST_REPEATED).collect();
    request.messages.push(message(ChatRole::Assistant, said));
    let text = format!(
        "Your answer cannot be used: {fault}. Answer again with the JSON object alone, shorter if need be."
    );
    request.messages.push(message(ChatRole::User, text));
}

fn message(role: ChatRole, text: String) -> ChatMessage {
    ChatMessage { role, text }
}
