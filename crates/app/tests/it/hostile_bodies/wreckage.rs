//! Sound bodies after accidents: values replaced, members lost, bytes changed.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;
use serde_json::{Value, json};

use super::texts::ODD_VALUES;
use crate::support::properties::one_of;

/// Stands for a value until it is written.
const MARK: &str = "\u{e000}wrecked";

/// What happens to one value of a body.
#[derive(Clone, Debug)]
enum Accident {
    /// Something else is written there.
    Written(String),
    Removed,
    /// Its list or object gets it a second time.
    Doubled,
    Wrapped,
}

pub(super) fn of(sample: &Value) -> impl Strategy<Value = Vec<u8>> + use<> {
    let accidents = vec((any::<Index>(), accident()), 0..4);
    let bytes = vec((any::<Index>(), any::<u8>()), 0..3);
    (Just(sample.clone()), accidents, weighted(0.3, bytes)).prop_map(|(mut body, accidents, bytes)| {
        let mut written = Vec::new();
        for (at, accident) in accidents {
            happen(&mut body, at, accident, &mut written);
        }
        let mut text = body.to_string();
        for (number, raw) in written.iter().enumerate() {
            text = text.replace(&format!("\"{MARK}{number}.\""), raw);
        }
        let mut text = text.into_bytes();
        for (at, byte) in bytes.into_iter().flatten() {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    })
}

fn accident() -> impl Strategy<Value = Accident> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(|truth| json!(truth)),
        any::<String>().prop_map(|text| json!(text)),
        Just(Value::Null),
    ];
    let tree = leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    });
    let number = "-?[0-9]{1,30}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
    let written = prop_oneof![
        3 => one_of(&ODD_VALUES),
        2 => tree.prop_map(|value| value.to_string()),
        1 => number,
        1 => "\"(\\\\u[0-9a-f]{4}){1,6}\"",
    ];
    prop_oneof![
        6 => written.prop_map(Accident::Written),
        2 => Just(Accident::Removed),
        1 => Just(Accident::Doubled),
        1 => Just(Accident::Wrapped),
    ]
}

fn happen(body: &mut Value, at: Index, accident: Accident, written: &mut Vec<String>) {
    let mut places = Vec::new();
    pointers(body, String::new(), &mut places);
    let place = at.get(&places).clone();
    match accident {
        Accident::Written(raw) => {
            if let Some(value) = body.pointer_mut(&place) {
                *value = json!(format!("{MARK}{}.", written.len()));
                written.push(raw);
            }
        }
        Accident::Wrapped => {
            if let Some(value) = body.pointer_mut(&place) {
                *value = json!([value.take()]);
            }
        }
        Accident::Removed | Accident::Doubled => {
            let Some((parent, name)) = place.rsplit_once('/') else {
                return;
            };
            let doubled = matches!(accident, Accident::Doubled);
            match body.pointer_mut(parent) {
                Some(Value::Object(members)) => {
                    if let (Some(value), true) = (members.remove(name), doubled) {
                        members.insert(format!("{name}{name}"), value);
                    }
                }
                Some(Value::Array(entries)) => {
                    let entry = name.parse().ok().filter(|index: &usize| *index < entries.len());
                    if let Some(value) = entry.map(|index| entries.remove(index))
                        && doubled
                    {
                        entries.extend([value.clone(), value]);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Where there are values; names with `/` or `~` are left alone.
fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !name.contains(['/', '~'])) {
                pointers(value, format!("{here}/{name}"), found);
            }
        }
        Value::Array(entries) => {
            for (index, value) in entries.iter().enumerate() {
                pointers(value, format!("{here}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(here);
}
