//! Answers to matching items.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Answer, AnswerShapeError, Reading, escaped, folded_ids, id_at, is_empty};
use crate::authoring::item::Choice;
use crate::scoring::rules::text::fold;

pub(super) fn read_pairs(
    left: &[Choice],
    right: &[Choice],
    raw: &Value,
) -> Result<Reading, AnswerShapeError> {
    let (left, right) = (folded_ids(left), folded_ids(right));
    let mut reading = Reading::default();
    let mut pairs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (pointer, left_id, right_id) in listed_pairs(raw)? {
        if !left.contains(&left_id) {
            reading.complain(&pointer, "a pair that starts with the id of a left entry");
        }
        if !right.contains(&right_id) {
            reading.complain(&pointer, "a pair that ends with the id of a right entry");
        }
        if !pairs.entry(left_id).or_default().insert(right_id) {
            reading.complain(&pointer, "a pair that was not given before");
        }
    }
    reading.answer = (!pairs.is_empty()).then_some(Answer::Pairs(pairs));
    Ok(reading)
}

/// Every pair of a map or list with its pointer; pairs without a right side are left out.
fn listed_pairs(raw: &Value) -> Result<Vec<(String, String, String)>, AnswerShapeError> {
    const A_PAIR: &str = "a pair [left id, right id]";
    let mut pairs = Vec::new();
    match raw {
        Value::Object(fields) => {
            for (left, value) in fields {
                let pointer = format!("/{}", escaped(left));
                let rights = value
                    .as_array()
                    .map_or(std::slice::from_ref(value), Vec::as_slice);
                for right in rights.iter().filter(|right| !is_empty(right)) {
                    pairs.push((pointer.clone(), fold(left), id_at(right, &pointer)?));
                }
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !is_empty(entry)) {
                let pointer = format!("/{index}");
                let Some([left, right]) = entry.as_array().map(Vec::as_slice) else {
                    return Err(AnswerShapeError::at(pointer, A_PAIR));
                };
                if !is_empty(right) {
                    pairs.push((pointer.clone(), id_at(left, &pointer)?, id_at(right, &pointer)?));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(AnswerShapeError::at(
                "",
                "a map from left id to right id, or a list of pairs",
            ));
        }
    }
    Ok(pairs)
}
