//! Anthropic's side of its messages.

use serde_json::{Value, json};

use super::fields::{self, json_body, list, messages, only, positive, temperature, text, wrong};
use crate::answer::{Ending, Refusal, Words};
use crate::http::HttpRequest;
use crate::question::{Message, Question, Role};
use crate::schema::{Strictness, fault};

const ROLES: [(&str, Role); 2] = [("user", Role::User), ("assistant", Role::Assistant)];
const FIELDS: [&str; 6] = [
    "model",
    "max_tokens",
    "system",
    "messages",
    "output_config",
    "temperature",
];

pub(super) fn question(request: &HttpRequest, key: &str) -> Result<Question, Refusal> {
    if request.target != "/v1/messages" {
        return Err(Refusal::new(404, "no such path"));
    }
    if request.header("x-api-key") != Some(key) {
        return Err(Refusal::new(401, "invalid x-api-key"));
    }
    if request.header("anthropic-version") != Some("2023-06-01") {
        return Err(wrong("anthropic-version: header is required"));
    }
    let body = json_body(request)?;
    only(&body, &FIELDS)?;
    let model = text(&body, "model")?;
    let mut said = Vec::new();
    if body.get("system").is_some() {
        let text = text(&body, "system")?.to_owned();
        let role = Role::System;
        said.push(Message { role, text });
    }
    said.extend(messages(list(&body, "messages")?, &ROLES)?);
    let mut question = fields::question(request, model, said, body.clone());
    question.max_output_tokens = positive(&body, "max_tokens")?;
    if question.max_output_tokens.is_none() {
        return Err(wrong("max_tokens: field required"));
    }
    question.temperature = temperature(&body, 1.0)?;
    if let Some(output) = body.get("output_config") {
        only(output, &["format"])?;
        question.schema = Some(schema(&output["format"])?);
    }
    Ok(question)
}

fn schema(format: &Value) -> Result<Value, Refusal> {
    only(format, &["type", "schema"])?;
    if text(format, "type")? != "json_schema" {
        return Err(wrong("output_config.format.type must be json_schema"));
    }
    let schema = &format["schema"];
    match fault(schema, Strictness::Closed) {
        Some(fault) => Err(wrong(fault)),
        None => Ok(schema.clone()),
    }
}

pub(super) fn answer(model: &str, words: &Words, (input, output): (u32, u32)) -> Value {
    let said = json!([{"type": "text", "text": words.text}]);
    let (content, reason) = match words.ending {
        Ending::Complete => (said, "end_turn"),
        Ending::CutOff => (said, "max_tokens"),
        Ending::Withheld => (json!([]), "refusal"),
    };
    json!({
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": input,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output,
            "service_tier": "standard",
        },
    })
}

pub(super) fn refusal(refusal: &Refusal) -> (u16, Value) {
    let status = if refusal.is_unpaid { 402 } else { refusal.status };
    let kind = match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    let error = json!({"type": kind, "message": refusal.message});
    (
        status,
        json!({"type": "error", "error": error, "request_id": "req_scripted"}),
    )
}
