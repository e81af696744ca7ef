//! What people may write as an item: everything at fault is found at once, each fault with its place.
//!
//! The quality gate judges generated items and drops the bad ones; these checks are for authors, who want to know all that
//! is wrong with what they sent. An item that passes can be answered and scored.

mod findings;
mod keys;
mod parts;
mod profile;
mod rubric;

use std::collections::BTreeSet;

use self::findings::{Findings, folded};
use super::item::{ItemBody, ItemContent, Negative};
use crate::points::Points;

/// The greatest marks of one item.
const MOST_MARKS: Points = Points::whole(1000);

/// Something an author has to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pointer}` must be {expected}")]
pub struct ContentError {
    /// JSON pointer (RFC 6901) into the item as it is sent, with the names of its serde form: `/body/options/0/text`.
    pub pointer: String,
    /// What belongs there; reads on after "must be".
    pub expected: String,
}

/// Checks an item that a person wrote; the error lists every fault, never none.
pub fn validate(content: &ItemContent) -> Result<(), Vec<ContentError>> {
    let mut findings = Findings::default();
    findings.text("/stem", &content.stem);
    findings.text("/topic", &content.topic);
    let marks = content.marks > Points::ZERO && content.marks <= MOST_MARKS;
    findings.require(marks, "/marks", "above 0 and at most 1000");
    let mut skills = BTreeSet::new();
    for (index, skill) in content.skills.iter().enumerate() {
        let pointer = format!("/skills/{index}");
        findings.text(&pointer, skill);
        findings.require(
            skills.insert(folded(skill)),
            &pointer,
            "a skill that was not named before",
        );
    }
    body(content, &mut findings);
    findings.into_result()
}

fn body(content: &ItemContent, findings: &mut Findings) {
    match &content.body {
        ItemBody::MultipleChoice {
            options,
            key,
            negative,
        } => {
            keys::one(options, key, findings);
            penalty(*negative, content.marks, findings);
        }
        ItemBody::MultipleResponse {
            options,
            key,
            negative,
            ..
        } => {
            keys::several(options, key, findings);
            penalty(*negative, content.marks, findings);
        }
        ItemBody::TrueFalse { negative, .. } => penalty(*negative, content.marks, findings),
        ItemBody::FillBlank { blanks } => parts::blanks(&content.stem, blanks, findings),
        ItemBody::Matching { left, right, key, .. } => keys::pairs(left, right, key, findings),
        ItemBody::Numeric { key, tolerance, unit } => {
            findings.require(key.is_finite(), "/body/key", "a finite number");
            findings.tolerance("/body/tolerance", *tolerance);
            findings.optional_text("/body/unit", unit.as_deref());
        }
        ItemBody::Ordering { options, key, .. } => keys::order(options, key, findings),
        ItemBody::ShortAnswer { reference, rubric } => {
            findings.text("/body/reference", reference);
            rubric::check(rubric, findings);
        }
        ItemBody::Essay { reference, rubric } => {
            findings.optional_text("/body/reference", reference.as_deref());
            rubric::check(rubric, findings);
        }
        ItemBody::Coding { languages, tests, .. } => parts::coding(languages, tests, findings),
        ItemBody::Profile { form } => profile::check(form, findings),
        ItemBody::FileUpload { accepted, max_files } => parts::upload(accepted, *max_files, findings),
    }
}

fn penalty(negative: Negative, marks: Points, findings: &mut Findings) {
    let share = negative.percent.is_none_or(|share| (0.0..=1.0).contains(&share));
    findings.require(share, "/body/negative/percent", "a share between 0 and 1");
    let lawful = |mark| Points::ZERO <= mark && mark <= marks;
    findings.require(
        negative.mark.is_none_or(lawful),
        "/body/negative/mark",
        "between 0 and the marks of the item",
    );
}

#[cfg(test)]
mod tests;
