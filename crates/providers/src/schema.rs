//! What providers check of a JSON schema before they use it.

use serde_json::{Map, Value};

/// How much of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Objects allow no further properties.
    Closed,
    /// And require all of theirs.
    ClosedAndComplete,
}

/// What is wrong with a schema, if anything, with the place in it.
pub(crate) fn fault(schema: &Value, strictness: Strictness) -> Option<String> {
    if schema.get("type") != Some(&Value::from("object")) {
        return Some("the schema must be of type object".to_owned());
    }
    fault_at(schema, "#", strictness)
}

fn fault_at(schema: &Value, place: &str, strictness: Strictness) -> Option<String> {
    let Value::Object(fields) = schema else {
        return Some(format!("{place} is no schema"));
    };
    let own = object_fault(fields, place, strictness);
    own.or_else(|| {
        let mut parts = parts(fields);
        parts.find_map(|(name, part)| fault_at(part, &format!("{place}/{name}"), strictness))
    })
}

fn object_fault(fields: &Map<String, Value>, place: &str, strictness: Strictness) -> Option<String> {
    let properties = match fields.get("properties") {
        None if fields.get("type") != Some(&Value::from("object")) => return None,
        None => None,
        Some(Value::Object(properties)) => Some(properties),
        Some(_) => return Some(format!("{place}/properties is no object")),
    };
    if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Some(format!("{place}/additionalProperties must be false"));
    }
    let required = fields.get("required").and_then(Value::as_array);
    let is_required = |name: &&String| {
        let name = Value::from(name.as_str());
        required.is_some_and(|required| required.contains(&name))
    };
    let mut optional = properties
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !is_required(name));
    match optional.next() {
        Some(name) if strictness == Strictness::ClosedAndComplete => {
            Some(format!("{place}/required must have {name}"))
        }
        _ => None,
    }
}

/// The schemas within one.
fn parts(fields: &Map<String, Value>) -> impl Iterator<Item = (String, &Value)> {
    let named = ["properties", "$defs", "definitions"]
        .into_iter()
        .flat_map(|group| {
            let members = fields.get(group).and_then(Value::as_object);
            members
                .into_iter()
                .flatten()
                .map(move |(name, part)| (format!("{group}/{name}"), part))
        });
    let items = fields.get("items").map(|part| ("items".to_owned(), part));
    let choices = fields.get("anyOf").and_then(Value::as_array);
    let choices = choices
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(number, part)| (format!("anyOf/{number}"), part));
    named.chain(items).chain(choices)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn strict(schema: &Value) -> Option<String> {
        fault(schema, Strictness::ClosedAndComplete)
    }

    #[test]
    fn a_closed_and_complete_schema_is_taken() {
        let inner = json!({"type": "object", "properties": {"b": {"type": ["string", "null"]}}, "required": ["b"],
            "additionalProperties": false});
        let schema = json!({"type": "object", "properties": {"a": {"type": "array", "items": inner}},
            "required": ["a"], "additionalProperties": false});
        assert_eq!(strict(&schema), None);
    }

    #[test]
    fn what_is_open_or_optional_is_named_wherever_it_stands() {
        let open = json!({"type": "object", "properties": {}});
        let optional =
            json!({"type": "object", "properties": {"b": {"type": "string"}}, "additionalProperties": false});
        let holding = |inner: &Value| {
            json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "array", "items": inner}]}},
                "required": ["a"], "additionalProperties": false})
        };
        assert_eq!(
            strict(&open).as_deref(),
            Some("#/additionalProperties must be false")
        );
        let place = "#/properties/a/anyOf/1/items";
        let said = strict(&holding(&open));
        assert_eq!(said, Some(format!("{place}/additionalProperties must be false")));
        let said = strict(&holding(&optional));
        assert_eq!(said, Some(format!("{place}/required must have b")));
        assert_eq!(fault(&holding(&optional), Strictness::Closed), None);
        assert!(strict(&json!({"type": "array"})).is_some());
    }
}
