//! Bodies made from their schemas: right in shape, about things that do not exist.

use serde_json::{Map, Value, json};

use super::operations::{resolved, types};

/// Names nothing.
pub(crate) const UNKNOWN_ID: &str = "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21";
/// A `user_id` that is not the caller's is refused before anything else is looked at.
const LEFT_OUT: &str = "user_id";

/// How much of an object is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What has to be.
    Required,
    /// Everything.
    All,
}

/// Bodies of a schema: with what has to be there, with everything, and with each of the rest alone, because some of it may
/// exclude one another.
pub(crate) fn samples(document: &Value, schema: &Value) -> Vec<Value> {
    let least = sample(document, schema, Extent::Required);
    let most = sample(document, schema, Extent::All);
    let mut samples = vec![least.clone(), most.clone()];
    if let (Some(least), Some(most)) = (least.as_object(), most.as_object()) {
        let optional = most.iter().filter(|(name, _)| !least.contains_key(*name));
        samples.extend(optional.map(|(name, value)| {
            let mut body = least.clone();
            body.insert(name.clone(), value.clone());
            Value::from(body)
        }));
    }
    samples
}

/// A value of a schema.
pub(crate) fn sample(document: &Value, schema: &Value, extent: Extent) -> Value {
    let schema = resolved(document, schema);
    let given = [
        &schema["example"],
        &schema["examples"][0],
        &schema["const"],
        &schema["enum"][0],
    ];
    if let Some(given) = given.into_iter().find(|value| !value.is_null()) {
        return given.clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| sample(document, part, extent));
        return parts.fold(json!({}), merged);
    }
    let alternatives = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    if let Some(alternatives) = alternatives {
        let chosen = alternatives.iter().find(|one| one["type"] != "null");
        return chosen.map_or(Value::Null, |chosen| sample(document, chosen, extent));
    }
    match types(schema).first() {
        Some(&"object") => object(document, schema, extent),
        Some(&"array") => {
            let entries = schema["minItems"]
                .as_u64()
                .unwrap_or(u64::from(extent == Extent::All));
            (0..entries)
                .map(|_| sample(document, &schema["items"], extent))
                .collect()
        }
        Some(&"string") => text(schema).into(),
        Some(&"integer") => schema["minimum"].as_i64().unwrap_or(1).into(),
        Some(&"number") => schema["minimum"].as_f64().unwrap_or(1.0).into(),
        Some(&"boolean") => false.into(),
        _ => Value::Null,
    }
}

fn object(document: &Value, schema: &Value, extent: Extent) -> Value {
    let required = |name: &String| {
        schema["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|one| one == name))
    };
    let properties = schema["properties"].as_object().into_iter().flatten();
    let wanted =
        properties.filter(|(name, _)| required(name) || (extent == Extent::All && name.as_str() != LEFT_OUT));
    let members = wanted.map(|(name, property)| (name.clone(), sample(document, property, extent)));
    members.collect::<Map<_, _>>().into()
}

fn text(schema: &Value) -> String {
    match schema["format"].as_str() {
        Some("uuid") => UNKNOWN_ID.to_owned(),
        Some("date-time") => "2026-03-02T09:00:00Z".to_owned(),
        Some("date") => "2026-03-02".to_owned(),
        Some("email") => "nobody@example.org".to_owned(),
        Some("uri") => "https://example.org/".to_owned(),
        _ => "x".repeat(
            schema["minLength"]
                .as_u64()
                .and_then(|length| usize::try_from(length).ok())
                .unwrap_or(1)
                .max(1),
        ),
    }
}

fn merged(mut whole: Value, part: Value) -> Value {
    if let (Some(members), Value::Object(more)) = (whole.as_object_mut(), part) {
        members.extend(more);
    }
    whole
}

#[test]
fn a_sample_has_the_shape_of_its_schema() {
    let document = json!({ "components": { "schemas": { "Part": {
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string", "format": "uuid" }, "note": { "type": ["null", "string"], "minLength": 3 } },
    } } } });
    let schema = json!({ "type": "object", "required": ["parts", "kind"], "properties": {
        "parts": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/Part" } },
        "kind": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["first", "second"] }] },
        "percent": { "type": "integer", "minimum": 5 },
        "user_id": { "type": "string", "format": "uuid" },
    } });
    assert_eq!(
        sample(&document, &schema, Extent::Required),
        json!({ "parts": [{ "id": UNKNOWN_ID }], "kind": "first" })
    );
    assert_eq!(
        sample(&document, &schema, Extent::All),
        json!({ "parts": [{ "id": UNKNOWN_ID, "note": "xxx" }], "kind": "first", "percent": 5 })
    );
    assert_eq!(
        samples(&document, &schema)[2..],
        [json!({ "parts": [{ "id": UNKNOWN_ID }], "kind": "first", "percent": 5 })]
    );
}
