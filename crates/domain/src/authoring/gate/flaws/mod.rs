//! `flaws`: writing that makes an item unfair or answerable by test-taking skill alone.
//!
//! After the item-writing guidelines of Haladyna, Downing and Rodriguez (2002), as far as a program can see them.

mod agreement;

use super::super::item::{ItemBody, ItemContent, ItemKind};
use super::content::{split_options, texts_of};
use super::negation::negation_in;
use super::wording::{denies, has_phrase, normal, ratio};

/// Phrases by which an option stands for other options.
const META_PHRASES: [&str; 20] = [
    "all of the above",
    "none of the above",
    "any of the above",
    "all of these",
    "none of these",
    "any of these",
    "neither of these",
    "both of these",
    "both of the above",
    "all the above",
    "none above",
    "all of them",
    "none of them",
    "all of the options",
    "none of the options",
    "none of the others",
    "all are correct",
    "all are right",
    "both are correct",
    "the above",
];
/// Words that mark a statement as false to the test-wise.
const ABSOLUTE_TERMS: [&str; 18] = [
    "always",
    "never",
    "impossible",
    "absolutely",
    "nobody",
    "everybody",
    "everyone",
    "no one",
    "invariably",
    "without exception",
    "in all cases",
    "in every case",
    "in no case",
    "at all times",
    "under all circumstances",
    "under no circumstances",
    "entirely all",
    "completely all",
];
/// Openers that refer to a sentence the candidate does not see.
const BACKWARD_OPENERS: [&str; 18] = [
    "it",
    "this",
    "these",
    "those",
    "they",
    "he",
    "she",
    "however",
    "therefore",
    "thus",
    "hence",
    "moreover",
    "furthermore",
    "consequently",
    "such",
    "also",
    "nevertheless",
    "otherwise",
];
/// A key this much longer than the mean wrong option, by at least [`LONGER_BY`] characters, stands out.
const LONGER_THAN_MEAN: f64 = 2.0;
const LONGER_BY: usize = 25;

pub(super) fn check(item: &ItemContent) -> Result<(), String> {
    texts_present(item)?;
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => {
            meta_options(item)?;
            hidden_negation(&item.stem)?;
            absolute_cue(item)?;
            length_balance(item)?;
            agreement::options(item)
        }
        ItemBody::TrueFalse { key, .. } => {
            backward_opener(&item.stem)?;
            absolute_statement(&item.stem)?;
            double_negation(&item.stem, *key)
        }
        ItemBody::FillBlank { blanks } => {
            backward_opener(&item.stem)?;
            agreement::gaps(&item.stem, blanks)
        }
        ItemBody::Numeric { .. } => hidden_negation(&item.stem),
        // Options that refer to others or stand out by their form exist only where one chooses.
        ItemBody::Matching { .. }
        | ItemBody::Ordering { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => Ok(()),
    }
}

fn texts_present(item: &ItemContent) -> Result<(), String> {
    if normal(&item.stem).split(' ').count() < 3 {
        return Err("the stem is too short to ask anything".to_owned());
    }
    if item.body.kind() != ItemKind::Essay && texts_of(item).iter().any(|text| text.trim().is_empty()) {
        return Err("an option is empty".to_owned());
    }
    Ok(())
}

fn backward_opener(stem: &str) -> Result<(), String> {
    let text = normal(stem);
    let opener = text.split(' ').next().unwrap_or_default();
    if BACKWARD_OPENERS.contains(&opener) {
        return Err(format!(
            "the stem opens with “{opener}”, which refers to something not shown"
        ));
    }
    Ok(())
}

fn absolute_term(text: &str) -> Option<&'static str> {
    let text = normal(text);
    ABSOLUTE_TERMS.into_iter().find(|term| has_phrase(&text, term))
}

fn absolute_statement(stem: &str) -> Result<(), String> {
    match absolute_term(stem) {
        Some(term) => Err(format!("the absolute term “{term}” hints at the answer")),
        None => Ok(()),
    }
}

/// An absolute term that only wrong or only right options carry is a cue.
fn absolute_cue(item: &ItemContent) -> Result<(), String> {
    let (right, wrong) = split_options(item);
    let carried = |texts: &[&str]| texts.iter().filter(|text| absolute_term(text).is_some()).count();
    let (of_right, of_wrong) = (carried(&right), carried(&wrong));
    if (of_right > 0) == (of_wrong > 0) {
        return Ok(());
    }
    Err("an absolute term tells right and wrong options apart".to_owned())
}

fn meta_options(item: &ItemContent) -> Result<(), String> {
    let texts = texts_of(item);
    match texts.iter().find(|text| stands_for_others(text)) {
        Some(text) => Err(format!("the option “{text}” stands for other options")),
        None => Ok(()),
    }
}

fn stands_for_others(text: &str) -> bool {
    let plain = normal(text);
    // “Both A and C”, “I, II and III”: nothing but the names of options.
    let names = |word: &str| {
        matches!(
            word,
            "both" | "and" | "or" | "only" | "but" | "not" | "either" | "neither" | "nor" | "options"
        ) || word.len() == 1 && word <= "f"
            || matches!(word, "i" | "ii" | "iii" | "iv")
    };
    let words: Vec<&str> = plain.split(' ').collect();
    let lettered = words.len() >= 3 && words.iter().all(|word| names(word));
    lettered
        || META_PHRASES
            .iter()
            .any(|phrase| plain == *phrase || plain.ends_with(&format!(" {phrase}")))
}

/// A negation in the question itself must be written so that it is not overread.
fn hidden_negation(stem: &str) -> Result<(), String> {
    match negation_in(stem).filter(|negation| !negation.emphasised) {
        Some(negation) => Err(format!("the negation “{}” is not emphasised", negation.word)),
        None => Ok(()),
    }
}

/// To call a denial false is to deny a denial, which many get wrong who know the matter.
fn double_negation(stem: &str, key: bool) -> Result<(), String> {
    let text = normal(stem);
    let twice = text.split(' ').filter(|word| denies(word)).count() > 1;
    let denied = denies(&text) && text.split(' ').any(|word| word == "not");
    if twice || denied && !key {
        return Err("the statement makes the candidate deny a denial".to_owned());
    }
    Ok(())
}

fn length_balance(item: &ItemContent) -> Result<(), String> {
    let (right, wrong) = split_options(item);
    let length = |text: &&str| text.chars().count();
    // Of several right options the shortest decides whether they stand out, the longest whether they hide.
    let (least, most) = (right.iter().map(length).min(), right.iter().map(length).max());
    let (Some(least), Some(most)) = (least, most) else {
        return Ok(());
    };
    let mean = ratio(wrong.iter().map(length).sum::<usize>(), wrong.len());
    let longest = wrong.iter().map(length).max().unwrap_or(0);
    let shortest = wrong.iter().map(length).min().unwrap_or(0);
    let stands_out = least > longest + LONGER_BY && ratio(least, 1) > LONGER_THAN_MEAN * mean;
    let hides = shortest > most + LONGER_BY && mean > LONGER_THAN_MEAN * ratio(most, 1);
    if stands_out || hides {
        return Err("the right option stands out by its length".to_owned());
    }
    Ok(())
}
