//! `not_trivial`: the item cannot be answered from itself, by somebody who knows how tests are written and nothing else.
//!
//! Each kind has a guesser that sees what the candidate sees. Where it arrives at the key by a cue, the item is refused;
//! where it can only guess, the item passes. What everybody knows is out of its sight, but for a short list of numbers.

mod guessers;
mod numbers;

use std::collections::BTreeSet;

use super::super::item::{Blank, ItemBody, ItemContent};
use super::content::split_options;
use super::wording::{content_stems, has_phrase, is_stop_word, normal};

/// A reference that adds fewer content words to the stem has nothing to be found out.
const FEWEST_NEW_WORDS: usize = 2;
const VERBS_OF_YES_OR_NO: [&str; 20] = [
    "is", "are", "was", "were", "does", "do", "did", "can", "could", "should", "would", "will", "has",
    "have", "may", "must", "isnt", "arent", "doesnt", "cant",
];
/// Questions that have no wrong answer.
const OPINIONS: [&str; 8] = [
    "do you think",
    "do you like",
    "do you feel",
    "your opinion",
    "your favourite",
    "your favorite",
    "you prefer",
    "would you rather",
];
/// Statements that hold of anything.
const EMPTY_STATEMENTS: [&str; 7] = [
    "may or may not",
    "might or might not",
    "can or cannot",
    "either true or false",
    "in some way",
    "some kind of role",
    "more or less important",
];

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { .. } => guessers::choice(item),
        ItemBody::MultipleResponse { .. } => guessers::response(item),
        ItemBody::TrueFalse { .. } => statement(&item.stem),
        ItemBody::FillBlank { blanks } => gaps(blanks),
        ItemBody::Matching { left, right, key, .. } => guessers::matching(left, right, key),
        ItemBody::Numeric { key, .. } => numbers::check(&item.stem, *key),
        ItemBody::Ordering { options, key, .. } => guessers::ordering(options, key),
        ItemBody::ShortAnswer { reference, .. } => {
            question(&item.stem)?;
            adds(&item.stem, reference)
        }
        ItemBody::Essay { reference, .. } => {
            question(&item.stem)?;
            reference.iter().try_for_each(|text| adds(&item.stem, text))
        }
        // There is no key to be guessed.
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

/// A statement that says of a thing what its name says already, or nothing at all.
fn statement(stem: &str) -> Result<(), String> {
    let text = normal(stem);
    if let Some(phrase) = EMPTY_STATEMENTS.iter().find(|phrase| has_phrase(&text, phrase)) {
        return Err(format!("“{phrase}” holds of anything"));
    }
    let copulas = [" is ", " are ", " means ", " was ", " were "];
    let parts = copulas.iter().find_map(|copula| text.split_once(copula));
    if let Some((subject, predicate)) = parts {
        let (subject, predicate) = (content_stems(subject), content_stems(predicate));
        if !predicate.is_empty() && predicate.is_subset(&subject) {
            return Err("the statement says of a thing what its name says".to_owned());
        }
    }
    Ok(())
}

/// Grammar alone fills a gap in which a function word stood.
fn gaps(blanks: &[Blank]) -> Result<(), String> {
    let grammar = |answer: &String| normal(answer).split(' ').all(is_stop_word);
    match blanks.iter().find(|blank| blank.accepted.iter().any(grammar)) {
        Some(blank) => Err(format!("grammar alone fills blank {}", blank.id)),
        None => Ok(()),
    }
}

fn question(stem: &str) -> Result<(), String> {
    let text = normal(stem);
    if let Some(phrase) = OPINIONS.iter().find(|phrase| has_phrase(&text, phrase)) {
        return Err(format!("“{phrase}” has no wrong answer"));
    }
    let opener = text.split(' ').next().unwrap_or_default();
    let asks_more = ["why", "how", "explain", "justify", "discuss", "describe"];
    let more = asks_more.iter().any(|word| has_phrase(&text, word));
    if VERBS_OF_YES_OR_NO.contains(&opener) && !more {
        return Err("yes or no is an answer".to_owned());
    }
    Ok(())
}

fn adds(stem: &str, reference: &str) -> Result<(), String> {
    let known = content_stems(stem);
    let new: BTreeSet<String> = content_stems(reference).difference(&known).cloned().collect();
    if new.len() < FEWEST_NEW_WORDS {
        return Err("the reference answer adds nothing to the stem".to_owned());
    }
    Ok(())
}

/// How many content words an option has in common with the words of the stem.
fn echo(text: &str, stem: &BTreeSet<String>) -> usize {
    content_stems(text).intersection(stem).count()
}

/// The stem's words and the options of a choice item, right and wrong.
fn shown(item: &ItemContent) -> (BTreeSet<String>, Vec<&str>, Vec<&str>) {
    let (right, wrong) = split_options(item);
    (content_stems(&item.stem), right, wrong)
}
