//! OpenAI's side of chat completions.

use serde_json::{Value, json};

use super::fields::{self, json_body, list, messages, only, positive, temperature, text, wrong};
use crate::answer::{Ending, Refusal, Words};
use crate::http::HttpRequest;
use crate::question::{Message, Question, Role};
use crate::schema::{Strictness, fault};

const ROLES: [(&str, Role); 4] = [
    ("system", Role::System),
    ("developer", Role::System),
    ("user", Role::User),
    ("assistant", Role::Assistant),
];
const FIELDS: [&str; 6] = [
    "model",
    "messages",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
];
const LONGEST_NAME: usize = 64;

pub(super) fn question(request: &HttpRequest, key: &str) -> Result<Question, Refusal> {
    if request.target != "/v1/chat/completions" {
        return Err(Refusal::new(404, "no such path"));
    }
    if request.header("authorization") != Some(&format!("Bearer {key}")) {
        return Err(Refusal::new(401, "incorrect API key"));
    }
    let body = json_body(request)?;
    only(&body, &FIELDS)?;
    let model = text(&body, "model")?;
    let said = messages(list(&body, "messages")?, &ROLES)?;
    let mut question = fields::question(request, model, said, body.clone());
    question.max_output_tokens = limit(&body, model)?;
    question.temperature = temperature(&body, 2.0)?;
    if let Some(format) = body.get("response_format") {
        match text(format, "type")? {
            "json_schema" => question.schema = Some(schema(format, model)?),
            "json_object" => question.is_json_mode = json_mode(&question.messages)?,
            "text" => {}
            other => return Err(wrong(format!("unknown response format {other}"))),
        }
    }
    Ok(question)
}

/// Models that think do not know the older name.
fn limit(body: &Value, model: &str) -> Result<Option<u64>, Refusal> {
    let (old, new) = (
        positive(body, "max_tokens")?,
        positive(body, "max_completion_tokens")?,
    );
    let thinks = ["o1", "o3", "o4", "gpt-5"]
        .iter()
        .any(|family| model.starts_with(family));
    match (old, new) {
        (Some(_), Some(_)) => Err(wrong("max_tokens and max_completion_tokens exclude each other")),
        (Some(_), None) if thinks => Err(wrong("max_tokens is not supported with this model")),
        (old, new) => Ok(old.or(new)),
    }
}

fn schema(format: &Value, model: &str) -> Result<Value, Refusal> {
    if model.starts_with("gpt-3.5") {
        return Err(wrong("this model knows no json_schema"));
    }
    only(format, &["type", "json_schema"])?;
    let described = &format["json_schema"];
    only(described, &["name", "description", "strict", "schema"])?;
    let name = text(described, "name")?;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if name.len() > LONGEST_NAME || !name.chars().all(is_letter) {
        return Err(wrong("json_schema.name has letters that it must not have"));
    }
    let schema = &described["schema"];
    if described["strict"] == true
        && let Some(fault) = fault(schema, Strictness::ClosedAndComplete)
    {
        return Err(wrong(fault));
    }
    Ok(schema.clone())
}

fn json_mode(messages: &[Message]) -> Result<bool, Refusal> {
    let mut texts = messages.iter().map(|message| message.text.to_ascii_lowercase());
    if texts.any(|text| text.contains("json")) {
        Ok(true)
    } else {
        Err(wrong("the messages must contain the word json in some form"))
    }
}

pub(super) fn answer(model: &str, words: &Words, (input, output): (u32, u32)) -> Value {
    let (content, refusal, reason) = match words.ending {
        Ending::Complete => (json!(words.text), Value::Null, "stop"),
        Ending::CutOff => (json!(words.text), Value::Null, "length"),
        Ending::Withheld => (Value::Null, json!("I cannot help with that."), "stop"),
    };
    json!({
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": model,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": content, "refusal": refusal, "annotations": []},
            "logprobs": null,
            "finish_reason": reason,
        }],
        "usage": {
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": u64::from(input) + u64::from(output),
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": null,
    })
}

pub(super) fn refusal(refusal: &Refusal) -> (u16, Value) {
    let (kind, code) = match refusal.status {
        _ if refusal.is_unpaid => ("insufficient_quota", json!("insufficient_quota")),
        401 => ("invalid_request_error", json!("invalid_api_key")),
        404 => ("invalid_request_error", json!("model_not_found")),
        429 => ("requests", json!("rate_limit_exceeded")),
        500.. => ("server_error", Value::Null),
        _ => ("invalid_request_error", Value::Null),
    };
    let error = json!({"message": refusal.message, "type": kind, "param": null, "code": code});
    (refusal.status, json!({"error": error}))
}
