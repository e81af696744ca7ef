//! Texts of the server in the space a terminal has: one line, nothing that moves the cursor, ids replaced by what they name.

use std::collections::BTreeMap;

use domain::authoring::item::{Choice, ItemBody};
use serde_json::Value;

/// A text on one line of at most `limit` characters.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .collect();
    let line = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A text on one line, however long.
pub(super) fn one_line(text: &str) -> String {
    shortened(text, usize::MAX)
}

/// At most two decimals, none when there are none.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// `multiple_choice` as people write it.
pub(super) fn label(name: &str) -> String {
    name.replace('_', " ")
}

/// An answer in words; what does not fit the item is shown as it was sent.
pub(super) fn readable(body: &ItemBody, answer: &Value) -> String {
    match (body, answer) {
        (ItemBody::MultipleChoice { options, .. }, Value::String(id)) => named(options, id),
        (ItemBody::MultipleResponse { options, .. }, Value::Array(ids)) => list(options, ids, "; "),
        (ItemBody::Ordering { options, .. }, Value::Array(ids)) => list(options, ids, " < "),
        (ItemBody::FillBlank { .. }, Value::Object(blanks)) => {
            blanks.values().map(plain).collect::<Vec<_>>().join("; ")
        }
        (ItemBody::Matching { left, right, .. }, Value::Object(pairs)) => {
            let pair = |(id, chosen): (&String, &Value)| {
                let chosen = chosen.as_array().map(|ids| list(right, ids, ", "));
                format!("{} → {}", named(left, id), chosen.unwrap_or_default())
            };
            pairs.iter().map(pair).collect::<Vec<_>>().join("; ")
        }
        _ => plain(answer),
    }
}

fn list(options: &[Choice], ids: &[Value], between: &str) -> String {
    ids.iter()
        .map(|id| id.as_str().map_or_else(|| plain(id), |id| named(options, id)))
        .collect::<Vec<_>>()
        .join(between)
}

fn named(options: &[Choice], id: &str) -> String {
    options
        .iter()
        .find(|option| option.id == id)
        .map_or_else(|| id.to_owned(), |option| option.text.clone())
}

fn plain(answer: &Value) -> String {
    match answer {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How often each name occurs, most frequent first.
pub(super) fn counted<'n>(names: impl Iterator<Item = &'n str>) -> Vec<(&'n str, usize)> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_and_wild_texts_fit_on_one_line() {
        assert_eq!(shortened("a  short\n text", 20), "a short text");
        assert_eq!(shortened("äöü one two three", 8), "äöü one…");
        assert_eq!(shortened("\u{1b}[31mred\u{7}", 20), "[31mred");
        assert_eq!(shortened("anything", 0), "…");
        assert_eq!(one_line("a\tb"), "a b");
    }

    #[test]
    fn numbers_have_the_decimals_they_need() {
        assert_eq!(
            [1.0, 0.5, 2.346, 100.0, 0.0, -0.0].map(number),
            ["1", "0.5", "2.35", "100", "0", "0"]
        );
    }

    #[test]
    fn ids_become_words() {
        let body = |json: Value| serde_json::from_value::<ItemBody>(json).unwrap();
        let options = json!([{"id": "a", "text": "lock"}, {"id": "b", "text": "log"}]);
        let choice = body(json!({"kind": "multiple_choice", "options": options, "key": ["a"]}));
        assert_eq!(readable(&choice, &json!("b")), "log");
        assert_eq!(readable(&choice, &json!("z")), "z");
        let several = body(json!({
            "kind": "multiple_response", "options": options, "key": ["a"], "partial_credit": true }));
        assert_eq!(readable(&several, &json!(["a", "b"])), "lock; log");
        let pairs = body(json!({
            "kind": "matching", "left": [{"id": "l1", "text": "x"}], "right": options, "key": {"l1": ["a"]},
            "partial_credit": true }));
        assert_eq!(readable(&pairs, &json!({"l1": ["a"]})), "x → lock");
        assert_eq!(
            readable(&body(json!({"kind": "true_false", "key": true})), &json!(false)),
            "false"
        );
        assert_eq!(readable(&choice, &Value::Null), "");
    }

    #[test]
    fn names_are_counted() {
        assert_eq!(counted(["b", "a", "b"].into_iter()), [("b", 2), ("a", 1)]);
    }
}
