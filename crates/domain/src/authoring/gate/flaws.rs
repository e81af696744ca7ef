//! Writing flaws that make an item unfair or answerable by test-taking skill alone.
//!
//! After the item-writing guidelines of Haladyna, Downing and Rodriguez (2002), as far as a program can see them.

use super::super::item::{Blank, ItemBody, ItemContent, ItemKind};
use super::wording::{has_phrase, normal, ratio, takes_an};
use super::{split_options, texts_of};

/// Options that stand for other options.
const META_OPTIONS: [&str; 8] = [
    "all of the above",
    "none of the above",
    "all of these",
    "none of these",
    "all the above",
    "both a and b",
    "a and b",
    "all of the options",
];
/// Words that mark a statement as false to the test-wise.
const ABSOLUTE_TERMS: [&str; 10] = [
    "always",
    "never",
    "impossible",
    "absolutely",
    "nobody",
    "everybody",
    "without exception",
    "in all cases",
    "under no circumstances",
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
    let kind = item.body.kind();
    if matches!(kind, ItemKind::TrueFalse | ItemKind::FillBlank) {
        backward_opener(&item.stem)?;
    }
    if kind == ItemKind::TrueFalse {
        absolute_statement(&item.stem)?;
    }
    if let ItemBody::FillBlank { blanks } = &item.body {
        articles_before_gaps(&item.stem, blanks)?;
    }
    if matches!(kind, ItemKind::MultipleChoice | ItemKind::MultipleResponse) {
        meta_options(item)?;
        hidden_negation(&item.stem)?;
        absolute_cue(item)?;
        length_balance(item)?;
        article_agreement(item)?;
    }
    Ok(())
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
    match texts
        .iter()
        .find(|text| META_OPTIONS.contains(&normal(text).as_str()))
    {
        Some(text) => Err(format!("the option “{text}” stands for other options")),
        None => Ok(()),
    }
}

/// A negation in the question itself must be written so that it is not overread; quoted text may hold any words.
fn hidden_negation(stem: &str) -> Result<(), String> {
    let question = without_quotes(stem);
    let words: Vec<&str> = question
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .collect();
    let auxiliaries = [
        "is", "are", "was", "were", "does", "do", "did", "can", "could", "should", "would", "will", "has",
    ];
    for (index, word) in words.iter().enumerate() {
        let after_auxiliary = index > 0 && auxiliaries.contains(&words[index - 1].to_lowercase().as_str());
        let negates = (*word == "not" && after_auxiliary && index <= 6)
            || *word == "except"
            || (*word == "least" && index <= 4);
        if negates {
            return Err(format!("the negation “{word}” is not emphasised"));
        }
    }
    Ok(())
}

fn without_quotes(stem: &str) -> String {
    let mut inside = false;
    let mut kept = String::with_capacity(stem.len());
    for letter in stem.chars() {
        match letter {
            '“' => inside = true,
            '”' => inside = false,
            '"' => inside = !inside,
            _ if !inside => kept.push(letter),
            _ => {}
        }
    }
    kept
}

fn length_balance(item: &ItemContent) -> Result<(), String> {
    let (right, wrong) = split_options(item);
    let [key] = right.as_slice() else { return Ok(()) };
    let length = |text: &&str| text.chars().count();
    let (own, total) = (length(key), wrong.iter().map(length).sum::<usize>());
    let mean = ratio(total, wrong.len());
    let longest = wrong.iter().map(length).max().unwrap_or(0);
    let shortest = wrong.iter().map(length).min().unwrap_or(0);
    let stands_out = own > longest + LONGER_BY && ratio(own, 1) > LONGER_THAN_MEAN * mean;
    let hides = shortest > own + LONGER_BY && mean > LONGER_THAN_MEAN * ratio(own, 1);
    if stands_out || hides {
        return Err("the right option stands out by its length".to_owned());
    }
    Ok(())
}

/// “… is an” fits only options that begin with a vowel, so the article must fit all of them.
fn article_agreement(item: &ItemContent) -> Result<(), String> {
    let stem = item.stem.trim_end_matches([' ', ':', '_', '…', '.']);
    let Some(article) = stem
        .rsplit(' ')
        .next()
        .map(str::to_lowercase)
        .filter(|word| word == "a" || word == "an")
    else {
        return Ok(());
    };
    match texts_of(item)
        .iter()
        .find(|text| takes_an(text) != (article == "an"))
    {
        Some(text) => Err(format!(
            "“{article} {text}” is not grammatical, which excludes the option"
        )),
        None => Ok(()),
    }
}

fn articles_before_gaps(stem: &str, blanks: &[Blank]) -> Result<(), String> {
    for (before, blank) in stem.split("____").zip(blanks) {
        let article = before
            .split_whitespace()
            .next_back()
            .unwrap_or_default()
            .to_lowercase();
        let Some(answer) = blank.accepted.first() else {
            continue;
        };
        let wrong = (article == "a" && takes_an(answer)) || (article == "an" && !takes_an(answer));
        if wrong {
            return Err(format!("“{article} {answer}” is not grammatical"));
        }
    }
    Ok(())
}
