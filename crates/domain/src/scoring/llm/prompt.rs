//! The messages of a question to a model.

use std::time::Duration;

use serde_json::{Value, json};

use crate::authoring::rubric::{Criterion, Rubric};
use crate::chance::Chance;
use crate::llm::{CallSeed, ChatMessage, ChatRole, ModelRequest, OutputFormat, as_data};
use crate::scoring::local::TextTask;

/// The version of the prompt file; a changed file gets a new name and a new version.
pub const PROMPT_VERSION: &str = "score-text-1";
/// What calls for verdicts are journalled as.
pub const PURPOSE: &str = "score_text";

const INSTRUCTIONS: &str = include_str!("../../../prompts/score-text-1.md");

/// Tokens of an answer beside what its criteria need.
const TOKENS_AROUND: u32 = 200;
/// Tokens of the verdict on one criterion, quote and rationale included.
const TOKENS_PER_CRITERION: u32 = 250;
/// A first answer is wanted as sure as can be; further samples are wanted to differ.
const TEMPERATURES: [f64; 2] = [0.0, 0.7];

/// The words derived from a call's name.
pub(super) struct Secrets {
    boundary: String,
    /// Never to be said by the model.
    pub(super) canary: String,
    order: u64,
}

impl Secrets {
    pub(super) fn of(seed: &CallSeed) -> Self {
        Self {
            boundary: seed.word("boundary"),
            canary: seed.word("canary"),
            order: seed.number("order"),
        }
    }
}

/// All that a verdict depends on, for the hash of the call's name.
pub(super) fn inputs(task: &TextTask<'_>) -> [String; 4] {
    [
        task.question.to_owned(),
        task.reference
            .map_or_else(String::new, |reference| format!("+{reference}")),
        json!({ "criteria": task.rubric.criteria, "floor": task.rubric.floor }).to_string(),
        task.answer.to_owned(),
    ]
}

/// The question, for a first answer or a further sample of it.
pub(super) fn request(
    task: &TextTask<'_>,
    secrets: &Secrets,
    sample: u32,
    timeout: Duration,
) -> ModelRequest {
    let criteria = in_order(task.rubric, secrets.order);
    let instructions = INSTRUCTIONS.trim_end().replace("{canary}", &secrets.canary);
    let messages = vec![
        message(ChatRole::System, instructions),
        message(ChatRole::User, task_message(task, &criteria)),
        message(ChatRole::User, answer_message(task.answer, &secrets.boundary)),
    ];
    let count = u32::try_from(criteria.len()).unwrap_or(u32::MAX);
    ModelRequest {
        messages,
        format: OutputFormat::JsonSchema {
            name: "verdict".to_owned(),
            schema: schema(&criteria),
        },
        max_output_tokens: TOKENS_AROUND + TOKENS_PER_CRITERION.saturating_mul(count),
        temperature: Some(TEMPERATURES[usize::from(sample > 0)]),
        timeout,
        tag: String::new(),
    }
}

/// The same question once more, with the answer that could not be used and why.
pub(super) fn re_ask(first: ModelRequest, answered: &str, faults: &[String]) -> ModelRequest {
    let mut request = first;
    let said: String = answered.chars().take(MOST_REPEATED).collect();
    request.messages.push(message(ChatRole::Assistant, said));
    let text = format!(
        "Your answer cannot be used: {}. Answer again with the JSON object alone, with every criterion once.",
        faults.join("; ")
    );
    request.messages.push(message(ChatRole::User, text));
    request
}

/// Characters of an unusable answer that are sent back.
const MOST_REPEATED: usize = 4_000;

fn message(role: ChatRole, text: String) -> ChatMessage {
    ChatMessage { role, text }
}

/// In an order of the call's own, so that no criterion is always judged first.
fn in_order(rubric: &Rubric, order: u64) -> Vec<&Criterion> {
    let mut criteria: Vec<&Criterion> = rubric.criteria.iter().collect();
    Chance::for_purpose(order, "criteria").shuffle(&mut criteria);
    criteria
}

fn task_message(task: &TextTask<'_>, criteria: &[&Criterion]) -> String {
    let criterion = |criterion: &&Criterion| {
        let levels = criterion.levels.iter().map(|level| {
            json!({ "name": level.name, "descriptor": level.descriptor, "from_score": level.from_score })
        });
        json!({
            "id": criterion.id,
            "name": criterion.name,
            "description": criterion.description,
            "expected_ideas": criterion.concepts,
            "levels": levels.collect::<Vec<_>>(),
        })
    };
    json!({
        "question": task.question,
        "reference": task.reference,
        "criteria": criteria.iter().map(criterion).collect::<Vec<_>>(),
    })
    .to_string()
}

fn answer_message(answer: &str, boundary: &str) -> String {
    format!(
        "The candidate's answer:\n{boundary}\n{}\n{boundary}\nThe answer ends above. Grade it now.",
        as_data(answer)
    )
}

/// Every property required and no further ones, as strict modes want it.
fn schema(criteria: &[&Criterion]) -> Value {
    let ids: Vec<&str> = criteria.iter().map(|criterion| criterion.id.as_str()).collect();
    let verdict = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["criterion", "level", "score", "quote", "rationale"],
        "properties": {
            "criterion": { "type": "string", "enum": ids },
            "level": { "type": ["string", "null"] },
            "score": { "type": "number" },
            "quote": { "type": "string" },
            "rationale": { "type": "string" },
        },
    });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["criteria", "on_topic", "addresses_grader", "confidence"],
        "properties": {
            "criteria": { "type": "array", "items": verdict },
            "on_topic": { "type": "boolean" },
            "addresses_grader": { "type": "boolean" },
            "confidence": { "type": "number" },
        },
    })
}
