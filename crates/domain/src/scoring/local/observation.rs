//! Everything the scorer measures about an answer, before any criterion is judged.

use std::collections::BTreeSet;

use super::TextTask;
use super::alignment::{Bag, Overlap, count, shared_phrases, stems, trigram_cosine};
use super::coefficients as c;
use super::guards::{Guards, function_share};
use super::tokens::{Class, Text};
use super::words::{CONNECTIVES, holds};
use crate::authoring::item::ItemKind;
use crate::scoring::rules::text::fold;

/// The texts of a task, cut once.
pub(super) struct Texts {
    pub(super) question: Text,
    pub(super) reference: Option<Text>,
    pub(super) answer: Text,
}

/// Measurements of one answer; all shares are 0–1.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    /// How far the answer says what the reference says; without one, how far it goes on about the question.
    pub(super) agreement: f64,
    /// Words in common with the reference, the question's demoted.
    pub(super) overlap: Overlap,
    /// Share of what both say that only one of them negates.
    pub(super) contradiction: f64,
    /// Share of the question's words found in the answer.
    pub(super) question_recall: f64,
    /// How surely the answer is about the matter.
    pub(super) topic: f64,
    /// Whether it shares any word of meaning with the question or the reference.
    pub(super) touches: bool,
    /// Whether the answer gives numbers, and none that is expected.
    pub(super) wrong_numbers: bool,
    /// Connectives found, relative to what is expected, at most 1.
    pub(super) reasoning: f64,
    /// Connectives found.
    pub(super) connectives: usize,
    /// How readable the text is built, relative to the reference if there is one.
    pub(super) shape: f64,
    /// Whether the answer is the reference, but for case and white space.
    pub(super) verbatim: bool,
    /// Share of what is said that was expected; without a reference, how topical it is.
    pub(super) to_the_point: f64,
    pub(super) guards: Guards,
}

impl Texts {
    pub(super) fn new(task: &TextTask<'_>) -> Self {
        Self {
            question: Text::new(task.question),
            reference: task
                .reference
                .filter(|reference| !fold(reference).is_empty())
                .map(Text::new),
            answer: Text::new(task.answer),
        }
    }
}

/// Measures an answer against the task's question and reference.
pub(super) fn observe(task: &TextTask<'_>, texts: &Texts) -> Observation {
    let known = stems(&texts.question);
    let nothing_known = BTreeSet::new();
    let question_recall = Bag::new(&texts.question, &nothing_known)
        .overlap(&Bag::new(&texts.answer, &nothing_known))
        .recall;
    let connectives = connectives(&texts.answer);
    let shape = shape(task.answer, &texts.answer);
    let answered = fold(task.answer);
    let mut seen = Observation {
        agreement: 0.0,
        overlap: Overlap::default(),
        contradiction: 0.0,
        question_recall,
        topic: 0.0,
        touches: question_recall > 0.0,
        wrong_numbers: false,
        reasoning: 0.0,
        connectives,
        shape,
        verbatim: !answered.is_empty()
            && task
                .reference
                .is_some_and(|reference| fold(reference) == answered),
        to_the_point: 0.0,
        guards: Guards::default(),
    };
    match (&texts.reference, task.reference) {
        (Some(reference), Some(source)) => compare(&mut seen, texts, reference, source, &known),
        _ => stand_alone(&mut seen, task.item_kind, texts, &known),
    }
    seen.guards = Guards::check(&seen, task.answer, texts, &known);
    seen
}

fn compare(seen: &mut Observation, texts: &Texts, reference: &Text, source: &str, known: &BTreeSet<&str>) {
    let answer = &texts.answer;
    seen.overlap = Bag::new(reference, known).overlap(&Bag::new(answer, known));
    seen.to_the_point = seen.overlap.precision;
    let cosine = trigram_cosine(reference, answer, known);
    seen.touches |= seen.verbatim || seen.overlap.recall > 0.0;
    seen.wrong_numbers = wrong_numbers(reference, answer, known);
    let closeness = seen.overlap.recall.max(cosine);
    // Nothing is granted for other words around a wrong number.
    let granted = if seen.wrong_numbers {
        0.0
    } else {
        between(closeness, c::TOPIC_FROM, c::TOPIC_FULL)
    };
    let missing = 1.0 - seen.overlap.recall;
    let words = seen.overlap.recall + c::PARAPHRASE * granted * missing.min(seen.overlap.surplus);
    let mut mixed = c::WORDS_SHARE * words
        + c::TRIGRAM_SHARE * cosine.sqrt()
        + c::PHRASE_SHARE * shared_phrases(reference, answer).sqrt();
    // The question's words count here in full: it is about them that question and answer can disagree.
    let nothing_known = BTreeSet::new();
    seen.contradiction = Bag::new(reference, &nothing_known).contradiction(&Bag::new(answer, &nothing_known));
    mixed *= 1.0
        - c::CONTRADICTION_LOSS * between(seen.contradiction, c::CONTRADICTION_FROM, c::CONTRADICTION_FULL);
    if seen.wrong_numbers {
        mixed *= c::WRONG_NUMBER;
    }
    seen.agreement = if seen.verbatim { 1.0 } else { curve(mixed) };
    seen.topic = if seen.verbatim {
        1.0
    } else {
        between(closeness.max(mixed), 0.0, c::TOPIC_FULL)
    };
    let expected = connectives(reference);
    seen.reasoning = if expected == 0 {
        1.0
    } else {
        (count(seen.connectives) / count(expected)).min(1.0)
    };
    seen.shape = (seen.shape / shape(source, reference).max(c::LEAST_FUNCTION_SHARE)).min(1.0);
}

/// Without a reference only the question and the length are left to go by.
fn stand_alone(seen: &mut Observation, kind: ItemKind, texts: &Texts, known: &BTreeSet<&str>) {
    let (full_words, expected) = if kind == ItemKind::Essay {
        (c::ESSAY_FULL_WORDS, c::ESSAY_CONNECTIVES)
    } else {
        (c::SHORT_FULL_WORDS, c::SHORT_CONNECTIVES)
    };
    let new_words = stems(&texts.answer).difference(known).count();
    let substance = (count(new_words) / full_words).min(1.0);
    seen.topic = (seen.question_recall / c::QUESTION_FULL).min(1.0);
    seen.to_the_point = seen.topic;
    seen.agreement = c::UNREFERENCED_CAP * seen.topic * substance;
    seen.reasoning = (count(seen.connectives) / expected).min(1.0);
}

/// Straight lines through the knots of [`c::CURVE`].
fn curve(raw: f64) -> f64 {
    for pair in c::CURVE.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if raw <= to {
            return low + (high - low) * between(raw, from, to);
        }
    }
    1.0
}

/// Where a value lies between two bounds, 0–1.
pub(super) fn between(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

fn wrong_numbers(reference: &Text, answer: &Text, known: &BTreeSet<&str>) -> bool {
    let numbers = |text: &Text| -> BTreeSet<String> {
        text.tokens()
            .filter(|token| token.class == Class::Number && !known.contains(token.stem.as_str()))
            .map(|token| token.stem.clone())
            .collect()
    };
    let (expected, given) = (numbers(reference), numbers(answer));
    !expected.is_empty() && !given.is_empty() && expected.is_disjoint(&given)
}

fn connectives(text: &Text) -> usize {
    let single = text
        .tokens()
        .filter(|token| holds(&CONNECTIVES, &token.word))
        .count();
    let examples = text
        .sentences
        .iter()
        .flat_map(|sentence| sentence.tokens.windows(2))
        .filter(|pair| pair[0].word == "for" && matches!(pair[1].word.as_str(), "example" | "instance"))
        .count();
    single + examples
}

/// Sentence length, marks and capitals, variety and flow, in equal parts but for the first, which counts twice.
fn shape(source: &str, text: &Text) -> f64 {
    if text.sentences.is_empty() {
        return 0.0;
    }
    let sentences = count(text.sentences.len());
    let length = 1.0
        - between(
            count(text.len()) / sentences,
            c::EASY_SENTENCE,
            c::ENDLESS_SENTENCE,
        );
    let characters: Vec<char> = source.chars().collect();
    let well_set = text
        .sentences
        .iter()
        .map(|sentence| {
            let begins = characters
                .get(sentence.start)
                .is_some_and(|first| !first.is_lowercase());
            let ends = sentence.end.checked_sub(1).and_then(|last| characters.get(last));
            count(usize::from(begins) + usize::from(ends.is_some_and(|last| !last.is_alphanumeric()))) / 2.0
        })
        .sum::<f64>()
        / sentences;
    let words: Vec<&str> = text
        .tokens()
        .filter(|t| t.class == Class::Content)
        .map(|t| t.stem.as_str())
        .collect();
    let distinct = words.iter().collect::<BTreeSet<_>>().len();
    let variety = if words.is_empty() {
        1.0
    } else {
        (count(distinct) / count(words.len()) / c::LEAST_VARIETY).min(1.0)
    };
    let flow = (function_share(text) / c::LEAST_FUNCTION_SHARE).min(1.0);
    (2.0 * length + well_set + variety + flow) / 5.0
}
