//! Signs that a score means less than it seems: another language, an echo of the question, a list of keywords.

use std::collections::BTreeSet;

use super::alignment::{Bag, count, stems};
use super::coefficients as c;
use super::observation::{Observation, Texts, numbers};
use super::tokens::{Class, Text};
use super::words::{BINDERS, FOREIGN_WORDS, holds};

/// The answer is not in English, the only language the local scorer knows.
pub const FLAG_OTHER_LANGUAGE: &str = "other_language";
/// The answer says little but the question again.
pub const FLAG_ECHOES_QUESTION: &str = "echoes_question";
/// The answer says the reference's own words with the opposite sign.
pub const FLAG_CONTRADICTS: &str = "contradicts_reference";
/// Words were listed where sentences were expected.
pub const FLAG_KEYWORD_LIST: &str = "keyword_list";

/// The answer holds the reference word for word, and much besides.
pub const FLAG_PADDED: &str = "padded";
/// A spreadsheet's error value ("#NAME?") stands where an answer was: a person has to look for what it said.
pub const FLAG_UNREADABLE: &str = "unreadable";
/// The answer says that there is none ("I don't know").
pub const FLAG_NO_ANSWER: &str = "no_answer";

/// What was noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guards {
    pub(super) other_language: bool,
    pub(super) echo: Echo,
    pub(super) keyword_list: bool,
    pub(super) padded: bool,
}

/// How far an answer says the question again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Echo {
    #[default]
    None,
    /// It says little besides.
    Nearly,
    /// It says nothing besides.
    Only,
}

impl Guards {
    /// Looks at an answer whose agreement is known; the reference itself is never suspicious.
    pub(super) fn check(seen: &Observation, source: &str, texts: &Texts, known: &BTreeSet<&str>) -> Self {
        if seen.verbatim || seen.no_answer {
            return Self::default();
        }
        let little_flow = little_flow(texts);
        let long = texts.answer.len() >= c::GUARD_WORDS;
        // English keywords hit the expected words; what hits nothing is more likely no English at all.
        let hits = seen.overlap.precision.max(seen.question_recall) >= c::LEAST_NEWS;
        let other_language =
            foreign_letters(source) || foreign_words(&texts.answer) || (long && little_flow && !hits);
        Self {
            other_language,
            echo: if says_one(texts, known) {
                Echo::None
            } else {
                echo(seen, texts, known)
            },
            keyword_list: little_flow && hits && !other_language,
            padded: padded(texts, known),
        }
    }

    /// What is left of a score.
    pub(super) fn damping(self) -> f64 {
        let echo = match self.echo {
            Echo::None => 1.0,
            Echo::Nearly => c::NEARLY_ECHO_DAMPING,
            Echo::Only => c::ECHO_DAMPING,
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
        self.other_language || self.echoes() || self.keyword_list || self.padded
    }

    /// Whether it says little but the question.
    pub(super) fn echoes(self) -> bool {
        self.echo != Echo::None
    }

    /// The flags of a verdict.
    pub(super) fn flags(self) -> Vec<String> {
        [
            (self.other_language, FLAG_OTHER_LANGUAGE),
            (self.echoes(), FLAG_ECHOES_QUESTION),
            (self.keyword_list, FLAG_KEYWORD_LIST),
            (self.padded, FLAG_PADDED),
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

/// Words without the glue of sentences, where the reference has it.
fn little_flow(texts: &Texts) -> bool {
    let words = texts.answer.len();
    let few = words >= c::GUARD_WORDS && function_share(&texts.answer) < c::LEAST_FUNCTION_SHARE;
    let none = words >= c::KEYWORDS && binders(&texts.answer) == 0 && !is_quantity(&texts.answer);
    let asked_for_sentences = |reference: &Text| {
        reference.len() >= c::SENTENCE_WORDS
            && flows(reference)
            && (few || (binders(reference) > 0 && reference.len() > words))
    };
    (few || none) && texts.reference.as_ref().is_none_or(asked_for_sentences)
}

/// "5 km" is what was asked for, not a list.
fn is_quantity(text: &Text) -> bool {
    text.len() <= c::QUANTITY_WORDS && text.tokens().any(|token| token.class == Class::Number)
}

/// The reference copied word for word among other words: any, where it is long; the whole question or something else
/// altogether, where it is so short that an honest answer may well contain it.
fn padded(texts: &Texts, known: &BTreeSet<&str>) -> bool {
    let Some(reference) = &texts.reference else {
        return false;
    };
    let (answer, copied) = (words(&texts.answer), words(reference));
    let besides = answer.len().saturating_sub(copied.len());
    let Some(start) = place(&answer, &copied).filter(|_| besides >= c::LEAST_PADDING) else {
        return false;
    };
    let rest: Vec<&str> = [&answer[..start], &answer[start + copied.len()..]].concat();
    stems(reference).len() >= c::COPYABLE
        || place(&rest, &words(&texts.question)).is_some()
        || (flows(reference) && is_strange(texts, reference, known))
}

/// Whether hardly any of the words that the answer has besides the reference's are the question's.
fn is_strange(texts: &Texts, reference: &Text, known: &BTreeSet<&str>) -> bool {
    let expected = stems(reference);
    let given = stems(&texts.answer);
    let besides: Vec<&&str> = given.iter().filter(|stem| !expected.contains(**stem)).collect();
    let familiar = besides.iter().filter(|stem| known.contains(**stem)).count();
    besides.len() >= c::LEAST_PADDING && count(familiar) < c::FAMILIAR_PADDING * count(besides.len())
}

fn words(text: &Text) -> Vec<&str> {
    text.tokens().map(|token| token.word.as_str()).collect()
}

/// Where `part` stands in `all`, word for word.
fn place(all: &[&str], part: &[&str]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    all.windows(part.len()).position(|window| window == part)
}

/// Words without which hardly an English sentence of some length is made.
fn binders(text: &Text) -> usize {
    text.tokens().filter(|token| holds(&BINDERS, &token.word)).count()
}

/// Whether a text only says that there is no answer, in at most eight words.
pub(super) fn says_no_answer(source: &str) -> bool {
    let letters: String = source
        .to_lowercase()
        .chars()
        .filter(|character| !matches!(character, '\'' | '\u{2019}'))
        .map(|character| {
            if character.is_alphanumeric() {
                character
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = letters.split_whitespace().take(MOST_EXCUSE_WORDS + 1).collect();
    let text = words.join(" ");
    NO_ANSWERS.contains(&text.as_str())
        || (words.len() <= MOST_EXCUSE_WORDS && EXCUSES.iter().any(|excuse| text.starts_with(excuse)))
}

/// The whole of an answer that is none, in lower case without punctuation.
const NO_ANSWERS: [&str; 11] = [
    "n a",
    "na",
    "idk",
    "unanswered",
    "not answered",
    "no answer",
    "no comment",
    "left blank",
    "not sure",
    "skipped",
    "dunno",
];
/// How an answer that is none begins.
const EXCUSES: [&str; 8] = [
    "i dont know",
    "i do not know",
    "i have no idea",
    "no idea",
    "i am not sure",
    "im not sure",
    "i cant remember",
    "i forgot",
];
const MOST_EXCUSE_WORDS: usize = 8;

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

/// Whether "one" stands where 1 is expected: as a number it is news, though as a word it is glue.
fn says_one(texts: &Texts, known: &BTreeSet<&str>) -> bool {
    let expected = |reference: &Text| numbers(reference, known).contains("1");
    texts.reference.as_ref().is_some_and(expected) && texts.answer.tokens().any(|token| token.word == "one")
}

/// Where the expected words stand in the question, repeating them is no echo but the answer, unless it repeats it all.
fn echo(seen: &Observation, texts: &Texts, known: &BTreeSet<&str>) -> Echo {
    let news = news(texts, known);
    let answers = seen.overlap.recall >= c::ECHOED_QUESTION && seen.question_recall < c::WHOLE_QUESTION;
    // The whole question may be spelled a little like the reference ("say", "stay") and still say nothing of it.
    let expected = |reference: &Text| !stems(reference).is_disjoint(&stems(&texts.answer));
    let says_nothing =
        seen.question_recall >= c::WHOLE_QUESTION && !texts.reference.as_ref().is_some_and(expected);
    let beside_the_point = seen.overlap.recall <= c::ONLY_ECHO || says_nothing;
    let least_news = if beside_the_point {
        c::LEAST_POINTLESS_NEWS
    } else {
        c::LEAST_NEWS
    };
    if seen.question_recall < c::ECHOED_QUESTION || news >= least_news || answers {
        Echo::None
    } else if beside_the_point {
        Echo::Only
    } else {
        Echo::Nearly
    }
}

/// Share of the answer's weight that the question does not have.
fn news(texts: &Texts, known: &BTreeSet<&str>) -> f64 {
    let nothing_known = BTreeSet::new();
    let all = Bag::new(&texts.answer, &nothing_known).weight();
    let demoted = Bag::new(&texts.answer, known).weight();
    // Demoting takes the same share from every known word, so what it took tells how much was known.
    1.0 - (all - demoted) / (1.0 - c::DEMOTED) / all.max(f64::MIN_POSITIVE)
}
