//! Reading requests as a provider does that forgives nothing.

use serde_json::Value;

use crate::answer::Refusal;
use crate::http::HttpRequest;
use crate::question::{Message, Question, Role};

pub(super) fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::new(400, message)
}

/// The body of a POST to `path` that says that it is JSON.
pub(super) fn json_body(request: &HttpRequest) -> Result<Value, Refusal> {
    if request.method != "POST" {
        return Err(Refusal::new(405, "only POST"));
    }
    let kind = request.header("content-type").unwrap_or_default();
    if kind.split(';').next() != Some("application/json") {
        return Err(wrong("the content type must be application/json"));
    }
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| wrong(format!("the body is no JSON: {error}")))?;
    if body.is_object() {
        Ok(body)
    } else {
        Err(wrong("the body must be an object"))
    }
}

/// Refuses fields that the provider does not know.
pub(super) fn only(object: &Value, known: &[&str]) -> Result<(), Refusal> {
    let fields = object.as_object().ok_or_else(|| wrong("an object is wanted"))?;
    let unknown = fields.keys().find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(wrong(format!("unknown field {name}"))))
}

/// A text that must be there and not be empty.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    let text = object.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| wrong(format!("{name} must be a text")))
}

/// A list that must be there and not be empty.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> Result<&'a [Value], Refusal> {
    let list = object.get(name).and_then(Value::as_array);
    list.filter(|list| !list.is_empty())
        .map(Vec::as_slice)
        .ok_or_else(|| wrong(format!("{name} must be a list")))
}

/// A whole number from 1, if it is there.
pub(super) fn positive(object: &Value, name: &str) -> Result<Option<u64>, Refusal> {
    let Some(value) = object.get(name) else {
        return Ok(None);
    };
    let number = value.as_u64().filter(|number| *number > 0);
    number.map_or_else(
        || Err(wrong(format!("{name} must be a positive number"))),
        |number| Ok(Some(number)),
    )
}

/// `temperature`, if it is there, up to `hottest`.
pub(super) fn temperature(object: &Value, hottest: f64) -> Result<Option<f64>, Refusal> {
    let Some(value) = object.get("temperature") else {
        return Ok(None);
    };
    let number = value.as_f64().filter(|number| (0.0..=hottest).contains(number));
    number.map_or_else(
        || Err(wrong(format!("temperature must be from 0 to {hottest}"))),
        |number| Ok(Some(number)),
    )
}

/// `{role, content}` with one of these roles.
pub(super) fn messages(list: &[Value], roles: &[(&str, Role)]) -> Result<Vec<Message>, Refusal> {
    let read = |message: &Value| {
        only(message, &["role", "content"])?;
        Ok(Message {
            role: role(message, roles)?,
            text: text(message, "content")?.to_owned(),
        })
    };
    list.iter().map(read).collect()
}

pub(super) fn role(message: &Value, roles: &[(&str, Role)]) -> Result<Role, Refusal> {
    let said = text(message, "role")?;
    let known = roles.iter().find(|(name, _)| *name == said);
    known
        .map(|(_, role)| *role)
        .ok_or_else(|| wrong(format!("unknown role {said}")))
}

/// A question of which the rest has to be filled in.
pub(super) fn question(request: &HttpRequest, model: &str, messages: Vec<Message>, body: Value) -> Question {
    Question {
        model: model.to_owned(),
        messages,
        schema: None,
        is_json_mode: false,
        max_output_tokens: None,
        temperature: None,
        tag: request.header("x-request-tag").map(str::to_owned),
        target: request.target.clone(),
        headers: request.headers.clone(),
        body,
    }
}
