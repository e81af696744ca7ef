//! The operations of the contract, as far as a stranger needs them to send a request.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

/// One operation; schemas are without references at their top.
pub(crate) struct Operation {
    /// `METHOD template`.
    pub(crate) name: String,
    pub(crate) method: Method,
    /// From the root: `/api/v1/sessions/{id}`.
    pub(crate) template: String,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    /// Declared statuses.
    pub(crate) statuses: BTreeSet<u16>,
    /// Whether it takes requests without a token.
    pub(crate) public: bool,
}

/// One parameter.
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query` or `header`.
    pub(crate) place: String,
    pub(crate) required: bool,
    pub(crate) schema: Value,
}

/// What is sent.
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) schema: Value,
}

impl Operation {
    /// All operations of a document.
    pub(crate) fn all(document: &Value) -> Vec<Self> {
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(template, item)| {
            let members = item.as_object().unwrap().iter();
            members
                .filter(|(_, operation)| operation["responses"].is_object())
                .map(move |(method, operation)| Self::read(document, template, method, operation))
        });
        operations.collect()
    }

    fn read(document: &Value, template: &str, method: &str, operation: &Value) -> Self {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let content = operation["requestBody"]["content"].as_object();
        let body = content
            .and_then(|content| content.iter().next())
            .map(|(media_type, media)| Body {
                media_type: media_type.clone(),
                schema: resolved(document, &media["schema"]).clone(),
            });
        let statuses = operation["responses"].as_object().unwrap().keys();
        Self {
            name: format!("{method} {template}"),
            method,
            template: template.to_owned(),
            parameters: parameters
                .map(|parameter| Parameter::read(document, parameter))
                .collect(),
            body,
            statuses: statuses.filter_map(|status| status.parse().ok()).collect(),
            public: is_public(document, operation),
        }
    }

    pub(crate) fn parameters_in(&self, place: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(move |parameter| parameter.place == place)
    }
}

impl Parameter {
    fn read(document: &Value, parameter: &Value) -> Self {
        let parameter = resolved(document, parameter);
        let text = |member: &str| parameter[member].as_str().unwrap().to_owned();
        Self {
            name: text("name"),
            place: text("in"),
            required: parameter["required"] == true,
            schema: resolved(document, &parameter["schema"]).clone(),
        }
    }

    pub(crate) fn is_uuid(&self) -> bool {
        self.schema["format"] == "uuid"
    }

    pub(crate) fn is_integer(&self) -> bool {
        types(&self.schema).contains(&"integer")
    }
}

/// The schema behind a reference; others stay as they are.
pub(crate) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
    {
        Some(pointer) => resolved(document, document.pointer(pointer).unwrap()),
        None => schema,
    }
}

/// The types of a schema, `null` left out.
pub(crate) fn types(schema: &Value) -> Vec<&str> {
    let several = schema["type"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    schema["type"]
        .as_str()
        .into_iter()
        .chain(several)
        .filter(|name| *name != "null")
        .collect()
}

/// Whether one of the alternatives asks for nothing; an operation without its own has those of the document.
fn is_public(document: &Value, operation: &Value) -> bool {
    let own = operation["security"].as_array();
    let alternatives = own.or_else(|| document["security"].as_array());
    alternatives.is_none_or(|alternatives| {
        alternatives.is_empty()
            || alternatives
                .iter()
                .any(|needed| needed.as_object().is_some_and(serde_json::Map::is_empty))
    })
}
