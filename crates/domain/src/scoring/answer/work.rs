//! Answers that something else than this program looks at: programs and files.

use serde_json::Value;
use uuid::Uuid;

use super::{Answer, AnswerShapeError, Reading, is_empty, text_at};
use crate::scoring::rules::text::fold;

/// A program; without source it is unanswered, whatever the language.
pub(super) fn read_code(languages: &[String], raw: &Value) -> Result<Reading, AnswerShapeError> {
    if !raw.is_object() {
        return Err(AnswerShapeError::at("", "a map with `language` and `source`"));
    }
    let source = raw.get("source").unwrap_or(&Value::Null);
    if is_empty(source) {
        // A language that is chosen before the first word is written is no answer yet, and no mistake.
        let begun = raw.get("language").is_some();
        return Ok(if begun {
            Reading::default()
        } else {
            Reading::empty_member(raw, "source", "the text of the program")
        });
    }
    let mut reading = Reading::default();
    let source = text_at(source, "/source", &mut reading)?;
    let language = match raw.get("language").unwrap_or(&Value::Null) {
        Value::Null => String::new(),
        Value::String(language) => fold(language),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(AnswerShapeError::at("/language", A_LANGUAGE));
        }
    };
    let known = languages.iter().find(|own| fold(own) == language).cloned();
    if known.is_none() {
        reading.complain("/language", A_LANGUAGE);
    }
    reading.answer = Some(Answer::Code {
        language: known.unwrap_or(language),
        source,
    });
    Ok(reading)
}

const A_LANGUAGE: &str = "a language of this item";

/// Ids of files; whether there are such files is not known here.
pub(super) fn read_files(max_files: u32, raw: &Value) -> Result<Reading, AnswerShapeError> {
    let (given, place) = match (raw.get("file_ids"), raw.get("file_id")) {
        (Some(Value::Array(given)), None) => (given.as_slice(), "/file_ids/"),
        (None, Some(one)) => (std::slice::from_ref(one), "/file_id"),
        _ => {
            return Err(AnswerShapeError::at(
                "",
                "a map with either `file_ids`, a list, or `file_id`",
            ));
        }
    };
    let mut reading = Reading::default();
    let mut files = Vec::new();
    for (index, file) in given.iter().enumerate().filter(|(_, file)| !is_empty(file)) {
        let pointer = if place.ends_with('/') {
            format!("{place}{index}")
        } else {
            place.to_owned()
        };
        let id = file.as_str().and_then(|id| Uuid::try_parse(id.trim()).ok());
        let id = id.ok_or_else(|| AnswerShapeError::at(&pointer, "the id of an uploaded file"))?;
        if files.contains(&id) {
            reading.complain(&pointer, "a file that was not given before");
        } else {
            files.push(id);
        }
    }
    if u32::try_from(files.len()).map_or(true, |count| count > max_files) {
        reading.complain("/file_ids", "a list of no more files than the question takes");
    }
    reading.answer = (!files.is_empty()).then_some(Answer::Files(files));
    Ok(reading)
}
