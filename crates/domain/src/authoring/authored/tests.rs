//! One sound item of every kind, and everything that can be wrong with it, as staff would send it.

mod mistakes;

use serde_json::{Value, json};

use super::*;

fn item(body: &Value) -> Value {
    json!({
        "stem": "A ____ keeps others from ____ a row.", "marks": 2, "topic": "Locks", "cognitive_level": "apply",
        "difficulty": "easy", "source": null, "skills": ["sql"], "body": body,
    })
}

fn entries(ids: &[&str]) -> Value {
    ids.iter()
        .map(|id| json!({"id": id, "text": format!("text {id}")}))
        .collect()
}

fn rubric() -> Value {
    let level = |name: &str, from: u32| json!({"name": name, "descriptor": "Says so.", "from_score": from});
    json!({"floor": 5, "criteria": [
        {"id": "depth", "name": "Depth", "description": "", "weight": 0.5, "concepts": ["lock"],
         "levels": [level("Low", 0), level("High", 60)]},
        {"id": "width", "name": "Width", "description": "", "weight": 0.5},
    ]})
}

fn body(kind: &str) -> Value {
    match kind {
        "multiple_choice" => json!({"options": entries(&["a", "b", "c"]), "key": ["B"]}),
        "multiple_response" => {
            json!({"options": entries(&["a", "b", "c"]), "key": ["a", "c"], "partial_credit": true})
        }
        "true_false" => json!({"key": true, "negative": {"percent": 0.5}}),
        "fill_blank" => json!({"blanks": [
            {"id": "b1", "accepted": ["lock"], "comparison": {"type": "normal"}, "weight": 1},
            {"id": "b2", "accepted": ["1,000 m"], "weight": 2,
             "comparison": {"type": "numeric", "tolerance": {"type": "absolute", "value": 0.5}}},
        ]}),
        "matching" => json!({"left": entries(&["l1", "l/2"]), "right": entries(&["r1", "r2", "r3"]),
            "key": {"l1": ["r1"], "l/2": ["r2", "r3"]}, "partial_credit": true}),
        "numeric" => json!({"key": 4, "tolerance": {"type": "relative", "value": 0.1}, "unit": "ms"}),
        "ordering" => {
            json!({"options": entries(&["a", "b", "c"]), "key": ["c", "a", "b"], "partial_credit": true})
        }
        "short_answer" => json!({"reference": "A mark.", "rubric": rubric()}),
        "essay" => json!({"reference": null, "rubric": rubric()}),
        "coding" => json!({"languages": ["python", "c"], "starter": null, "partial_credit": true, "tests": [
            {"id": "t1", "stdin": "", "expected": "1", "weight": 1, "hidden": false},
            {"id": "t2", "stdin": "2", "expected": "4", "weight": 1, "hidden": true},
        ]}),
        "file_upload" => json!({"accepted": ["application/pdf", "image/svg+xml"], "max_files": 2}),
        _ => json!({"form": compound()}),
    }
}

fn compound() -> Value {
    let choice = json!({"type": "choice", "options": entries(&["a", "b"]), "scores": {"a": 20, "b": 60}});
    let checklist = json!({"type": "checklist",
        "bands": [{"from": 1, "to": 4, "score": 20}, {"from": 5, "to": null, "score": 40}],
        "context": [{"id": "campus", "text": "On campus", "points": 10}]});
    json!({"type": "compound", "fields": [
        {"id": "years", "label": "Years", "weight": 2, "form": choice},
        {"id": "projects", "label": "Projects", "weight": 1, "form": checklist},
        {"id": "why", "label": "Why", "weight": 1, "form": {"type": "text"}},
    ]})
}

/// A sound item of a kind, as JSON.
fn sound(kind: &str) -> Value {
    let mut body = body(kind);
    body["kind"] = json!(kind);
    item(&body)
}

/// The places at fault after the value at `place` was replaced.
fn faults(kind: &str, place: &str, value: Value) -> Vec<String> {
    let mut item = sound(kind);
    let Some(found) = item.pointer_mut(place) else {
        panic!("a {kind} has no {place}");
    };
    *found = value;
    let content: ItemContent = serde_json::from_value(item).unwrap();
    let errors = validate(&content).err().unwrap_or_default();
    errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_sound_item_of_every_kind_passes_and_survives_storage() {
    for kind in crate::authoring::item::ItemKind::ALL {
        let sent = sound(kind.as_str());
        let content: ItemContent = serde_json::from_value(sent).unwrap();
        assert_eq!(content.body.kind(), kind);
        assert_eq!(validate(&content), Ok(()), "{kind:?}");
        let stored = serde_json::to_value(&content).unwrap();
        assert_eq!(serde_json::from_value::<ItemContent>(stored).unwrap(), content);
    }
}

#[test]
fn every_mistake_is_found_at_its_place() {
    for (kind, place, value, at) in mistakes::all() {
        assert_eq!(
            faults(kind, place, value.clone()),
            [at],
            "{kind}{place} = {value}"
        );
    }
}

#[test]
fn numbers_that_json_cannot_hold_are_found_too() {
    let mut content: ItemContent = serde_json::from_value(sound("numeric")).unwrap();
    content.body = ItemBody::Numeric {
        key: f64::NAN,
        tolerance: crate::authoring::item::Tolerance::Absolute(f64::INFINITY),
        unit: None,
    };
    let errors = validate(&content).unwrap_err();
    let at: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(at, ["/body/key", "/body/tolerance/value"]);
}

#[test]
fn all_mistakes_are_reported_together() {
    let mut item = sound("multiple_choice");
    item["stem"] = json!("");
    item["marks"] = json!(-1);
    item["body"]["options"] = json!([{"id": "a", "text": ""}]);
    item["body"]["key"] = json!(["z"]);
    let content: ItemContent = serde_json::from_value(item).unwrap();
    let errors = validate(&content).unwrap_err();
    let at: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(
        at,
        [
            "/stem",
            "/marks",
            "/body/options",
            "/body/options/0/text",
            "/body/key/0"
        ]
    );
    assert_eq!(errors[1].to_string(), "`/marks` must be above 0 and at most 1000");
}
