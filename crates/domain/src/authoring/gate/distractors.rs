//! Wrong options are enough, different from each other and from the key, and really wrong by the cited span.

use std::collections::{BTreeMap, BTreeSet};

use super::super::item::{Choice, ItemBody, ItemContent};
use super::split_options;
use super::wording::{content_stems, has_phrase, normal};

const FEWEST: usize = 2;

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { options, .. } | ItemBody::MultipleResponse { options, .. } => {
            let (_, wrong) = split_options(item);
            if wrong.len() < FEWEST {
                return Err(format!(
                    "{} wrong options, at least {FEWEST} are needed",
                    wrong.len()
                ));
            }
            all_different(options)?;
            none_in_span(item, &wrong)
        }
        ItemBody::Matching { left, right, .. } => all_different(left).and_then(|()| all_different(right)),
        ItemBody::Ordering { options, .. } => all_different(options),
        ItemBody::TrueFalse { .. }
        | ItemBody::FillBlank { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => Ok(()),
    }
}

/// Options with the same content words in any order and inflection mean the same to a reader.
fn all_different(options: &[Choice]) -> Result<(), String> {
    let mut seen: BTreeMap<BTreeSet<String>, &str> = BTreeMap::new();
    for option in options {
        let mut words = content_stems(&option.text);
        if words.is_empty() {
            words.insert(normal(&option.text));
        }
        if let Some(twin) = seen.insert(words, &option.text) {
            return Err(format!("“{}” and “{twin}” mean the same", option.text));
        }
    }
    Ok(())
}

/// A wrong option that stands in the cited span may be right by it.
fn none_in_span(item: &ItemContent, wrong: &[&str]) -> Result<(), String> {
    let Some(source) = &item.source else { return Ok(()) };
    let quote = normal(&source.quote);
    match wrong.iter().find(|text| has_phrase(&quote, &normal(text))) {
        Some(text) => Err(format!("the wrong option “{text}” stands in the cited span")),
        None => Ok(()),
    }
}
