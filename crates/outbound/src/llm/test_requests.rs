//! What the tests of all wire formats ask and are told.

use std::time::Duration;

use domain::llm::{ChatMessage, ChatRole, ModelRequest, OutputFormat};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

/// Every role, a schema, a temperature.
pub(super) fn graded() -> ModelRequest {
    let message = |role, text: &str| ChatMessage {
        role,
        text: text.into(),
    };
    ModelRequest {
        messages: vec![
            message(ChatRole::System, "Grade."),
            message(ChatRole::System, "Strictly."),
            message(ChatRole::User, "The answer."),
            message(ChatRole::Assistant, "Hm."),
        ],
        format: OutputFormat::JsonSchema {
            name: "verdict".into(),
            schema: json!({
                "type": "object",
                "properties": {"points": {"type": "integer"}},
                "required": ["points"],
                "additionalProperties": false,
            }),
        },
        max_output_tokens: 300,
        temperature: Some(0.5),
        timeout: Duration::from_secs(20),
        tag: "score-1".into(),
    }
}

/// As little as can be asked.
pub(super) fn plain() -> ModelRequest {
    ModelRequest {
        messages: vec![ChatMessage {
            role: ChatRole::User,
            text: "Hello.".into(),
        }],
        format: OutputFormat::Text,
        max_output_tokens: 20,
        temperature: None,
        timeout: Duration::from_secs(20),
        tag: "hello-1".into(),
    }
}

/// Reads any JSON, and the good answer with any JSON in any one place of it.
pub(super) fn for_any_answer(good: &Value, read: impl Fn(&Value)) {
    let mut runner = TestRunner::new(Config::with_cases(500));
    let run = runner.run(&(any_json(), any::<Index>()), |(anything, place)| {
        read(&anything);
        let mut nearly = good.clone();
        let place = place.index(places(&nearly));
        if let Some(value) = nth(&mut nearly, &mut { place }) {
            *value = anything;
        }
        read(&nearly);
        Ok(())
    });
    run.unwrap();
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,12}", inner, 0..6)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(values) => values.iter().map(places).sum(),
        Value::Object(fields) => fields.values().map(places).sum(),
        _ => 0,
    }
}

/// The value that is reached after `left` others.
fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| nth(value, left)),
        Value::Object(fields) => fields.values_mut().find_map(|value| nth(value, left)),
        _ => None,
    }
}
