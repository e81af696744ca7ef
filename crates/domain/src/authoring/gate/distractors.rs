//! `distractors`: wrong options are enough, plausible, different in meaning, and wrong by the cited span.

use std::collections::{BTreeMap, BTreeSet};

use super::super::item::{Choice, ItemBody, ItemContent};
use super::content::split_options;
use super::negation::negation_in;
use super::numerals::number_of;
use super::reading::{Reading, Sentence, Verdict};
use super::wording::{denies, has_phrase, normal, telling};

const FEWEST: usize = 2;
/// A number so many times larger or smaller than the right one misleads nobody.
const FAR_OFF: f64 = 1000.0;
/// A wrong option with so many telling words is a statement that the span may make in other words.
const STATEMENT_WORDS: usize = 3;
/// Words that leave the meaning as it is.
const DEGREE_WORDS: [&str; 8] = [
    "veri", "realli", "quit", "simpli", "exact", "strong", "high", "basic",
];
/// British spelling and American.
const SPELLINGS: [(&str, &str); 6] = [
    ("isation", "ization"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("ise", "ize"),
    ("our", "or"),
    ("centre", "center"),
];
/// Options that nobody takes for an answer.
const FILLERS: [&str; 20] = [
    "i do not know",
    "i dont know",
    "do not know",
    "dont know",
    "no idea",
    "n a",
    "na",
    "xxx",
    "foo",
    "bar",
    "asdf",
    "lorem ipsum",
    "wrong answer",
    "incorrect answer",
    "distractor",
    "something else",
    "nothing",
    "anything",
    "other",
    "blah blah",
];

pub(super) fn check(item: &ItemContent, reading: &Reading) -> Result<(), String> {
    match &item.body {
        ItemBody::MultipleChoice { options, .. } | ItemBody::MultipleResponse { options, .. } => {
            let (right, wrong) = split_options(item);
            if wrong.len() < FEWEST {
                return Err(format!(
                    "{} wrong options, at least {FEWEST} are needed",
                    wrong.len()
                ));
            }
            all_different(options)?;
            plausible(&right, &wrong)?;
            // Where the question asks for what does not hold, the wrong options are the ones the span has.
            if negation_in(&item.stem).is_some() {
                return Ok(());
            }
            none_entailed(&item.stem, reading, &right, &wrong)
        }
        // The partners of the other entries are the wrong options.
        ItemBody::Matching { left, right, .. } => all_different(left).and_then(|()| all_different(right)),
        ItemBody::Ordering { options, .. } => all_different(options),
        // Nothing is chosen from.
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

/// Options with the same telling words in any order and inflection mean the same to a reader.
fn all_different(options: &[Choice]) -> Result<(), String> {
    let mut seen: BTreeMap<BTreeSet<String>, &str> = BTreeMap::new();
    for option in options {
        if let Some(twin) = seen.insert(meaning_of(&option.text), &option.text) {
            return Err(format!("“{}” and “{twin}” mean the same", option.text));
        }
    }
    for option in options {
        if let Some(long) = options
            .iter()
            .find(|other| abbreviates(&option.text, &other.text))
        {
            return Err(format!("“{}” is short for “{}”", option.text, long.text));
        }
    }
    Ok(())
}

fn meaning_of(text: &str) -> BTreeSet<String> {
    let mut american = normal(text);
    for (british, other) in SPELLINGS {
        american = american.replace(british, other);
    }
    let words = telling(&american).into_iter();
    let mut words: BTreeSet<String> = words
        .filter(|word| !DEGREE_WORDS.contains(&word.as_str()))
        .map(|word| number_of(&word).map_or(word, |number| number.to_string()))
        .collect();
    words.retain(|word| !matches!(word.as_str(), "not" | "no" | "never"));
    if denies(&normal(text)) {
        words.insert("not".to_owned());
    }
    if words.is_empty() {
        words.insert(text.trim().to_lowercase());
    }
    words
}

fn abbreviates(short: &str, long: &str) -> bool {
    let letters = short.trim();
    let written = letters.len() >= 2 && letters.chars().all(|letter| letter.is_ascii_uppercase());
    let initials: String = long
        .split([' ', '-'])
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect();
    written && initials == letters
}

fn plausible(right: &[&str], wrong: &[&str]) -> Result<(), String> {
    let filler = |text: &&&str| {
        let plain = normal(text);
        FILLERS.contains(&plain.as_str())
            || text
                .trim()
                .chars()
                .all(|letter| matches!(letter, '?' | '.' | '…' | '-'))
    };
    if let Some(text) = wrong.iter().find(filler) {
        return Err(format!("nobody takes “{text}” for an answer"));
    }
    let counted = |texts: &[&str]| texts.iter().filter(|text| figure_in(text).is_some()).count();
    if counted(right) == right.len() && counted(wrong) == 0 {
        return Err("only the right option has a number".to_owned());
    }
    if counted(right) == 0 && counted(wrong) == wrong.len() {
        return Err("every wrong option has a number, the right one has none".to_owned());
    }
    let amount = |text: &&str| figure_in(text).filter(|_| normal(text).split(' ').count() <= 2);
    let far = |one: f64, other: f64| {
        one != 0.0 && other != 0.0 && (one / other).abs().max((other / one).abs()) > FAR_OFF
    };
    let key = right.first().and_then(amount);
    match key.and_then(|key| {
        wrong
            .iter()
            .find(|text| amount(text).is_some_and(|other| far(key, other)))
    }) {
        Some(text) => Err(format!("“{text}” is far from anything one could take for right")),
        None => Ok(()),
    }
}

/// The first number in digits.
fn figure_in(text: &str) -> Option<f64> {
    normal(text)
        .split(' ')
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))
        .find_map(number_of)
}

/// A wrong option that stands in the sentence that answers the question may be right by it.
fn none_entailed(stem: &str, reading: &Reading, right: &[&str], wrong: &[&str]) -> Result<(), String> {
    let answering = reading.answering(stem);
    let answers = |text: &&str| answering.iter().any(|sentence| sentence.says(text));
    let led_to_the_key = right.iter().all(answers);
    for text in wrong {
        let phrase = normal(text);
        let mentions = |sentence: &&Sentence| has_phrase(&sentence.normal, &phrase);
        let told = telling(text).len() >= STATEMENT_WORDS && reading.verdict_on(text) == Verdict::Confirmed;
        let apart = led_to_the_key && !answering.iter().any(mentions);
        if told || !apart && reading.sentences.iter().any(|sentence| mentions(&sentence)) {
            return Err(format!("the wrong option “{text}” stands in the cited span"));
        }
    }
    Ok(())
}
