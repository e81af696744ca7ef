//! Answers on their way in: matched to the items of the attempt's form, their shape checked, by name of the offender.

use chrono::{DateTime, Utc};
use domain::attempts::{Form, NewResponse};
use domain::authoring::{VersionContent, VersionedItem};
use domain::scoring::answer;
use domain::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::problem::{FieldError, Problem};

/// One answer as sent, with the JSON pointer to it.
pub(super) struct SentAnswer<'a> {
    /// Which question.
    pub(super) question_id: Uuid,
    /// What was answered.
    pub(super) answer: &'a Value,
    /// When it was written, by the candidate's clock.
    pub(super) written_at: Option<DateTime<Utc>>,
    /// Where it stands in the request (`/responses/0`).
    pub(super) pointer: String,
}

/// Answers ready to be saved, with the section all of them belong to.
pub(super) struct CheckedAnswers {
    /// Section, from 0.
    pub(super) section_index: i32,
    /// The answers.
    pub(super) responses: Vec<NewResponse>,
}

/// Matches answers to the items the attempt has of its version. 422 names every other question and every wrong shape; 409
/// when sections are mixed. A time later than
/// `now` says nothing, because the candidate's clock is wrong then.
pub(super) fn check(
    version: &VersionContent,
    form: &Form,
    sent: &[SentAnswer<'_>],
    now: Timestamp,
) -> Result<CheckedAnswers, Problem> {
    let items = form.items(&version.items);
    let mut errors = Vec::new();
    let mut responses = Vec::with_capacity(sent.len());
    let mut sections = Vec::with_capacity(1);
    for answer in sent {
        match check_one(&items, answer) {
            Ok(item) => {
                if !sections.contains(&item.section_index) {
                    sections.push(item.section_index);
                }
                if responses
                    .iter()
                    .any(|seen: &NewResponse| seen.item_version_id == item.item_version_id)
                {
                    let pointer = format!("{}/question_id", answer.pointer);
                    errors.push(FieldError::new(
                        pointer,
                        "the question is answered twice in this request",
                    ));
                }
                responses.push(NewResponse {
                    item_version_id: item.item_version_id,
                    answer: answer.answer.clone(),
                    written_at: answer
                        .written_at
                        .map(Timestamp::from)
                        .filter(|written| *written <= now),
                });
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::invalid_fields(errors));
    }
    match sections.as_slice() {
        [section_index] => Ok(CheckedAnswers {
            section_index: *section_index,
            responses,
        }),
        _ => Err(Problem::mixed_sections()),
    }
}

fn check_one<'v>(
    items: &[&'v VersionedItem],
    sent: &SentAnswer<'_>,
) -> Result<&'v VersionedItem, FieldError> {
    let item = items.iter().find(|item| item.item_id.0 == sent.question_id);
    let item = item.ok_or_else(|| {
        let pointer = format!("{}/question_id", sent.pointer);
        FieldError::new(pointer, "is not a question of this attempt")
    })?;
    match answer::parse(&item.content.body, sent.answer) {
        Ok(_) => Ok(item),
        Err(error) => {
            let pointer = format!("{}/answer{}", sent.pointer, error.pointer);
            Err(FieldError::new(pointer, format!("must be {}", error.expected)))
        }
    }
}
