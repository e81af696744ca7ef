//! Text cut into sentences and tokens that still know where they came from.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::words::{
    COMMON_WORDS, DENIALS, FUNCTION_WORDS, NEGATIONS, digits_of, holds, opposite_of, synonym_group,
};

/// What a token can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Carries meaning.
    Content,
    /// Holds the sentence together.
    Function,
    /// Turns the meaning of what follows.
    Negation,
    /// A number in digits or words.
    Number,
}

/// A word or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// NFKC, lower case.
    pub(super) word: String,
    /// Snowball stem of the word; digits for a number.
    pub(super) stem: String,
    pub(super) class: Class,
    /// Group of interchangeable words, if the word is in one.
    pub(super) group: Option<usize>,
    /// Whether a negation stands shortly before it in its sentence.
    pub(super) negated: bool,
}

/// A sentence, line or list entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    /// First character (Unicode scalar values, from 0).
    pub(super) start: usize,
    /// One past the last character.
    pub(super) end: usize,
    pub(super) tokens: Vec<Token>,
}

/// A text as the scorer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// Sentences that hold at least one token.
    pub(super) sentences: Vec<Sentence>,
}

impl Text {
    /// Cuts a text; characters are counted in the text as given, so that quotes are verbatim.
    pub(super) fn new(source: &str) -> Self {
        let characters: Vec<char> = source.chars().collect();
        let stemmer = Stemmer::create(Algorithm::English);
        let mut sentences = Vec::new();
        let mut start = 0;
        while start < characters.len() {
            let end = sentence_end(&characters, start);
            if let Some(sentence) = sentence(&characters, start, end, &stemmer) {
                sentences.push(sentence);
            }
            start = end;
        }
        Self { sentences }
    }

    /// All tokens in order.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.sentences.iter().flat_map(|sentence| &sentence.tokens)
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.sentences.iter().map(|sentence| sentence.tokens.len()).sum()
    }
}

/// A word that carries meaning, as other slices compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContentWord {
    /// Snowball stem of the word.
    pub(crate) stem: String,
    /// Whether it is so frequent that finding it says little.
    pub(crate) is_common: bool,
}

/// The words of a text that carry meaning, in order, without numbers and glue.
pub(crate) fn content_words(source: &str) -> Vec<ContentWord> {
    let sentences = Text::new(source).sentences.into_iter();
    let tokens = sentences.flat_map(|sentence| sentence.tokens);
    let content = tokens.filter(|token| token.class == Class::Content);
    content
        .map(|token| ContentWord {
            is_common: holds(&COMMON_WORDS, &token.word),
            stem: token.stem,
        })
        .collect()
}

/// How many words with meaning a negation reaches.
const NEGATION_REACH: usize = 3;

/// One past the end mark of the sentence that begins at `start`. A dot inside a number or word ends nothing.
fn sentence_end(characters: &[char], start: usize) -> usize {
    for at in start..characters.len() {
        let ends = match characters[at] {
            '\n' | ';' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | '…' => characters.get(at + 1).is_none_or(|next| next.is_whitespace()),
            _ => false,
        };
        if ends {
            return at + 1;
        }
    }
    characters.len()
}

fn sentence(characters: &[char], start: usize, end: usize, stemmer: &Stemmer) -> Option<Sentence> {
    let mut tokens = Vec::new();
    let mut reach = 0;
    let mut at = start;
    while at < end {
        let stop = word_end(characters, at, end);
        if stop == at {
            at += 1;
            continue;
        }
        if let Some(mut token) = token(&characters[at..stop], stemmer) {
            if token.class == Class::Negation && only_compares(&characters[stop..end]) {
                token.class = Class::Function;
            }
            token.negated = reach > 0 && token.class != Class::Negation;
            if let Some(plain) = opposite_of(&token.word) {
                token.stem = stemmer.stem(plain).into_owned();
                token.negated = !token.negated;
                // "Not impossible to sort": what is denied twice does not deny what follows.
                reach = 0;
            }
            reach = match token.class {
                // "Without it there is no air": two denials say yes.
                Class::Negation if reach > 0 => 0,
                Class::Negation => NEGATION_REACH,
                Class::Content if holds(&DENIALS, &token.word) => NEGATION_REACH,
                Class::Content | Class::Number => reach.saturating_sub(1),
                Class::Function => reach,
            };
            tokens.push(token);
        }
        at = stop;
    }
    let is_space = |at: &usize| characters[*at].is_whitespace();
    let start = (start..end).find(|at| !is_space(at))?;
    let end = (start..end).rev().find(|at| !is_space(at))? + 1;
    (!tokens.is_empty()).then_some(Sentence { start, end, tokens })
}

/// Whether what follows a negation makes it a limit or an addition: "no more than two", "not only".
fn only_compares(rest: &[char]) -> bool {
    let next: String = rest
        .iter()
        .skip_while(|character| character.is_whitespace())
        .take_while(|character| character.is_alphabetic())
        .take(6)
        .collect();
    matches!(next.as_str(), "more" | "less" | "fewer" | "only" | "just")
}

/// One past the word that begins at `at`, or `at` when none does.
fn word_end(characters: &[char], at: usize, limit: usize) -> usize {
    let is_letter = |character: char| character.is_alphanumeric() || is_combining_mark(character);
    let mut end = at;
    while end < limit {
        let character = characters[end];
        let (before, after) = (
            end.checked_sub(1).map(|i| characters[i]),
            characters.get(end + 1).copied(),
        );
        let inside = end > at
            && match character {
                '\'' | '\u{2019}' => after.is_some_and(char::is_alphabetic),
                '.' | ',' => {
                    before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit())
                }
                _ => false,
            };
        if !is_letter(character) && !inside {
            break;
        }
        end += 1;
    }
    end
}

fn token(characters: &[char], stemmer: &Stemmer) -> Option<Token> {
    let written: String = characters
        .iter()
        .map(|c| if *c == '\u{2019}' { '\'' } else { *c })
        .collect();
    let lower = if written.is_ascii() {
        written.to_ascii_lowercase()
    } else {
        written.nfkc().collect::<String>().to_lowercase()
    };
    let made = |word: String, stem: String, class, group| Token {
        word,
        stem,
        class,
        group,
        negated: false,
    };
    if lower.ends_with("n't") {
        return Some(made(lower, "not".to_owned(), Class::Negation, None));
    }
    let word = lower
        .split('\'')
        .next()
        .filter(|word| !word.is_empty())?
        .to_owned();
    if word.starts_with(|character: char| character.is_ascii_digit()) {
        let digits: String = word.chars().filter(|character| *character != ',').collect();
        let class = if digits.ends_with(|c: char| c.is_ascii_digit()) {
            Class::Number
        } else {
            Class::Content
        };
        return Some(made(word, digits, class, None));
    }
    if let Some(digits) = digits_of(&word) {
        return Some(made(word, digits.to_owned(), Class::Number, None));
    }
    if holds(&NEGATIONS, &word) {
        return Some(made(word, "not".to_owned(), Class::Negation, None));
    }
    let stem = stemmer.stem(&word).into_owned();
    if holds(&FUNCTION_WORDS, &word) {
        return Some(made(word, stem, Class::Function, None));
    }
    let group = synonym_group(&word).or_else(|| synonym_group(&stem));
    Some(made(word, stem, Class::Content, group))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        Text::new(text).tokens().map(|token| token.stem.clone()).collect()
    }

    #[test]
    fn words_are_stemmed_lower_case_and_without_possessives() {
        assert_eq!(
            stems("The stack's Elements, re-inserted"),
            ["the", "stack", "element", "re", "insert"]
        );
        assert_eq!(stems("ＣＡＦＥ\u{301}s"), ["café"]);
    }

    #[test]
    fn numbers_meet_in_digits() {
        assert_eq!(stems("two 2 1,000 3.5 1st"), ["2", "2", "1000", "3.5", "1st"]);
        let classes: Vec<Class> = Text::new("two 7 1st").tokens().map(|token| token.class).collect();
        assert_eq!(classes, [Class::Number, Class::Number, Class::Content]);
    }

    #[test]
    fn a_negation_reaches_the_next_words_of_its_sentence() {
        let text = Text::new("It doesn\u{2019}t copy data. Large data stays.");
        let negated: Vec<&str> = text
            .tokens()
            .filter(|t| t.negated)
            .map(|token| token.stem.as_str())
            .collect();
        assert_eq!(negated, ["copi", "data"]);
    }

    #[test]
    fn sentences_know_their_place_in_the_text() {
        let source = " Größe 3.5 zählt. \n* Two; three … !";
        let text = Text::new(source);
        let spans: Vec<String> = text
            .sentences
            .iter()
            .map(|sentence| {
                source
                    .chars()
                    .skip(sentence.start)
                    .take(sentence.end - sentence.start)
                    .collect()
            })
            .collect();
        assert_eq!(spans, ["Größe 3.5 zählt.", "* Two;", "three …"]);
    }

    #[test]
    fn content_words_are_neither_glue_nor_numbers_and_know_how_frequent_they_are() {
        let words = content_words("We use 2 of the queues, not stacks.");
        let told: Vec<(&str, bool)> = words
            .iter()
            .map(|word| (word.stem.as_str(), word.is_common))
            .collect();
        assert_eq!(told, [("use", true), ("queue", false), ("stack", false)]);
    }

    #[test]
    fn text_without_words_has_no_sentences() {
        assert_eq!(Text::new(" … !? ' -").len(), 0);
        assert_eq!(Text::new("").len(), 0);
    }
}
