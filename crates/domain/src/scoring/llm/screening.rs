//! Answers that speak to their grader: found before a model reads them, without asking one.
//!
//! Words are compared after what hides them is undone: compatibility forms, letters of other scripts that look Latin, letters
//! set apart, digits for letters, base64, ROT13, backwards. Each [`Sign`] has a weight; two points make a suspicion. A suspicion takes
//! no points away: it sends the verdict to a person.

mod hidden;
mod rules;

use std::collections::BTreeSet;

use self::hidden::{readings, words};
use self::rules::{PHRASES, is_order_in_one_word, is_role_marker};
use super::FLAG_SUSPECTED_INJECTION;
use crate::authoring::rubric::Rubric;

/// Signs of this weight together make a suspicion.
const SUSPICION: u32 = 2;
/// Words of the rubric in a row that nobody writes by chance.
const QUOTED_WORDS: usize = 7;
/// Characters that cannot be seen beyond what scripts and emoji need.
const MOST_INVISIBLE: usize = 3;

/// What an answer does that answers do not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Asks to set instructions aside.
    SetsInstructionsAside,
    /// Asks for marks.
    AsksForMarks,
    /// Speaks to a grader or a machine.
    SpeaksToGrader,
    /// Might speak to a machine, or be about one.
    MentionsMachine,
    /// Imitates messages of a system, or the end of an answer.
    ImitatesMessages,
    /// Imitates a verdict.
    ImitatesVerdict,
    /// Holds characters that nobody sees.
    HidesCharacters,
    /// Was only readable after decoding.
    Encoded,
    /// Repeats the rubric.
    QuotesRubric,
}

impl Sign {
    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetsInstructionsAside => "sets_instructions_aside",
            Self::AsksForMarks => "asks_for_marks",
            Self::SpeaksToGrader => "speaks_to_grader",
            Self::MentionsMachine => "mentions_machine",
            Self::ImitatesMessages => "imitates_messages",
            Self::ImitatesVerdict => "imitates_verdict",
            Self::HidesCharacters => "hides_characters",
            Self::Encoded => "encoded",
            Self::QuotesRubric => "quotes_rubric",
        }
    }

    const fn weight(self) -> u32 {
        match self {
            Self::MentionsMachine | Self::Encoded => 1,
            _ => SUSPICION,
        }
    }
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    /// In a fixed order.
    pub signs: BTreeSet<Sign>,
}

impl Screening {
    /// Whether a person should look.
    pub fn is_suspicion(&self) -> bool {
        self.signs.iter().map(|sign| sign.weight()).sum::<u32>() >= SUSPICION
    }

    /// The flags of a verdict on such an answer: the suspicion, if it is one, and every sign.
    pub fn flags(&self) -> Vec<String> {
        let suspected = self.is_suspicion().then(|| FLAG_SUSPECTED_INJECTION.to_owned());
        let signs = self.signs.iter().map(|sign| format!("sign:{}", sign.as_str()));
        suspected.into_iter().chain(signs).collect()
    }
}

/// Looks at an answer; `rubric` is the one that it is judged by.
pub fn screen(answer: &str, rubric: &Rubric) -> Screening {
    let mut signs = BTreeSet::new();
    if hidden::invisible_count(answer) > MOST_INVISIBLE {
        signs.insert(Sign::HidesCharacters);
    }
    let stretches = stretches(rubric);
    for (reading, text) in readings(answer).into_iter().enumerate() {
        let before = signs.len();
        look(&text, (rubric, &stretches), &mut signs);
        // The first reading is the text as everybody reads it.
        if reading > 0 && signs.len() > before {
            signs.insert(Sign::Encoded);
        }
    }
    Screening { signs }
}

/// The answer with blanks in place of the sentences that make it suspicious, so that what is left keeps its places; none where
/// nothing makes it suspicious, or nothing is left.
pub fn without_suspicion(answer: &str, rubric: &Rubric) -> Option<String> {
    if !screen(answer, rubric).is_suspicion() {
        return None;
    }
    let sentences = answer.split_inclusive(['.', '!', '?', '\n']);
    let left: String = sentences
        .map(|sentence| {
            if screen(sentence, rubric).is_suspicion() {
                " ".repeat(sentence.chars().count())
            } else {
                sentence.to_owned()
            }
        })
        .collect();
    (!left.trim().is_empty()).then_some(left)
}

fn look(text: &str, (rubric, stretches): (&Rubric, &Stretches), signs: &mut BTreeSet<Sign>) {
    let words = words(text);
    signs.extend(rules::seen_in(&words));
    let squeezed: String = text
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let phrases = PHRASES.iter().filter(|(phrase, _)| squeezed.contains(phrase));
    signs.extend(phrases.map(|(_, sign)| *sign));
    let sentences = text
        .lines()
        .flat_map(|line| line.split_inclusive(['.', '!', '?']));
    if text.lines().chain(sentences).any(is_role_marker) {
        signs.insert(Sign::ImitatesMessages);
    }
    if words.iter().any(|word| is_order_in_one_word(word)) {
        signs.insert(Sign::SetsInstructionsAside);
    }
    if rules::imitates_verdict(&squeezed, &words, rubric) {
        signs.insert(Sign::ImitatesVerdict);
    }
    if quotes(&words, stretches) {
        signs.insert(Sign::QuotesRubric);
    }
}

/// The words of every text with which a rubric describes itself.
type Stretches = Vec<Vec<String>>;

fn stretches(rubric: &Rubric) -> Stretches {
    let texts = rubric.criteria.iter().flat_map(|criterion| {
        let levels = criterion.levels.iter().map(|level| &level.descriptor);
        std::iter::once(&criterion.description).chain(levels)
    });
    texts.map(|text| words(&hidden::plain(text))).collect()
}

/// Whether the answer repeats a stretch of what the rubric says about itself.
fn quotes(answer: &[String], stretches: &Stretches) -> bool {
    stretches.iter().any(|text| {
        let length = QUOTED_WORDS.min(text.len().max(5));
        text.windows(length)
            .any(|stretch| answer.windows(length).any(|window| window == stretch))
    })
}

#[cfg(test)]
mod tests;
