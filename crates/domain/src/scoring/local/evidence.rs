//! The sentences of an answer that carry a verdict.

use std::collections::BTreeSet;

use super::alignment::{Bag, stems};
use super::coefficients as c;
use super::meaning::Meaning;
use super::observation::{Texts, between};
use super::tokens::{Sentence, Text};
use crate::scoring::model::Quote;

/// Quotes per criterion at most.
const MOST_QUOTES: usize = 3;
/// Characters of a quote at most.
const MOST_CHARS: usize = 300;
/// The least share of the expected weight a sentence must hold to be worth quoting.
const LEAST_SHARE: f64 = 0.04;
/// Sentences looked at; an essay has fewer, and a flood of text must not cost seconds.
const MOST_SENTENCES: usize = 200;

/// The answer's sentences with what each has in common with the reference, or with the question if there is none.
pub(super) struct Evidence<'t> {
    characters: Vec<char>,
    sentences: Vec<(&'t Sentence, f64)>,
}

impl<'t> Evidence<'t> {
    /// Weighs every sentence once for all criteria.
    pub(super) fn new(source: &str, texts: &'t Texts, meaning: Option<&Meaning>) -> Self {
        let nothing_known = BTreeSet::new();
        let (expected, known) = texts.reference.as_ref().map_or_else(
            || (&texts.question, nothing_known),
            |reference| (reference, stems(&texts.question)),
        );
        let expected = Bag::new(expected, &known);
        let weigh = |(at, sentence): (usize, &'t Sentence)| {
            let alone = Text {
                sentences: vec![sentence.clone()],
            };
            let by_words = expected.recall(&Bag::new(&alone, &known));
            let likeness = meaning.and_then(|meaning| meaning.by_sentence.get(at));
            let by_meaning = likeness.map_or(0.0, |likeness| between(*likeness, c::RELATED_MEANING, 1.0));
            (sentence, by_words.max(by_meaning))
        };
        Self {
            characters: source.chars().collect(),
            sentences: texts
                .answer
                .sentences
                .iter()
                .take(MOST_SENTENCES)
                .enumerate()
                .map(weigh)
                .collect(),
        }
    }

    /// The best sentences, best first; those that mention a concept of the criterion go before the others.
    pub(super) fn best(&self, concepts: &[String]) -> Vec<Quote> {
        let concepts: Vec<Text> = concepts.iter().map(|concept| Text::new(concept)).collect();
        let wanted: BTreeSet<&str> = concepts.iter().flat_map(stems).collect();
        let mentions = |sentence: &Sentence| {
            sentence
                .tokens
                .iter()
                .filter(|token| wanted.contains(token.stem.as_str()))
                .count()
        };
        let mut ranked: Vec<(usize, f64, &Sentence)> = self
            .sentences
            .iter()
            .map(|(sentence, share)| (mentions(sentence), *share, *sentence))
            .filter(|(mentions, share, _)| *mentions > 0 || *share >= LEAST_SHARE)
            .collect();
        ranked.sort_by(|left, right| {
            right
                .0
                .cmp(&left.0)
                .then(right.1.total_cmp(&left.1))
                .then(left.2.start.cmp(&right.2.start))
        });
        ranked
            .into_iter()
            .take(MOST_QUOTES)
            .filter_map(|(_, _, sentence)| self.quote(sentence))
            .collect()
    }

    fn quote(&self, sentence: &Sentence) -> Option<Quote> {
        let end = sentence.end.min(sentence.start + MOST_CHARS);
        let text: String = self.characters.get(sentence.start..end)?.iter().collect();
        Some(Quote {
            start: u32::try_from(sentence.start).ok()?,
            end: u32::try_from(end).ok()?,
            text,
        })
    }
}
