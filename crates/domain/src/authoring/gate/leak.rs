//! The item does not give its own key away.

use std::collections::BTreeSet;

use super::super::item::{Blank, Choice, ItemBody, ItemContent};
use super::split_options;
use super::wording::{content_stems, has_phrase, normal, share_within};

/// A stem that already says this share of a short answer's content leaves nothing to answer.
const MOST_OF_A_REFERENCE: f64 = 0.8;

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => options(item),
        ItemBody::TrueFalse { .. } => statement(&item.stem),
        ItemBody::FillBlank { blanks } => gaps(&item.stem, blanks),
        ItemBody::Matching { left, right, key, .. } => left.iter().try_for_each(|entry| {
            let rights = key.get(&entry.id).into_iter().flatten();
            rights
                .filter_map(|id| text_of(right, id))
                .try_for_each(|text| pair(entry, text))
        }),
        ItemBody::Numeric { key, .. } => number(&item.stem, *key),
        ItemBody::Ordering { options, key, .. } => shown_order(options, key),
        ItemBody::ShortAnswer { reference, .. } => written(&item.stem, reference),
        ItemBody::Essay { reference, .. } => reference.iter().try_for_each(|text| written(&item.stem, text)),
        // The stem of a coding item may well show an example; the others have no key.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

/// A right option in the stem, or the only option that shares a word with it, is a giveaway.
fn options(item: &ItemContent) -> Result<(), String> {
    let (right, wrong) = split_options(item);
    let stem = normal(&item.stem);
    let stem_words = content_stems(&item.stem);
    let echo = |text: &str| content_stems(text).intersection(&stem_words).count();
    let loudest_wrong = wrong.iter().map(|text| echo(text)).max().unwrap_or(0);
    for text in &right {
        if has_phrase(&stem, &normal(text)) {
            return Err(format!("the stem contains the right option “{text}”"));
        }
        if right.len() == 1 && echo(text) > loudest_wrong {
            return Err(format!(
                "only the right option “{text}” repeats words of the stem"
            ));
        }
    }
    Ok(())
}

fn statement(stem: &str) -> Result<(), String> {
    let text = normal(stem);
    let told = [
        "this is true",
        "this is false",
        "this statement is true",
        "this statement is false",
        "it is true that",
    ];
    let marked = stem.to_lowercase();
    if told.iter().any(|phrase| has_phrase(&text, phrase))
        || marked.contains("(true)")
        || marked.contains("(false)")
    {
        return Err("the statement says whether it is true".to_owned());
    }
    Ok(())
}

fn gaps(stem: &str, blanks: &[Blank]) -> Result<(), String> {
    let text = normal(stem);
    for answer in blanks.iter().flat_map(|blank| &blank.accepted) {
        if has_phrase(&text, &normal(answer)) {
            return Err(format!("the stem contains the answer “{answer}”"));
        }
    }
    Ok(())
}

/// An entry whose every word is in its partner is matched without knowing anything.
fn pair(entry: &Choice, partner: &str) -> Result<(), String> {
    let words = content_stems(&entry.text);
    if !words.is_empty() && words.is_subset(&content_stems(partner)) {
        return Err(format!("“{}” is named in its own partner", entry.text));
    }
    Ok(())
}

fn number(stem: &str, key: f64) -> Result<(), String> {
    let same = |word: &str| {
        word.parse::<f64>()
            .is_ok_and(|value| (value - key).abs() < f64::EPSILON * key.abs().max(1.0))
    };
    if normal(stem).split(' ').any(same) {
        return Err(format!("the stem contains the number {key}"));
    }
    Ok(())
}

fn shown_order(options: &[Choice], key: &[String]) -> Result<(), String> {
    if options.iter().map(|option| &option.id).eq(key) {
        return Err("the entries are shown in the right order".to_owned());
    }
    let openers = [
        "first", "firstly", "second", "secondly", "third", "thirdly", "finally", "lastly", "step",
    ];
    for option in options {
        let text = normal(&option.text);
        let opener = text.split(' ').next().unwrap_or_default();
        if openers.contains(&opener) || opener.chars().all(|letter| letter.is_ascii_digit()) {
            return Err(format!("“{}” names its own place", option.text));
        }
    }
    Ok(())
}

fn written(stem: &str, reference: &str) -> Result<(), String> {
    let needed: BTreeSet<String> = content_stems(reference);
    if share_within(&needed, &content_stems(stem)) >= MOST_OF_A_REFERENCE {
        return Err("the stem already says what a full answer says".to_owned());
    }
    Ok(())
}

fn text_of<'a>(choices: &'a [Choice], id: &str) -> Option<&'a str> {
    choices
        .iter()
        .find(|choice| choice.id == id)
        .map(|choice| choice.text.as_str())
}
