//! The number a question asks for is the one whose surroundings in the span are most like the question.

use std::collections::BTreeSet;

use super::super::numerals::{number_of, same_number};
use super::super::reading::{Reading, Sentence, matter_of};
use super::super::wording::{normal, ratio, squashed, stem};
use super::among;

/// A number ties with the best one when its score is this close.
const CLOSE: f64 = 0.02;
/// Questions that ask for a number to be worked out.
const WORKING: [&str; 9] = [
    "calculate",
    "compute",
    "total",
    "altogether",
    "difference",
    "times",
    "convert",
    "would",
    "remain",
];

pub(super) fn check(reading: &Reading, stem: &str, key: f64) -> Result<(), String> {
    // A number to be worked out may stand in the span for something else.
    stated(reading, stem, key).or_else(|stated| worked_out(reading, stem, key).map_err(|()| stated))
}

fn stated(reading: &Reading, stem: &str, key: f64) -> Result<(), String> {
    if !reading.has_number(key) {
        return Err(format!("the number {key} is not in the cited span"));
    }
    if let Some(found) = cut_out(reading, stem) {
        return agree(found, key);
    }
    let matter = matter_of(stem);
    let scored: Vec<(f64, f64)> = reading
        .numbers()
        .iter()
        .map(|(number, sentence, place)| (score(&matter, sentence, *place), *number))
        .collect();
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
    let leading: Vec<f64> = scored
        .iter()
        .filter(|(score, _)| *score >= best - CLOSE)
        .map(|(_, number)| *number)
        .collect();
    match leading.first() {
        Some(_) if among(key, &leading) => Ok(()),
        Some(other) => agree(*other, key),
        None => Ok(()),
    }
}

fn agree(found: f64, key: f64) -> Result<(), String> {
    if same_number(found, key) {
        Ok(())
    } else {
        Err(format!("the cited span answers with {found}, not with {key}"))
    }
}

/// The number that stands in the place of the gap, when the question is a sentence of the span with a gap.
fn cut_out(reading: &Reading, stem: &str) -> Option<f64> {
    let statement = stem
        .split_once('“')
        .map_or(stem, |(_, quoted)| quoted.trim_end_matches('”'));
    let (before, after) = statement.split_once("____")?;
    let (before, after) = (squashed(before), squashed(after));
    let candidates = reading
        .sentences
        .iter()
        .flat_map(|sentence| sentence.normal.split(' '));
    candidates
        .filter_map(|word| Some((word, number_of(word)?)))
        .find(|(word, _)| {
            // `8kb` is cut out as `8` or whole, so what follows the number is left to the text after it.
            let digits = word.trim_end_matches(|letter: char| letter.is_alphabetic());
            let written = if digits.is_empty() { *word } else { digits };
            reading.squashed.contains(&format!("{before}{written}{after}"))
        })
        .map(|(_, number)| number)
}

/// Words of the question in the sentence count; of numbers in one sentence the one next to them wins.
fn score(matter: &BTreeSet<String>, sentence: &Sentence, place: usize) -> f64 {
    let shared = ratio(sentence.words.intersection(matter).count(), 1);
    let near: f64 = sentence
        .normal
        .split(' ')
        .enumerate()
        .filter(|(_, word)| matter.contains(&stem(word)))
        .map(|(at, _)| ratio(1, 1 + at.abs_diff(place)))
        .sum();
    shared + near
}

/// A number that the span does not state must follow from two numbers of span and question, and the question must say so.
fn worked_out(reading: &Reading, stem: &str, key: f64) -> Result<(), ()> {
    let text = normal(stem);
    let asked = text.split(' ').any(|word| WORKING.contains(&word));
    let own = text.split(' ').filter_map(number_of);
    let mut numbers: Vec<f64> = reading.numbers().iter().map(|(number, ..)| *number).collect();
    let stated = numbers.len();
    numbers.extend(own);
    let reached = (0..numbers.len().min(24)).any(|one| {
        (0..numbers.len().min(24))
            .filter(|other| *other != one && one.min(*other) < stated)
            .any(|other| among(key, &results(numbers[one], numbers[other])))
    });
    if asked && reached { Ok(()) } else { Err(()) }
}

fn results(one: f64, other: f64) -> Vec<f64> {
    let mut results = vec![one + other, one - other, one * other];
    if other != 0.0 {
        results.extend([one / other, one / other * 100.0]);
    }
    results.push(one * other / 100.0);
    results
}
