//! Signs that a score means less than it seems: another language, an echo of the question, a list of keywords.

use std::collections::BTreeSet;

use super::alignment::{Bag, count};
use super::coefficients as c;
use super::observation::{Observation, Texts};
use super::tokens::{Class, Text};
use super::words::{FOREIGN_WORDS, holds};

/// The answer is not in English, the only language the local scorer knows.
pub const FLAG_OTHER_LANGUAGE: &str = "other_language";
/// The answer says little but the question again.
pub const FLAG_ECHOES_QUESTION: &str = "echoes_question";
/// Words were listed where sentences were expected.
pub const FLAG_KEYWORD_LIST: &str = "keyword_list";

/// What was noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guards {
    pub(super) other_language: bool,
    pub(super) echoes_question: bool,
    pub(super) keyword_list: bool,
}

impl Guards {
    /// Looks at an answer whose agreement is known; the reference itself is never suspicious.
    pub(super) fn check(seen: &Observation, source: &str, texts: &Texts, known: &BTreeSet<&str>) -> Self {
        if seen.verbatim {
            return Self::default();
        }
        let little_flow = texts.answer.len() >= c::GUARD_WORDS
            && function_share(&texts.answer) < c::LEAST_FUNCTION_SHARE
            && texts.reference.as_ref().is_none_or(flows);
        // English keywords hit the expected words; what hits nothing is more likely no English at all.
        let hits = seen.overlap.precision.max(seen.question_recall) >= c::LEAST_NEWS;
        let other_language =
            foreign_letters(source) || foreign_words(&texts.answer) || (little_flow && !hits);
        Self {
            other_language,
            echoes_question: echoes(seen, texts, known),
            keyword_list: little_flow && hits && !other_language,
        }
    }

    /// What is left of a score.
    pub(super) fn damping(self) -> f64 {
        let echo = if self.echoes_question {
            c::ECHO_DAMPING
        } else {
            1.0
        };
        let keywords = if self.keyword_list {
            c::KEYWORDS_DAMPING
        } else {
            1.0
        };
        echo * keywords
    }

    /// Whether anything was noticed.
    pub(super) fn any(self) -> bool {
        self.other_language || self.echoes_question || self.keyword_list
    }

    /// The flags of a verdict.
    pub(super) fn flags(self) -> Vec<String> {
        [
            (self.other_language, FLAG_OTHER_LANGUAGE),
            (self.echoes_question, FLAG_ECHOES_QUESTION),
            (self.keyword_list, FLAG_KEYWORD_LIST),
        ]
        .into_iter()
        .filter(|(raised, _)| *raised)
        .map(|(_, flag)| flag.to_owned())
        .collect()
    }
}

/// Share of words that are English glue.
pub(super) fn function_share(text: &Text) -> f64 {
    let glue = text
        .tokens()
        .filter(|token| matches!(token.class, Class::Function | Class::Negation))
        .count();
    count(glue) / count(text.len().max(1))
}

/// Whether a reference is written in sentences, so that an answer can be expected to be.
fn flows(reference: &Text) -> bool {
    function_share(reference) >= c::LEAST_FUNCTION_SHARE
}

fn foreign_letters(source: &str) -> bool {
    let letters = source
        .chars()
        .filter(|character| character.is_alphabetic())
        .count();
    let foreign = source
        .chars()
        .filter(|character| character.is_alphabetic() && !character.is_ascii())
        .count();
    letters > 0 && count(foreign) / count(letters) >= c::FOREIGN_LETTERS
}

fn foreign_words(text: &Text) -> bool {
    let foreign = text
        .tokens()
        .filter(|token| holds(&FOREIGN_WORDS, &token.word))
        .count();
    text.len() >= c::GUARD_WORDS && count(foreign) / count(text.len()) >= c::FOREIGN_WORDS
}

fn echoes(seen: &Observation, texts: &Texts, known: &BTreeSet<&str>) -> bool {
    // Where the expected words stand in the question, repeating them is no echo but the answer.
    if seen.question_recall < c::ECHOED_QUESTION || seen.overlap.recall >= c::ECHOED_QUESTION {
        return false;
    }
    let nothing_known = BTreeSet::new();
    let all = Bag::new(&texts.answer, &nothing_known).weight();
    let demoted = Bag::new(&texts.answer, known).weight();
    // Demoting takes the same share from every known word, so what it took tells how much was known.
    let news = 1.0 - (all - demoted) / (1.0 - c::DEMOTED) / all.max(f64::MIN_POSITIVE);
    news < c::LEAST_NEWS
}
