//! The messages of a question for reasons.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::reasons::Figures;
use super::Sent;
use super::reply::Fault;
use crate::llm::{CallSeed, ChatMessage, ChatRole, ModelRequest, OutputFormat, as_data, visible_words};

/// The version of the prompt file; a changed file gets a new name and a new version.
pub const PROMPT_VERSION: &str = "word-reasons-1";
/// What calls for reasons are journalled as.
pub const PURPOSE: &str = "word_reasons";

const INSTRUCTIONS: &str = include_str!("../../../prompts/word-reasons-1.md");

/// Tokens of an answer beside its reasons.
const TOKENS_AROUND: u32 = 100;
/// Tokens of one reason.
const TOKENS_PER_REASON: u32 = 300;
/// The longest a provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Characters of a skill's name.
const MOST_NAME: usize = 200;
/// Characters of an unusable answer that are sent back.
const MOST_REPEATED: usize = 4_000;

/// The words derived from a call's name.
pub(super) struct Secrets {
    boundary: String,
    /// Never to be said by the model.
    pub(super) canary: String,
}

impl Secrets {
    pub(super) fn of(seed: &CallSeed) -> Self {
        Self {
            boundary: seed.word("boundary"),
            canary: seed.word("canary"),
        }
    }
}

/// All that is asked, for the hash of the call's name.
pub(super) fn inputs(picks: &BTreeMap<usize, Sent<'_>>) -> [String; 2] {
    [task(picks), catalogue(picks)]
}

/// The first question.
pub(super) fn request(picks: &BTreeMap<usize, Sent<'_>>, secrets: &Secrets) -> ModelRequest {
    let instructions = INSTRUCTIONS.trim_end().replace("{canary}", &secrets.canary);
    let (boundary, data) = (&secrets.boundary, catalogue(picks));
    let texts = format!(
        "What the catalogue says:\n{boundary}\n{data}\n{boundary}\nIts words end above. Give the reasons now."
    );
    let count = u32::try_from(picks.len()).unwrap_or(u32::MAX);
    ModelRequest {
        messages: vec![
            message(ChatRole::System, instructions),
            message(ChatRole::User, task(picks)),
            message(ChatRole::User, texts),
        ],
        format: OutputFormat::JsonSchema {
            name: "reasons".to_owned(),
            schema: schema(picks),
        },
        max_output_tokens: TOKENS_PER_REASON
            .saturating_mul(count)
            .saturating_add(TOKENS_AROUND),
        temperature: Some(0.0),
        timeout: TIMEOUT,
        tag: String::new(),
    }
}

/// The same question once more, with the answer, what is wrong with it and the picks that still have no reason.
pub(super) fn re_ask(
    first: ModelRequest,
    answered: &str,
    faults: &[Fault],
    missing: &[usize],
) -> ModelRequest {
    let mut request = first;
    let said: String = answered.chars().take(MOST_REPEATED).collect();
    let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let missing: Vec<String> = missing.iter().map(usize::to_string).collect();
    let text = format!(
        "Not all of your answer can be used: {}. Answer again with the JSON object alone, with one reason for each of these picks: {}.",
        faults.join("; "),
        missing.join(", ")
    );
    request.messages.push(message(ChatRole::Assistant, said));
    request.messages.push(message(ChatRole::User, text));
    request
}

fn message(role: ChatRole, text: String) -> ChatMessage {
    ChatMessage { role, text }
}

/// What the program knows: no word of the catalogue.
fn task(picks: &BTreeMap<usize, Sent<'_>>) -> String {
    let pick = |(number, sent): (&usize, &Sent<'_>)| {
        let evidence = (1..).zip(&sent.skills).map(|(cite, skill): (usize, _)| {
            let Figures { reached, asked } = Figures::of(skill);
            json!({
                "cite": cite,
                "skill": visible_words(&skill.name, MOST_NAME),
                "reached": reached,
                "asked": asked,
                "below": skill.gap() > 0.0,
            })
        });
        json!({ "pick": number, "evidence": evidence.collect::<Vec<_>>() })
    };
    json!({ "picks": picks.iter().map(pick).collect::<Vec<_>>() }).to_string()
}

/// What the catalogue says, as JSON in which nothing invisible and no tag can be.
fn catalogue(picks: &BTreeMap<usize, Sent<'_>>) -> String {
    let pick = |(number, sent): (&usize, &Sent<'_>)| {
        let content = &sent.pick.content;
        let sentences = (1..).zip(&sent.pick.traces).map(|(cite, trace): (usize, _)| {
            format!("{{\"cite\":{cite},\"text\":{}}}", as_data(&trace.snippet))
        });
        format!(
            "{{\"pick\":{number},\"title\":{},\"provider\":{},\"sentences\":[{}]}}",
            as_data(&content.title),
            as_data(&content.provider),
            sentences.collect::<Vec<_>>().join(",")
        )
    };
    format!("[{}]", picks.iter().map(pick).collect::<Vec<_>>().join(","))
}

/// Every property required and no further ones, as strict modes want it.
fn schema(picks: &BTreeMap<usize, Sent<'_>>) -> Value {
    let numbers: Vec<usize> = picks.keys().copied().collect();
    let reason = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["pick", "text", "cites"],
        "properties": {
            "pick": { "type": "integer", "enum": numbers },
            "text": { "type": "string" },
            "cites": { "type": "array", "items": { "type": "integer" } },
        },
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["reasons"],
        "properties": { "reasons": { "type": "array", "items": reason } },
    })
}
