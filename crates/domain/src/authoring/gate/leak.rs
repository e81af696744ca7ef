//! `no_leak`: the item does not contain its own key.

use super::super::item::{Blank, Choice, ItemBody, ItemContent};
use super::content::{split_options, text_of};
use super::numerals::{number_of, same_number};
use super::wording::{content_stems, has_phrase, normal, share_within, stemmed};

/// A stem that already says this share of a reference's content leaves nothing to answer.
const MOST_OF_A_REFERENCE: f64 = 0.8;
/// Ways of telling whether a statement is true.
const TOLD: [&str; 9] = [
    "this is true",
    "this is false",
    "this statement is true",
    "this statement is false",
    "it is true that",
    "it is false that",
    "true statement",
    "false statement",
    "the answer is",
];
/// Words that tell the place of a step.
const PLACE_WORDS: [&str; 12] = [
    "first",
    "firstly",
    "second",
    "secondly",
    "third",
    "thirdly",
    "next",
    "then",
    "finally",
    "lastly",
    "step",
    "afterwards",
];

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => options(item),
        ItemBody::TrueFalse { .. } => statement(&item.stem),
        ItemBody::FillBlank { blanks } => gaps(&item.stem, blanks),
        ItemBody::Matching { left, right, key, .. } => {
            shown_beside(left, right, |entry, partner| {
                key.get(entry).is_some_and(|ids| ids.contains(partner))
            })?;
            left.iter().try_for_each(|entry| {
                let rights = key.get(&entry.id).into_iter().flatten();
                rights
                    .filter_map(|id| text_of(right, id))
                    .try_for_each(|text| pair(entry, text))
            })
        }
        ItemBody::Numeric { key, .. } => number(&item.stem, *key),
        ItemBody::Ordering { options, key, .. } => shown_order(options, key),
        ItemBody::ShortAnswer { reference, .. } => written(&item.stem, reference),
        ItemBody::Essay { reference, .. } => reference.iter().try_for_each(|text| written(&item.stem, text)),
        // The stem of a coding item may well show an example; the others have no key.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

/// A right option in the stem, whatever its inflection. A stem that names all options alike tells nothing.
fn options(item: &ItemContent) -> Result<(), String> {
    let (right, wrong) = split_options(item);
    let stem = stemmed(&item.stem);
    let named = |text: &str| !normal(text).is_empty() && has_phrase(&stem, &stemmed(text));
    let all_named = wrong.iter().all(|text| named(text));
    match right.iter().find(|text| named(text) && !all_named) {
        Some(text) => Err(format!("the stem contains the right option “{text}”")),
        None => Ok(()),
    }
}

fn statement(stem: &str) -> Result<(), String> {
    let text = normal(stem);
    let marked = stem.to_lowercase();
    let marks = [
        "(true)",
        "(false)",
        "[true]",
        "[false]",
        "(t)",
        "(f)",
        "– true",
        "– false",
        "- true",
        "- false",
    ];
    if TOLD.iter().any(|phrase| has_phrase(&text, phrase)) || marks.iter().any(|mark| marked.contains(mark)) {
        return Err("the statement says whether it is true".to_owned());
    }
    Ok(())
}

fn gaps(stem: &str, blanks: &[Blank]) -> Result<(), String> {
    let text = stemmed(stem);
    for answer in blanks.iter().flat_map(|blank| &blank.accepted) {
        if has_phrase(&text, &stemmed(answer)) {
            return Err(format!("the stem contains the answer “{answer}”"));
        }
    }
    let letters = |side: Option<char>| side.is_some_and(char::is_alphabetic);
    let hinted = stem.match_indices("____").any(|(at, gap)| {
        letters(stem[..at].chars().next_back()) || letters(stem[at + gap.len()..].chars().next())
    });
    if hinted {
        return Err("letters of the answer stand at the gap".to_owned());
    }
    Ok(())
}

/// Entries that stand beside their partners are matched without reading them.
fn shown_beside(
    left: &[Choice],
    right: &[Choice],
    belongs: impl Fn(&str, &str) -> bool,
) -> Result<(), String> {
    let beside = left
        .iter()
        .zip(right)
        .all(|(entry, partner)| belongs(&entry.id, &partner.id));
    if beside && left.len() > 1 {
        return Err("every entry is shown beside its partner".to_owned());
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

/// The key as a number or as a word (`two-phase`).
fn number(stem: &str, key: f64) -> Result<(), String> {
    let told = normal(stem)
        .split(' ')
        .any(|word| word != "one" && number_of(word).is_some_and(|value| same_number(value, key)));
    if told {
        return Err(format!("the stem contains the number {key}"));
    }
    Ok(())
}

fn shown_order(options: &[Choice], key: &[String]) -> Result<(), String> {
    if options.iter().map(|option| &option.id).eq(key) {
        return Err("the entries are shown in the right order".to_owned());
    }
    for option in options {
        let text = normal(&option.text);
        let opener = text.split(' ').next().unwrap_or_default();
        let counted = !opener.is_empty() && opener.chars().all(|letter| letter.is_ascii_digit());
        if PLACE_WORDS.contains(&opener) || counted && text.split(' ').count() > 1 && !is_amount(&option.text)
        {
            return Err(format!("“{}” names its own place", option.text));
        }
    }
    Ok(())
}

/// A year or a large count opens an event, not a step.
fn is_amount(text: &str) -> bool {
    text.chars().take_while(char::is_ascii_digit).count() > 2
}

fn written(stem: &str, reference: &str) -> Result<(), String> {
    if share_within(&content_stems(reference), &content_stems(stem)) >= MOST_OF_A_REFERENCE {
        return Err("the stem already says what a full answer says".to_owned());
    }
    Ok(())
}
