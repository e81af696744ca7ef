//! Answers to profile items.
//!
//! Only a shape that means nothing is refused. An option or circumstance that the item does not know is kept: scoring
//! counts it 0 and lists it, because what candidates say of themselves does not always fit the form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{AN_ID, ANOTHER_ID, Answer, AnswerShapeError, Reading, escaped, is_empty, text_at};
use crate::authoring::item::{ProfileField, ProfileForm};
use crate::scoring::rules::text::{fold, is_blank};

/// What a candidate says of himself, by form: text `"…"`; choice an option id or `{"option_id": id}`; checklist
/// `{"count": 5, "context": [id]}` or `{"entries": ["…"], "context": [id]}`; compound a map field id → answer.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileAnswer {
    /// As written.
    Text(String),
    /// Folded option id, known or not.
    Choice(String),
    /// How many, and which circumstances.
    Checklist(Ticked),
    /// Answers to the parts of a compound form.
    Compound {
        /// Folded field id → answer, for the fields that hold any.
        fields: BTreeMap<String, ProfileAnswer>,
        /// Folded ids of fields that the item does not have.
        unknown: BTreeSet<String>,
    },
}

/// The answer to a checklist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticked {
    /// The number given, or the number of different entries; `None` when neither was given.
    pub count: Option<u64>,
    /// Folded ids, known or not.
    pub context: BTreeSet<String>,
}

pub(super) fn read_profile(form: &ProfileForm, raw: &Value) -> Result<Reading, AnswerShapeError> {
    let mut reading = Reading::default();
    let answer = read_form(form, raw, "", &mut reading)?;
    reading.answer = answer.map(Answer::Profile);
    Ok(reading)
}

fn read_form(
    form: &ProfileForm,
    raw: &Value,
    pointer: &str,
    reading: &mut Reading,
) -> Result<Option<ProfileAnswer>, AnswerShapeError> {
    if is_empty(raw) {
        return Ok(None);
    }
    match form {
        ProfileForm::Text => Ok(Some(ProfileAnswer::Text(text_at(raw, pointer, reading)?))),
        ProfileForm::Choice { .. } => read_chosen(raw, pointer),
        ProfileForm::Checklist { .. } => read_ticked(raw, pointer, reading),
        ProfileForm::Compound { fields } => read_fields(fields, raw, pointer, reading),
    }
}

fn read_chosen(raw: &Value, pointer: &str) -> Result<Option<ProfileAnswer>, AnswerShapeError> {
    let (chosen, pointer) = raw.get("option_id").map_or((raw, pointer.to_owned()), |inner| {
        (inner, format!("{pointer}/option_id"))
    });
    if is_empty(chosen) {
        return Ok(None);
    }
    let id = chosen.as_str().map(fold);
    id.map(|id| Some(ProfileAnswer::Choice(id)))
        .ok_or_else(|| AnswerShapeError::at(pointer, AN_ID))
}

fn read_ticked(
    raw: &Value,
    pointer: &str,
    reading: &mut Reading,
) -> Result<Option<ProfileAnswer>, AnswerShapeError> {
    let Value::Object(members) = raw else {
        return Err(AnswerShapeError::at(
            pointer,
            "a map with `count` or `entries`, and `context`",
        ));
    };
    let mut ticked = Ticked::default();
    let mut entries = None;
    for (name, value) in members.iter().filter(|(_, value)| !is_empty(value)) {
        let pointer = format!("{pointer}/{}", escaped(name));
        match name.as_str() {
            "count" => ticked.count = Some(whole_number(value, &pointer)?),
            "entries" => entries = Some(different(value, &pointer, "text")?.len()),
            "context" => ticked.context = different(value, &pointer, "the id of a circumstance")?,
            _ => reading.complain(&pointer, "one of `count`, `entries` and `context`"),
        }
    }
    if ticked.count.is_some() && entries.is_some() {
        reading.complain(&format!("{pointer}/entries"), "left out where `count` is given");
    }
    let listed = entries.map(|entries| u64::try_from(entries).unwrap_or(u64::MAX));
    ticked.count = ticked.count.or(listed);
    Ok((ticked != Ticked::default()).then_some(ProfileAnswer::Checklist(ticked)))
}

fn whole_number(value: &Value, pointer: &str) -> Result<u64, AnswerShapeError> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.ok_or_else(|| AnswerShapeError::at(pointer, "a whole number from 0"))
}

/// Folded texts of a list, or of one text alone; blank ones and repetitions do not count.
fn different(
    value: &Value,
    pointer: &str,
    expected: &'static str,
) -> Result<BTreeSet<String>, AnswerShapeError> {
    let entries = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    let mut texts = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !is_empty(entry)) {
        let text = entry
            .as_str()
            .ok_or_else(|| AnswerShapeError::at(format!("{pointer}/{index}"), expected))?;
        if !is_blank(text) {
            texts.insert(fold(text));
        }
    }
    Ok(texts)
}

fn read_fields(
    known: &[ProfileField],
    raw: &Value,
    pointer: &str,
    reading: &mut Reading,
) -> Result<Option<ProfileAnswer>, AnswerShapeError> {
    let Value::Object(members) = raw else {
        return Err(AnswerShapeError::at(pointer, "a map from field id to answer"));
    };
    let mut fields = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for (name, value) in members.iter().filter(|(_, value)| !is_empty(value)) {
        let pointer = format!("{pointer}/{}", escaped(name));
        let id = fold(name);
        let Some(field) = known.iter().find(|field| fold(&field.id) == id) else {
            unknown.insert(id);
            continue;
        };
        if let Some(answer) = read_form(&field.form, value, &pointer, reading)?
            && fields.insert(id, answer).is_some()
        {
            reading.complain(&pointer, ANOTHER_ID);
        }
    }
    let nothing = fields.is_empty() && unknown.is_empty();
    Ok((!nothing).then_some(ProfileAnswer::Compound { fields, unknown }))
}
