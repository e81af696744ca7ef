//! `grounded`: a second reader who has the cited span alone reaches the same key.

mod gaps;
mod numbers;
mod pairs;

use super::super::item::{Choice, ItemBody, ItemContent, SourceSpan};
use super::content::{split_options, text_of};
use super::negation::negation_in;
use super::numerals::{number_of, same_number};
use super::reading::{Reading, Sentence, Verdict, matter_of};
use super::wording::{content_stems, denies, normal, share_within, squashed};

/// Share of a written reference's content words that must come from the span.
const WRITTEN_SHARE: f64 = 0.8;
/// Share of a question's content words that must come from the span.
const QUESTION_SHARE: f64 = 0.3;
/// Share of a short reference that must stand in the sentences the question leads to.
const ANSWERING_SHARE: f64 = 0.25;

pub(super) fn check(item: &ItemContent, reading: &Reading, cited: Option<&str>) -> Result<(), String> {
    // Only people write these; there is no key that could be found in a text.
    if matches!(
        item.body,
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. }
    ) {
        return Ok(());
    }
    source(item.source.as_ref(), reading, cited)?;
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => options(item, reading),
        ItemBody::TrueFalse { key, .. } => decides(reading.verdict_on(&item.stem), *key),
        ItemBody::FillBlank { blanks } => gaps::check(reading, &item.stem, blanks),
        ItemBody::Matching { left, right, key, .. } => pairs::check(reading, left, right, key),
        ItemBody::Numeric { key, .. } => {
            about_the_span(&item.stem, reading)?;
            numbers::check(reading, &item.stem, *key)
        }
        ItemBody::Ordering { options, key, .. } => in_order(reading, options, key),
        ItemBody::ShortAnswer { reference, .. } => {
            about_the_span(&item.stem, reading)?;
            supports(reading, reference)?;
            answers(reading, &item.stem, reference)
        }
        ItemBody::Essay { reference, .. } => {
            about_the_span(&item.stem, reading)?;
            reference.iter().try_for_each(|text| supports(reading, text))
        }
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => Ok(()),
    }
}

fn source(source: Option<&SourceSpan>, reading: &Reading, cited: Option<&str>) -> Result<(), String> {
    let Some(source) = source else {
        return Err("no source is cited".to_owned());
    };
    if reading.is_empty() || source.end <= source.start || source.page == 0 {
        return Err("the cited span is empty".to_owned());
    }
    match cited {
        Some(text) if squashed(text) != squashed(&source.quote) => {
            Err("the quote is not what stands at the cited place".to_owned())
        }
        _ => Ok(()),
    }
}

/// A question on something else cannot be answered from the span, whatever words its key has.
fn about_the_span(stem: &str, reading: &Reading) -> Result<(), String> {
    let matter = matter_of(stem);
    if !matter.is_empty() && reading.share_of(&matter) < QUESTION_SHARE {
        return Err("the question is not about what the cited span says".to_owned());
    }
    Ok(())
}

fn options(item: &ItemContent, reading: &Reading) -> Result<(), String> {
    about_the_span(&item.stem, reading)?;
    let (right, wrong) = split_options(item);
    let answering = reading.answering(&item.stem);
    let answered = |text: &str| answering.iter().any(|sentence: &&Sentence| sentence.says(text));
    if negation_in(&item.stem).is_some() {
        if let Some(text) = wrong.iter().find(|text| !reading.says(text)) {
            return Err(format!("the cited span does not say that “{text}” holds"));
        }
        return match right.iter().find(|text| answered(text)) {
            Some(text) => Err(format!("the cited span says that “{text}” holds")),
            None => Ok(()),
        };
    }
    let Some(missing) = right.iter().find(|text| !reading.says(text)) else {
        let led_away = right.len() == 1 && !right.iter().any(|text| answered(text));
        return match wrong.iter().find(|text| led_away && answered(text)) {
            Some(text) => Err(format!("the cited span answers with “{text}”")),
            None => Ok(()),
        };
    };
    match wrong.iter().find(|text| reading.says(text)) {
        Some(text) => Err(format!("the cited span gives “{text}”, not “{missing}”")),
        None => Err(format!("“{missing}” is not in the cited span")),
    }
}

fn decides(verdict: Verdict, key: bool) -> Result<(), String> {
    match (verdict, key) {
        (Verdict::Unrelated, _) => Err("the statement has nothing to do with the cited span".to_owned()),
        (Verdict::Contradicted | Verdict::Open, true) => {
            Err("the cited span does not say what is said to be true".to_owned())
        }
        (Verdict::Confirmed, false) => Err("the cited span says what is said to be false".to_owned()),
        (Verdict::Confirmed, true) | (Verdict::Contradicted | Verdict::Open, false) => Ok(()),
    }
}

fn in_order(reading: &Reading, options: &[Choice], key: &[String]) -> Result<(), String> {
    let mut rest = reading.squashed.as_str();
    for id in key {
        let text = text_of(options, id).unwrap_or_default();
        let wanted = squashed(text);
        let Some(at) = rest.find(&wanted).filter(|_| !wanted.is_empty()) else {
            return Err(format!("“{text}” does not follow in the cited span"));
        };
        rest = &rest[at + wanted.len()..];
    }
    Ok(())
}

/// A reference answer has its words, its numbers and its negations from the span.
fn supports(reading: &Reading, reference: &str) -> Result<(), String> {
    let words = content_stems(reference);
    if words.is_empty() || reading.share_of(&words) < WRITTEN_SHARE {
        return Err("the reference answer is not supported by the cited span".to_owned());
    }
    let text = normal(reference);
    let invented = text
        .split(' ')
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
        .find(|word| number_of(word).is_some_and(|number| !reading.has_number(number)));
    if let Some(number) = invented {
        return Err(format!(
            "the number {number} of the reference answer is not in the cited span"
        ));
    }
    for sentence in Reading::of(reference).sentences {
        let denied = denies(&sentence.normal);
        let like = closest(reading, &sentence);
        if like
            .is_some_and(|like| denies(&like.normal) != denied && !like.squashed.contains(&sentence.squashed))
        {
            return Err("the reference answer says the opposite of the cited span".to_owned());
        }
    }
    Ok(())
}

/// The sentence of the span that has nearly all words of a sentence; none when several or none do.
fn closest<'a>(reading: &'a Reading, sentence: &Sentence) -> Option<&'a Sentence> {
    let mut like = reading
        .sentences
        .iter()
        .filter(|other| share_within(&sentence.words, &other.words) >= WRITTEN_SHARE);
    like.next().filter(|_| like.next().is_none())
}

/// The sentences the question leads to hold at least part of the answer.
fn answers(reading: &Reading, stem: &str, reference: &str) -> Result<(), String> {
    let answering = reading.answering(stem);
    let found = answering
        .iter()
        .flat_map(|sentence| sentence.words.clone())
        .collect();
    if !answering.is_empty() && share_within(&content_stems(reference), &found) < ANSWERING_SHARE {
        return Err("the cited span answers the question in other words than the reference".to_owned());
    }
    Ok(())
}

/// Whether a number is among some numbers.
fn among(number: f64, numbers: &[f64]) -> bool {
    numbers.iter().any(|other| same_number(*other, number))
}
