//! Gemini's side of `generateContent`.

use serde_json::{Value, json};

use super::fields::{self, json_body, list, only, positive, role, temperature, text, wrong};
use crate::answer::{Ending, Refusal, Words};
use crate::http::HttpRequest;
use crate::question::{Message, Question, Role};

const ROLES: [(&str, Role); 2] = [("user", Role::User), ("model", Role::Assistant)];
const GENERATION: [&str; 4] = [
    "maxOutputTokens",
    "responseMimeType",
    "responseJsonSchema",
    "temperature",
];

pub(super) fn question(request: &HttpRequest, key: &str) -> Result<Question, Refusal> {
    let path = request.target.strip_prefix("/v1beta/models/");
    let model = path.and_then(|path| path.strip_suffix(":generateContent"));
    let model = model.ok_or_else(|| Refusal::new(404, "no such path"))?;
    match request.header("x-goog-api-key") {
        Some(said) if said == key => {}
        // That is how it says so.
        Some(_) => return Err(wrong("API key not valid")),
        None => return Err(Refusal::new(403, "unregistered caller")),
    }
    let body = json_body(request)?;
    only(&body, &["contents", "systemInstruction", "generationConfig"])?;
    let mut said = Vec::new();
    if let Some(system) = body.get("systemInstruction") {
        only(system, &["role", "parts"])?;
        said.extend(parts(system, Role::System)?);
    }
    for content in list(&body, "contents")? {
        only(content, &["role", "parts"])?;
        said.extend(parts(content, role(content, &ROLES)?)?);
    }
    let mut question = fields::question(request, model, said, body.clone());
    if let Some(generation) = body.get("generationConfig") {
        only(generation, &GENERATION)?;
        question.max_output_tokens = positive(generation, "maxOutputTokens")?;
        question.temperature = temperature(generation, 2.0)?;
        question.schema = schema(generation)?;
    }
    Ok(question)
}

fn parts(content: &Value, role: Role) -> Result<Vec<Message>, Refusal> {
    let read = |part: &Value| {
        only(part, &["text"])?;
        let text = text(part, "text")?.to_owned();
        Ok(Message { role, text })
    };
    list(content, "parts")?.iter().map(read).collect()
}

fn schema(generation: &Value) -> Result<Option<Value>, Refusal> {
    let Some(schema) = generation.get("responseJsonSchema") else {
        return Ok(None);
    };
    if generation.get("responseMimeType") != Some(&json!("application/json")) {
        return Err(wrong("responseJsonSchema wants the type application/json"));
    }
    if schema.is_object() {
        Ok(Some(schema.clone()))
    } else {
        Err(wrong("responseJsonSchema must be an object"))
    }
}

pub(super) fn answer(model: &str, words: &Words, (input, output): (u32, u32)) -> Value {
    let usage = json!({
        "promptTokenCount": input,
        "candidatesTokenCount": output,
        "totalTokenCount": u64::from(input) + u64::from(output),
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}],
    });
    let reason = match words.ending {
        Ending::Complete => "STOP",
        Ending::CutOff => "MAX_TOKENS",
        Ending::Withheld => {
            let feedback = json!({"blockReason": "SAFETY", "safetyRatings": []});
            return json!({"promptFeedback": feedback, "usageMetadata": usage, "modelVersion": model});
        }
    };
    json!({
        "candidates": [{
            "content": {"parts": [{"text": words.text}], "role": "model"},
            "finishReason": reason,
            "index": 0,
        }],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": "scripted",
    })
}

/// An account without money is told the same as a busy one.
pub(super) fn refusal(refusal: &Refusal) -> (u16, Value) {
    let status = match refusal.status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
    let error = json!({"code": refusal.status, "message": refusal.message, "status": status});
    (refusal.status, json!({"error": error}))
}
