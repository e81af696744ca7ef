//! Faults as they are found, and the checks that many kinds share.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::ContentError;
use crate::authoring::item::{Choice, Tolerance};

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<ContentError>);

impl Findings {
    pub(super) fn into_result(self) -> Result<(), Vec<ContentError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    pub(super) fn require(&mut self, sound: bool, pointer: &str, expected: &str) {
        if !sound {
            self.0.push(ContentError {
                pointer: pointer.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }

    /// The text says something.
    pub(super) fn text(&mut self, pointer: &str, text: &str) {
        self.require(!is_blank(text), pointer, "a text that is not blank");
    }

    /// The text says something or is left out.
    pub(super) fn optional_text(&mut self, pointer: &str, text: Option<&str>) {
        self.require(
            text.is_none_or(|text| !is_blank(text)),
            pointer,
            "a text that is not blank, or null",
        );
    }

    /// The `id` of every entry of a list is there and nobody else's.
    pub(super) fn ids<'a>(&mut self, list: &str, ids: impl Iterator<Item = &'a String>) {
        let mut seen = BTreeSet::new();
        for (index, id) in ids.enumerate() {
            let pointer = format!("{list}/{index}/id");
            if is_blank(id) {
                self.require(false, &pointer, "an id that is not blank");
            } else {
                self.require(
                    seen.insert(folded(id)),
                    &pointer,
                    "an id that no other entry has, whatever its case",
                );
            }
        }
    }

    /// Options or entries with ids and texts.
    pub(super) fn choices(&mut self, list: &str, choices: &[Choice]) {
        self.require(choices.len() >= 2, list, "a list of at least two");
        self.ids(list, choices.iter().map(|choice| &choice.id));
        for (index, choice) in choices.iter().enumerate() {
            self.text(&format!("{list}/{index}/text"), &choice.text);
        }
    }

    pub(super) fn weight(&mut self, pointer: &str, weight: f64) {
        self.require(
            weight.is_finite() && weight > 0.0,
            pointer,
            "a finite number above 0",
        );
    }

    pub(super) fn score(&mut self, pointer: &str, score: f64) {
        self.require(
            (0.0..=100.0).contains(&score),
            pointer,
            "a number between 0 and 100",
        );
    }

    pub(super) fn tolerance(&mut self, pointer: &str, tolerance: Tolerance) {
        let (Tolerance::Absolute(value) | Tolerance::Relative(value)) = tolerance;
        self.require(
            value.is_finite() && value >= 0.0,
            &format!("{pointer}/value"),
            "a finite number from 0",
        );
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    folded(text).is_empty()
}

/// Ids are compared like this when answers are scored: whatever their case, and without white space around them.
pub(super) fn folded(text: &str) -> String {
    let shown: String = text
        .nfkc()
        .filter(|character| !matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}'))
        .collect();
    shown
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// A map key as one token of a JSON pointer.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
