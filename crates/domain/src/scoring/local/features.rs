//! What is measured about an answer beside its reference: the inputs of the learnt model, each 0–1 and with a name.
//!
//! Demoting the question's words and aligning both ways follow Sultan, Salazar and Sumner (2016); everything else is kept
//! to what carries over to subjects and graders the model never saw: few features, none about a particular word.

use std::collections::BTreeSet;

use super::alignment::{Bag, Overlap, count, shared_order, shared_phrases, stems, trigram_cosine};
use super::coefficients as c;
use super::observation::{Texts, between};
use super::tokens::Text;

/// Number of features.
pub const FEATURE_COUNT: usize = 17;

/// How the model may use a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// More of it never lowers the score.
    For,
    /// More of it never raises the score.
    Against,
    /// As `For`, known only with a sentence model.
    Meaning,
    /// Tells how sure a score is, not how high.
    Doubt,
}

/// A measurement of the scorer.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    /// Short name, as in the table of coefficients.
    pub name: &'static str,
    /// How the model may use it.
    pub usage: Use,
    /// What it measures.
    pub about: &'static str,
}

/// One value per entry of [`FEATURES`], each 0–1; those of [`Use::Meaning`] are 0 without a sentence model.
pub type Features = [f64; FEATURE_COUNT];

const fn feature(name: &'static str, usage: Use, about: &'static str) -> Feature {
    Feature { name, usage, about }
}

/// All features in the order of [`Features`].
pub const FEATURES: [Feature; FEATURE_COUNT] = [
    feature(
        "words_recalled",
        Use::For,
        "share of the reference's weight found in the answer, the question's words demoted",
    ),
    feature(
        "paraphrase",
        Use::For,
        "what is missing of the reference, as far as other new words stand in its place on the same topic",
    ),
    feature(
        "letters",
        Use::For,
        "square root of the cosine of letter trigrams, without the question's words",
    ),
    feature(
        "words_recalled_whole",
        Use::For,
        "share of the reference's weight found in the answer, nothing demoted",
    ),
    feature(
        "terms",
        Use::For,
        "cosine of the weighted words, the question's words demoted",
    ),
    feature(
        "phrases",
        Use::For,
        "square root of the share of the reference's neighbouring words that are neighbours in the answer",
    ),
    feature(
        "order",
        Use::For,
        "longest common subsequence of content words, relative to the reference",
    ),
    feature(
        "topicality",
        Use::For,
        "share of the answer's content words that the question or the reference has",
    ),
    feature(
        "contradiction",
        Use::Against,
        "share of the common weight that only one side negates",
    ),
    feature(
        "unrelated",
        Use::Against,
        "length of a text that shares no word with question or reference",
    ),
    feature(
        "meaning",
        Use::Meaning,
        "cosine of the answer's and the reference's embedding",
    ),
    feature(
        "meaning_beyond_question",
        Use::Meaning,
        "the same cosine after the question's direction is taken out of both",
    ),
    feature(
        "meaning_covered",
        Use::Meaning,
        "mean over the reference's sentences of the best cosine with a sentence of the answer",
    ),
    feature(
        "precision",
        Use::Doubt,
        "share of the answer's weight that was expected",
    ),
    feature(
        "reference_length",
        Use::Doubt,
        "n / (n + 5) for n content words in the reference",
    ),
    feature(
        "answer_length",
        Use::Doubt,
        "n / (n + 8) for n words in the answer",
    ),
    feature(
        "new_words",
        Use::Doubt,
        "n / (n + 5) for n content words that are in neither question nor reference",
    ),
];

/// Place of a feature that other code speaks of.
pub(super) const WORDS_RECALLED: usize = 0;
pub(super) const LETTERS: usize = 2;
pub(super) const WHOLE_RECALL: usize = 3;
pub(super) const ORDER: usize = 6;
pub(super) const TOPICALITY: usize = 7;
pub(super) const CONTRADICTION: usize = 8;
pub(super) const MEANING: usize = 10;
pub(super) const PRECISION: usize = 13;
pub(super) const REFERENCE_LENGTH: usize = 14;
pub(super) const ANSWER_LENGTH: usize = 15;
pub(super) const NEW_WORDS: usize = 16;

/// What comparing an answer with its reference gave.
pub(super) struct Comparison {
    pub(super) features: Features,
    /// Words in common with the reference, the question's demoted.
    pub(super) overlap: Overlap,
    /// Recall or trigram cosine, whichever is higher: how far both speak of one thing.
    pub(super) closeness: f64,
    /// Share of the answer's weight that the reference has, nothing demoted.
    pub(super) whole_precision: f64,
    /// Whether answer and question or reference share any word, spelling or synonym.
    pub(super) touches: bool,
    /// Share of the common weight that only one side negates, also where both negate something.
    pub(super) opposed: f64,
}

/// Compares the answer with `reference`; `meaning` holds the three features of a sentence model, if there is one.
pub(super) fn compare(
    texts: &Texts,
    reference: &Text,
    known: &BTreeSet<&str>,
    wrong_numbers: f64,
    meaning: Option<[f64; 3]>,
) -> Comparison {
    let (answer, nothing) = (&texts.answer, BTreeSet::new());
    let (expected, given) = (Bag::new(reference, known), Bag::new(answer, known));
    let (expected_whole, given_whole) = (Bag::new(reference, &nothing), Bag::new(answer, &nothing));
    let overlap = expected.overlap(&given);
    let whole = expected_whole.recall(&given_whole);
    let whole_precision = given_whole.recall(&expected_whole);
    let cosine = trigram_cosine(reference, answer, known);
    let closeness = overlap.recall.max(cosine);
    // Nothing is granted for other words around a wrong number.
    let granted = between(closeness, c::TOPIC_FROM, c::TOPIC_FULL) * (1.0 - wrong_numbers);
    let expected_stems = stems(reference);
    let given_stems = stems(answer);
    let touches = whole > 0.0
        || given_whole.touches(&expected_whole)
        || given_whole.touches(&Bag::new(&texts.question, &nothing));
    let at_home = |stem: &&&str| expected_stems.contains(**stem) || known.contains(**stem);
    let familiar = count(given_stems.iter().filter(at_home).count());
    let [meant, beyond, covered] = meaning.unwrap_or_default();
    let words = count(answer.len());
    let features = [
        overlap.recall,
        granted * (1.0 - overlap.recall).min(overlap.surplus),
        cosine.sqrt(),
        whole,
        expected.cosine(&given),
        shared_phrases(reference, answer).sqrt(),
        shared_order(reference, answer),
        familiar / count(given_stems.len().max(1)),
        expected_whole.contradiction(&given_whole),
        if touches {
            0.0
        } else {
            (words / c::LONG_TEXT_WORDS).min(1.0)
        },
        meant,
        beyond,
        covered,
        overlap.precision,
        saturating(count(expected_stems.len()), 5.0),
        saturating(words, 8.0),
        saturating(count(given_stems.len()) - familiar, 5.0),
    ];
    Comparison {
        features,
        overlap,
        closeness,
        whole_precision,
        touches,
        opposed: expected_whole.opposed(&given_whole),
    }
}

fn saturating(number: f64, half: f64) -> f64 {
    number / (number + half)
}
