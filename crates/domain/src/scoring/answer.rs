//! Answers as they arrive and what they mean.
//!
//! A candidate's answer is stored raw. Saving it calls [`parse`], which refuses what no honest client sends; scoring reads
//! it again with `read`, which keeps going, because an answer that was once acknowledged must always get a score.

mod pairs;
mod profile;
mod work;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use self::pairs::read_pairs;
use self::profile::read_profile;
use self::work::{read_code, read_files};
use super::rules::quantity::Quantity;
use super::rules::text::{fold, is_blank};
use crate::authoring::item::{Blank, Choice, ItemBody};

pub use self::profile::{ProfileAnswer, Ticked};

/// The longest text or program taken as an answer, in Unicode scalar values.
pub const MAX_TEXT_CHARS: usize = 100_000;

/// A typed answer. Ids are folded (trimmed, lower case), so that comparing them is plain equality.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The chosen option of a `multiple_choice` item.
    Choice(String),
    /// The chosen options of a `multiple_response` item; choosing one twice is choosing it once.
    Choices(BTreeSet<String>),
    /// The verdict on a `true_false` statement.
    Truth(bool),
    /// Blank id → text as written, for the blanks that hold any.
    Blanks(BTreeMap<String, String>),
    /// Left id → chosen right ids.
    Pairs(BTreeMap<String, BTreeSet<String>>),
    /// A number with the unit the candidate wrote, if any.
    Number(Quantity),
    /// Entry ids in the order given.
    Order(Vec<String>),
    /// The text of a `short_answer` or `essay` item as written.
    Text(String),
    /// A program and the language it is written in.
    Code {
        /// As the item spells it; folded when the item does not know it.
        language: String,
        /// As written.
        source: String,
    },
    /// What a candidate says of himself.
    Profile(ProfileAnswer),
    /// Ids of uploaded files, without repetitions.
    Files(Vec<Uuid>),
}

/// Why an answer cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer at `{pointer}` must be {expected}")]
pub struct AnswerShapeError {
    /// JSON pointer (RFC 6901) inside the answer; empty means the answer itself.
    pub pointer: String,
    /// What belongs there; reads on after "must be".
    pub expected: &'static str,
}

impl AnswerShapeError {
    fn at(pointer: impl Into<String>, expected: &'static str) -> Self {
        Self {
            pointer: pointer.into(),
            expected,
        }
    }
}

/// The answer in `raw`, checked against the item; `None` means unanswered (null, blank text, nothing chosen).
///
/// Shapes: `multiple_choice` an id or `{"option_id": id}`; `multiple_response` a list of ids or one id; `true_false` a bool
/// or "true"/"false"; `fill_blank` a map blank id → text or number, a list in order, or the bare value when there is one
/// blank; `matching` a map left id → right id(s) or a list of `[left, right]`; `numeric` see [`Quantity`], or
/// `{"value", "unit"}`; `ordering` a list of ids; texts a string of at most [`MAX_TEXT_CHARS`]; `coding`
/// `{"language", "source"}`; `profile` see [`ProfileAnswer`]; `file_upload` `{"file_ids": [id]}` or `{"file_id": id}`.
pub fn parse(body: &ItemBody, raw: &Value) -> Result<Option<Answer>, AnswerShapeError> {
    let reading = read(body, raw)?;
    reading.complaint.map_or(Ok(reading.answer), Err)
}

/// An answer understood as far as possible, with the first thing [`parse`] would refuse.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// `None` means unanswered.
    pub(crate) answer: Option<Answer>,
    /// Unknown or repeated ids, too many entries, too much text.
    pub(crate) complaint: Option<AnswerShapeError>,
}

impl Reading {
    /// Nothing, which is a complaint when `raw` is a map that lacks the member: other members are no way to take an answer
    /// back.
    fn empty_member(raw: &Value, member: &str, expected: &'static str) -> Self {
        let mut reading = Self::default();
        if raw.is_object() && raw.get(member).is_none() {
            reading.complain(&format!("/{member}"), expected);
        }
        reading
    }

    fn complain(&mut self, pointer: &str, expected: &'static str) {
        self.complaint
            .get_or_insert_with(|| AnswerShapeError::at(pointer, expected));
    }
}

/// Reads without checking ids; only a shape that means nothing at all is an error.
pub(crate) fn read(body: &ItemBody, raw: &Value) -> Result<Reading, AnswerShapeError> {
    if is_empty(raw) {
        return Ok(Reading::default());
    }
    match body {
        ItemBody::MultipleChoice { options, .. } => read_choice(options, raw),
        ItemBody::MultipleResponse { options, .. } => read_choices(options, raw),
        ItemBody::TrueFalse { .. } => read_truth(raw),
        ItemBody::FillBlank { blanks } => read_blanks(blanks, raw),
        ItemBody::Matching { left, right, .. } => read_pairs(left, right, raw),
        ItemBody::Numeric { unit, .. } => read_number(unit.as_deref(), raw),
        ItemBody::Ordering { options, .. } => read_order(options, raw),
        ItemBody::ShortAnswer { .. } | ItemBody::Essay { .. } => read_text(raw),
        ItemBody::Coding { languages, .. } => read_code(languages, raw),
        ItemBody::Profile { form } => read_profile(form, raw),
        ItemBody::FileUpload { max_files, .. } => read_files(*max_files, raw),
    }
}

const AN_ID: &str = "the id of an option of this item";
const ANOTHER_ID: &str = "an id that was not given before";

/// Nothing was said: null, blank text, or containers of nothing but these.
fn is_empty(raw: &Value) -> bool {
    match raw {
        Value::Null => true,
        Value::String(text) => is_blank(text),
        Value::Array(entries) => entries.iter().all(is_empty),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn folded_ids(choices: &[Choice]) -> BTreeSet<String> {
    choices.iter().map(|choice| fold(&choice.id)).collect()
}

fn id_at(raw: &Value, pointer: &str) -> Result<String, AnswerShapeError> {
    raw.as_str()
        .map(fold)
        .ok_or_else(|| AnswerShapeError::at(pointer, AN_ID))
}

fn read_choice(options: &[Choice], raw: &Value) -> Result<Reading, AnswerShapeError> {
    let (chosen, pointer) = raw
        .get("option_id")
        .map_or((raw, ""), |inner| (inner, "/option_id"));
    if is_empty(chosen) {
        return Ok(Reading::default());
    }
    let id = id_at(chosen, pointer)?;
    let mut reading = Reading::default();
    if !folded_ids(options).contains(&id) {
        reading.complain(pointer, AN_ID);
    }
    reading.answer = Some(Answer::Choice(id));
    Ok(reading)
}

/// The non-blank entries of a list of ids, each with its pointer, complaining about unknown and repeated ones.
fn read_ids(
    options: &[Choice],
    entries: &[Value],
    reading: &mut Reading,
) -> Result<Vec<String>, AnswerShapeError> {
    let known = folded_ids(options);
    let mut ids: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !is_empty(entry)) {
        let pointer = format!("/{index}");
        let id = id_at(entry, &pointer)?;
        if !known.contains(&id) {
            reading.complain(&pointer, AN_ID);
        }
        if !seen.insert(id.clone()) {
            reading.complain(&pointer, ANOTHER_ID);
        }
        ids.push(id);
    }
    Ok(ids)
}

fn read_choices(options: &[Choice], raw: &Value) -> Result<Reading, AnswerShapeError> {
    let mut reading = Reading::default();
    let ids = match raw {
        Value::Array(entries) => read_ids(options, entries, &mut reading)?,
        Value::String(_) => {
            let id = id_at(raw, "")?;
            if !folded_ids(options).contains(&id) {
                reading.complain("", AN_ID);
            }
            vec![id]
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(AnswerShapeError::at("", "a list of option ids"));
        }
    };
    reading.answer = Some(Answer::Choices(ids.into_iter().collect()));
    Ok(reading)
}

fn read_truth(raw: &Value) -> Result<Reading, AnswerShapeError> {
    let truth = match raw {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match fold(text).as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let truth = truth.ok_or_else(|| AnswerShapeError::at("", "true or false"))?;
    Ok(Reading {
        answer: Some(Answer::Truth(truth)),
        complaint: None,
    })
}

fn read_blanks(blanks: &[Blank], raw: &Value) -> Result<Reading, AnswerShapeError> {
    let mut reading = Reading::default();
    let mut texts = BTreeMap::new();
    match raw {
        Value::Object(fields) => {
            for (id, value) in fields {
                let pointer = format!("/{}", escaped(id));
                let id = fold(id);
                if !blanks.iter().any(|blank| fold(&blank.id) == id) {
                    reading.complain(&pointer, "a value for a blank of this item");
                }
                if let Some(text) = blank_text(value, &pointer)?
                    && texts.insert(id, text).is_some()
                {
                    reading.complain(&pointer, ANOTHER_ID);
                }
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                let pointer = format!("/{index}");
                let text = blank_text(value, &pointer)?;
                match (blanks.get(index), text) {
                    (Some(blank), Some(text)) => drop(texts.insert(fold(&blank.id), text)),
                    (None, _) => reading.complain(&pointer, "left out: the item has fewer blanks"),
                    (Some(_), None) => {}
                }
            }
        }
        Value::String(_) | Value::Number(_) if blanks.len() == 1 => {
            texts.extend(blank_text(raw, "")?.map(|text| (fold(&blanks[0].id), text)));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(AnswerShapeError::at(
                "",
                "a map from blank id to text, or a list in the order of the blanks",
            ));
        }
    }
    reading.answer = (!texts.is_empty()).then_some(Answer::Blanks(texts));
    Ok(reading)
}

/// What was written into one blank; `None` means nothing.
fn blank_text(value: &Value, pointer: &str) -> Result<Option<String>, AnswerShapeError> {
    match value {
        _ if is_empty(value) => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(AnswerShapeError::at(pointer, "text or a number"))
        }
    }
}

fn read_number(unit: Option<&str>, raw: &Value) -> Result<Reading, AnswerShapeError> {
    const A_NUMBER: &str = "a finite number, with a unit if the item has one";
    let (value, pointer) = if raw.is_object() {
        (raw.get("value").unwrap_or(&Value::Null), "/value")
    } else {
        (raw, "")
    };
    if is_empty(value) {
        return Ok(Reading::empty_member(raw, "value", A_NUMBER));
    }
    let quantity = match value {
        Value::Number(number) => number.as_f64().and_then(Quantity::bare),
        Value::String(text) => Quantity::parse(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let mut quantity = quantity.ok_or_else(|| AnswerShapeError::at(pointer, A_NUMBER))?;
    if let Some(given) = raw.get("unit").filter(|given| !is_empty(given)) {
        let given = given
            .as_str()
            .ok_or_else(|| AnswerShapeError::at("/unit", "the text of a unit"))?;
        if quantity.unit.is_some() {
            return Err(AnswerShapeError::at(
                "/value",
                "a number alone, because `unit` is given",
            ));
        }
        quantity = quantity.with_unit(given);
    }
    let mut reading = Reading::default();
    // Refused while the candidate can still change it; which unit is right is not told, only that none is asked for.
    if unit.is_none() && quantity.unit.is_some() {
        reading.complain(pointer, "a number without a unit");
    }
    reading.answer = Some(Answer::Number(quantity));
    Ok(reading)
}

fn read_order(options: &[Choice], raw: &Value) -> Result<Reading, AnswerShapeError> {
    let Value::Array(entries) = raw else {
        return Err(AnswerShapeError::at("", "a list of entry ids in order"));
    };
    let mut reading = Reading::default();
    let ids = read_ids(options, entries, &mut reading)?;
    reading.answer = Some(Answer::Order(ids));
    Ok(reading)
}

fn read_text(raw: &Value) -> Result<Reading, AnswerShapeError> {
    let mut reading = Reading::default();
    let text = text_at(raw, "", &mut reading)?;
    reading.answer = Some(Answer::Text(text));
    Ok(reading)
}

/// A string as written, of bounded length.
fn text_at(raw: &Value, pointer: &str, reading: &mut Reading) -> Result<String, AnswerShapeError> {
    let text = raw
        .as_str()
        .ok_or_else(|| AnswerShapeError::at(pointer, "text"))?;
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        reading.complain(pointer, "text of at most 100000 characters");
    }
    Ok(text.to_owned())
}

/// A map key as one token of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
#[path = "answer/new_shapes_tests.rs"]
mod new_shapes_tests;
#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
