//! Likeness of meaning by a sentence model, where there is one.

use super::features::Features;
use super::observation::Texts;
use super::tokens::Text;
use crate::embedding::{EmbedError, Embedder, Embedding};

/// Sentences of either text that are looked at one by one; bounds the work on long essays.
const MOST_SENTENCES: usize = 12;

/// What a sentence model says about an answer.
pub(super) struct Meaning {
    /// The features of [`super::features::Use::Meaning`], in their order.
    pub(super) features: [f64; 3],
    /// For the answer's first sentences, in order: likeness to the reference, 0–1.
    pub(super) by_sentence: Vec<f64>,
}

impl Meaning {
    /// Embeds all texts of a task at once and compares them.
    pub(super) fn of(
        embedder: &dyn Embedder,
        texts: &Texts,
        question: &str,
        reference: &str,
        answer: &str,
    ) -> Result<Self, EmbedError> {
        let expected = sentences(reference, texts.reference.as_ref());
        let given = sentences(answer, Some(&texts.answer));
        let mut all: Vec<&str> = vec![question, reference, answer];
        all.extend(expected.iter().chain(&given).map(String::as_str));
        let vectors = embedder.embed(&all)?;
        let [question, reference, answer, sentences @ ..] = vectors.as_slice() else {
            return Err(EmbedError::Failed(
                "fewer embeddings than texts came back".to_owned(),
            ));
        };
        let (expected, given) = sentences
            .split_at_checked(expected.len())
            .filter(|(_, rest)| rest.len() == given.len())
            .ok_or_else(|| EmbedError::Failed("fewer embeddings than texts came back".to_owned()))?;
        Ok(Self {
            features: [
                cosine(answer, reference).max(0.0),
                beyond(answer, reference, question),
                covered(expected, given, answer),
            ],
            by_sentence: given.iter().map(|one| cosine(one, reference).max(0.0)).collect(),
        })
    }
}

/// The first sentences as written; a text of one sentence is that sentence.
fn sentences(source: &str, text: Option<&Text>) -> Vec<String> {
    let characters: Vec<char> = source.chars().collect();
    let spans = text.map_or(&[][..], |text| text.sentences.as_slice());
    spans
        .iter()
        .take(MOST_SENTENCES)
        .filter_map(|sentence| characters.get(sentence.start..sentence.end))
        .map(|span| span.iter().collect())
        .collect()
}

fn cosine(left: &Embedding, right: &Embedding) -> f64 {
    f64::from(left.cosine(right))
}

/// Cosine of two unit vectors after a third one's direction is taken out of both, at least 0.
fn beyond(answer: &Embedding, reference: &Embedding, question: &Embedding) -> f64 {
    let (by_answer, by_reference) = (cosine(answer, question), cosine(reference, question));
    let left = (1.0 - by_answer * by_answer) * (1.0 - by_reference * by_reference);
    if left < LEAST_REST {
        return 0.0;
    }
    ((cosine(answer, reference) - by_answer * by_reference) / left.sqrt()).clamp(0.0, 1.0)
}

/// Below this nothing is left of one of the vectors but rounding.
const LEAST_REST: f64 = 1e-6;

fn covered(expected: &[Embedding], given: &[Embedding], answer: &Embedding) -> f64 {
    if expected.is_empty() {
        return 0.0;
    }
    let best = |sentence: &Embedding| {
        given
            .iter()
            .map(|one| cosine(one, sentence))
            .fold(cosine(answer, sentence), f64::max)
            .max(0.0)
    };
    expected.iter().map(best).sum::<f64>() / super::alignment::count(expected.len())
}

/// How alike in meaning an answer and its reference are as a whole.
pub(super) fn likeness(features: &Features) -> f64 {
    features[super::features::MEANING]
}
