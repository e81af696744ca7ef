//! The most an answer can be worth where learning cannot tell: the development data hold hardly a wrong answer of these
//! kinds, and graders so mild that whatever is learnt from them grants three points of five to anything.

use std::collections::BTreeSet;

use super::alignment::{Bag, stems};
use super::coefficients as c;
use super::features::{self, Features};
use super::observation::{Texts, between};
use super::tokens::{Class, Text};
use super::units::{right_amount, wrong_quantity};
use super::words::{COMMON_WORDS, holds};

/// What keeps a score down, whatever the learnt line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ceiling {
    /// The most that is granted, 0–1.
    pub(super) share: f64,
    /// Why, where that is plain.
    pub(super) fault: Option<Fault>,
}

/// What plainly speaks against an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One thing was asked for and another one named.
    OtherThing,
    /// The expected number stands there with another unit, or another number with the expected unit.
    WrongQuantity,
    /// A spreadsheet's error value stands where an answer was.
    Lost,
}

impl Ceiling {
    pub(super) const NONE: Self = Self {
        share: 1.0,
        fault: None,
    };

    /// Looks at an answer that is not the reference itself; `closeness` and `touches` as in
    /// [`features::Comparison`], `likeness` with a sentence model only.
    pub(super) fn of(texts: &Texts, source: &str, known: &BTreeSet<&str>, seen: &Ties<'_>) -> Self {
        let Some(reference) = &texts.reference else {
            return Self::NONE;
        };
        if SPREADSHEET_ERRORS.contains(&source.trim()) {
            return Self::fault(c::LOST_CEILING, Fault::Lost);
        }
        if wrong_quantity(reference, &texts.answer) {
            return Self::fault(c::WRONG_QUANTITY_CEILING, Fault::WrongQuantity);
        }
        // An expression cannot be compared with words; that is doubt, not a fault. An amount may be right in another unit.
        if is_expression(source) || right_amount(reference, &texts.answer) {
            return Self::NONE;
        }
        let likeness = seen.likeness.unwrap_or(0.0);
        if likeness < c::SAME_THING
            && seen.closeness < c::LOOSE_CLOSENESS
            && names_another(reference, &texts.answer, known)
        {
            return Self::fault(c::OTHER_THING_CEILING, Fault::OtherThing);
        }
        Self {
            share: match seen.likeness {
                None if !seen.touches => untied(texts.answer.len()),
                Some(likeness) if seen.is_loose() || !seen.tied => {
                    let least = unlike(texts.answer.len());
                    let alike = between(likeness, c::UNLIKE_MEANING, c::LIKE_MEANING);
                    least + (c::LIKE_CEILING - least) * alike
                }
                _ => 1.0,
            },
            fault: None,
        }
    }

    fn fault(share: f64, fault: Fault) -> Self {
        Self {
            share,
            fault: Some(fault),
        }
    }
}

/// What ties an answer to question and reference.
pub(super) struct Ties<'f> {
    pub(super) features: &'f Features,
    pub(super) closeness: f64,
    /// By any word, and by that or likeness of meaning.
    pub(super) tied: bool,
    pub(super) touches: bool,
    pub(super) likeness: Option<f64>,
}

impl Ties<'_> {
    fn is_loose(&self) -> bool {
        self.closeness < c::LOOSE_CLOSENESS && self.features[features::TOPICALITY] < c::LOOSE_TOPICALITY
    }
}

/// For a text of so many words none of which is expected: a word or two are hardly a paraphrase, a sentence may be one.
fn untied(words: usize) -> f64 {
    if words <= c::FEW_WORDS {
        c::UNTIED_CEILING
    } else {
        c::UNTIED_SENTENCE_CEILING
    }
}

/// The same for a text that means something else than the reference, as far as a sentence model can tell.
fn unlike(words: usize) -> f64 {
    if words <= c::FEW_WORDS {
        c::UNLIKE_CEILING
    } else {
        c::UNLIKE_SENTENCE_CEILING
    }
}

/// What a spreadsheet shows, and exports, for a text that begins like a formula.
const SPREADSHEET_ERRORS: [&str; 7] = ["#NAME?", "#REF!", "#VALUE!", "#N/A", "#NULL!", "#NUM!", "#DIV/0!"];

/// Whether the reference names one thing beyond the question, and the answer names others.
fn names_another(reference: &Text, answer: &Text, known: &BTreeSet<&str>) -> bool {
    let (wanted, named) = (names(reference, known), names(answer, known));
    let short = reference.len() <= c::NAMING_WORDS || wanted.len() == 1;
    let one =
        !wanted.is_empty() && wanted.len() <= c::NAMES && answer.len() <= reference.len() + c::NAMING_WORDS;
    if !short || !one || named.is_empty() || named.len() > c::NAMES {
        return false;
    }
    let (expected, given) = (Bag::new(reference, known), Bag::new(answer, known));
    let tied = stems(reference)
        .intersection(&stems(answer))
        .any(|stem| !known.contains(stem));
    !tied
        && !given.touches_beyond(&expected, known)
        && expected.best_likeness(&given, known) < c::LEAST_LIKENESS
}

/// Words that name something: no glue, nothing frequent, no single letters, nothing the question says.
fn names<'t>(text: &'t Text, known: &BTreeSet<&str>) -> BTreeSet<&'t str> {
    let naming = stems(text);
    text.tokens()
        .filter(|token| naming.contains(token.stem.as_str()) && !known.contains(token.stem.as_str()))
        .filter(|token| token.class == Class::Number || token.word.chars().nth(1).is_some())
        .filter(|token| !holds(&COMMON_WORDS, &token.word) && !holds(&COMMON_WORDS, &token.stem))
        .map(|token| token.stem.as_str())
        .collect()
}

/// A formula rather than words: "O(log n)", "2n + 1".
fn is_expression(source: &str) -> bool {
    let words = source.split_whitespace().count();
    let mark = |character: char| matches!(character, '(' | '=' | '+' | '*' | '/' | '^' | '<' | '>');
    words <= c::EXPRESSION_WORDS && source.contains(mark) || is_log(source)
}

fn is_log(source: &str) -> bool {
    let mut words = source.split_whitespace();
    words
        .next()
        .is_some_and(|word| matches!(word.to_lowercase().as_str(), "log" | "n" | "ln"))
        && words.count() < c::LOG_WORDS
}
