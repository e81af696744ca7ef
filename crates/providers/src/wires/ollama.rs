//! Ollama's side of its own chat.

use serde_json::{Value, json};

use super::fields::{self, json_body, list, messages, only, positive, temperature, text, wrong};
use crate::answer::{Ending, Refusal, Words};
use crate::http::HttpRequest;
use crate::question::{Question, Role};

const ROLES: [(&str, Role); 3] = [
    ("system", Role::System),
    ("user", Role::User),
    ("assistant", Role::Assistant),
];

pub(super) fn question(request: &HttpRequest, key: &str) -> Result<Question, Refusal> {
    if request.target != "/api/chat" {
        return Err(Refusal::new(404, "404 page not found"));
    }
    // On one's own machine it asks for none.
    let said = request.header("authorization");
    if said.is_some_and(|said| said != format!("Bearer {key}")) {
        return Err(Refusal::new(401, "unauthorized"));
    }
    let body = json_body(request)?;
    only(&body, &["model", "messages", "stream", "format", "options"])?;
    if body.get("stream") != Some(&Value::Bool(false)) {
        return Err(wrong("a stream is not scripted"));
    }
    let model = text(&body, "model")?;
    let said = messages(list(&body, "messages")?, &ROLES)?;
    let mut question = fields::question(request, model, said, body.clone());
    if let Some(options) = body.get("options") {
        only(options, &["num_predict", "num_ctx", "temperature"])?;
        question.max_output_tokens = positive(options, "num_predict")?;
        positive(options, "num_ctx")?;
        question.temperature = temperature(options, 2.0)?;
    }
    match body.get("format") {
        None => {}
        Some(Value::String(format)) if format == "json" => question.is_json_mode = true,
        Some(schema) if schema.is_object() => question.schema = Some(schema.clone()),
        Some(_) => return Err(wrong("invalid format")),
    }
    Ok(question)
}

pub(super) fn answer(model: &str, words: &Words, (input, output): (u32, u32)) -> Value {
    let (content, reason) = match words.ending {
        Ending::Complete => (words.text.as_str(), "stop"),
        Ending::CutOff => (words.text.as_str(), "length"),
        Ending::Withheld => ("", "stop"),
    };
    json!({
        "model": model,
        "created_at": "2026-01-01T00:00:00.000000000Z",
        "message": {"role": "assistant", "content": content},
        "done": true,
        "done_reason": reason,
        "total_duration": 5_000_000_000_u64,
        "load_duration": 1_000_000,
        "prompt_eval_count": input,
        "prompt_eval_duration": 300_000_000,
        "eval_count": output,
        "eval_duration": 4_500_000_000_u64,
    })
}

pub(super) fn refusal(refusal: &Refusal) -> (u16, Value) {
    (refusal.status, json!({"error": refusal.message}))
}
