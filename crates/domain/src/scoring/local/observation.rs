//! Everything the scorer measures about an answer, before any criterion is judged.

use std::collections::BTreeSet;

use super::TextTask;
use super::alignment::{Bag, Overlap, count, stems};
use super::ceilings::{Ceiling, Fault, Ties};
use super::coefficients as c;
use super::features::{self, Features};
use super::guards::{FLAG_CONTRADICTS, FLAG_UNREADABLE, Guards, function_share, says_no_answer};
use super::learnt::Coefficients;
use super::meaning::{self, Meaning};
use super::roles::swapped;
use super::tokens::{Class, Text};
use super::units::right_amount;
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
    /// What the model was asked with; `None` without a reference.
    pub(super) features: Option<Features>,
    /// Words in common with the reference, the question's demoted.
    pub(super) overlap: Overlap,
    /// Recall or likeness by letters, whichever is higher, and likeness of meaning, 0–1.
    pub(super) closeness: f64,
    pub(super) likeness: f64,
    /// How surely it is about something else altogether.
    pub(super) unrelated: f64,
    /// Share of the reference's and of the answer's weight found in the other, nothing demoted.
    pub(super) whole_recall: f64,
    pub(super) whole_precision: f64,
    /// How much of the reference's words stand in the answer in their order.
    pub(super) order: f64,
    /// Share of what both say that only one of them negates.
    pub(super) contradiction: f64,
    /// The same where both negate something.
    pub(super) opposed: f64,
    /// The most confidence it deserves: less where it says the reference with words in each other's place.
    pub(super) most_sure: f64,
    /// The most it can be worth.
    pub(super) ceiling: Ceiling,
    /// Share of the question's words found in the answer.
    pub(super) question_recall: f64,
    /// How surely the answer is about the matter.
    pub(super) topic: f64,
    /// Whether it has anything to do with question or reference, or is too short to tell.
    pub(super) touches: bool,
    /// Whether it only says that there is no answer.
    pub(super) no_answer: bool,
    /// How much weighs that the answer gives numbers, and none that is expected.
    pub(super) wrong_numbers: f64,
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

/// Measures an answer against the task's question and reference, with what a sentence model says of it if there is one.
pub(super) fn observe(
    task: &TextTask<'_>,
    texts: &Texts,
    model: &Coefficients,
    meaning: Option<&Meaning>,
) -> Observation {
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
        features: None,
        overlap: Overlap::default(),
        closeness: 0.0,
        likeness: 0.0,
        unrelated: 0.0,
        whole_recall: 0.0,
        whole_precision: 0.0,
        order: 0.0,
        contradiction: 0.0,
        opposed: 0.0,
        most_sure: 1.0,
        ceiling: Ceiling::NONE,
        question_recall,
        topic: 0.0,
        touches: question_recall > 0.0,
        no_answer: false,
        wrong_numbers: 0.0,
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
        (Some(reference), Some(source)) => {
            compare(&mut seen, task, texts, reference, &known, meaning);
            judge(&mut seen, task.item_kind, model);
            seen.relate_shape(source, reference);
        }
        _ => stand_alone(&mut seen, task.item_kind, texts, &known),
    }
    seen.guards = Guards::check(&seen, task.answer, texts, &known);
    seen
}

fn compare(
    seen: &mut Observation,
    task: &TextTask<'_>,
    texts: &Texts,
    reference: &Text,
    known: &BTreeSet<&str>,
    meaning: Option<&Meaning>,
) {
    let wrong_numbers = wrong_numbers(texts, reference, known);
    let meant = meaning.map(|meaning| meaning.features);
    let found = features::compare(texts, reference, known, wrong_numbers, meant);
    let likeness = meaning::likeness(&found.features);
    let tied = seen.touches || found.touches || seen.verbatim;
    let related = tied || likeness >= c::RELATED_MEANING;
    // A short text may say the right thing in words of its own; a blank and a longer text would touch the matter.
    seen.unrelated = if related {
        0.0
    } else if task.item_kind == ItemKind::FillBlank || texts.answer.len() == 0 {
        1.0
    } else if stems(&texts.answer).is_empty() {
        c::UNRELATED_GLUE
    } else {
        // The more words there are to meet, the less likely an answer on the matter meets none.
        let chances = count(stems(reference).union(known).count()) / c::USUAL_CHANCES;
        let words = count(texts.answer.len()) * chances.clamp(c::FEWEST_CHANCES, c::MOST_CHANCES).powi(2);
        between(words, c::SHORT_TEXT_WORDS, c::UNRELATED_WORDS)
    };
    seen.ceiling = Ceiling::of(
        texts,
        task.answer,
        known,
        &Ties {
            features: &found.features,
            closeness: found.closeness,
            tied,
            touches: related,
            likeness: meaning.map(|_| likeness),
        },
    );
    seen.opposed = if rephrases_by_denying(reference, &texts.answer) {
        0.0
    } else {
        found.opposed
    };
    seen.wrong_numbers = (wrong_numbers * c::NUMBER_FAULT).min(1.0);
    seen.overlap = found.overlap;
    seen.closeness = found.closeness;
    seen.likeness = likeness;
    seen.to_the_point = found.overlap.precision;
    seen.contradiction = found.features[features::CONTRADICTION];
    seen.whole_recall = found.features[features::WHOLE_RECALL];
    seen.whole_precision = found.whole_precision;
    seen.order = found.features[features::ORDER];
    let same_words = seen.whole_recall.min(seen.whole_precision);
    if same_words >= c::SAME_SENTENCE && swapped(reference, &texts.answer) {
        seen.most_sure = c::SWAPPED_CONFIDENCE;
    }
    seen.no_answer = found.overlap.recall <= 0.0 && says_no_answer(task.answer);
    seen.touches = seen.unrelated < 1.0;
    seen.features = Some(found.features);
}

/// What the comparison is worth: the learnt line, unless something plainly speaks against it.
fn judge(seen: &mut Observation, kind: ItemKind, model: &Coefficients) {
    let Some(features) = &seen.features else { return };
    let mut agreement = model.share(features);
    // A blank is filled rightly or not; there is nothing to grant for trying.
    if kind == ItemKind::FillBlank {
        let by_meaning = between(seen.likeness, c::BLANK_MEANING_FROM, c::BLANK_MEANING_FULL);
        agreement *= between(seen.closeness, 0.0, c::TOPIC_FULL).max(by_meaning);
    }
    agreement *= 1.0 - c::CONTRADICTION_LOSS * seen.denial();
    agreement *= 1.0 - c::WRONG_NUMBER_LOSS * seen.wrong_numbers;
    agreement = agreement.min(seen.ceiling.share);
    seen.agreement = if seen.verbatim { 1.0 } else { agreement };
    seen.topic = if seen.verbatim {
        1.0
    } else {
        between(seen.closeness.max(seen.likeness), 0.0, c::TOPIC_FULL)
    };
}

impl Observation {
    /// Connectives and shape count relative to the reference: nobody has to write better than it.
    fn relate_shape(&mut self, source: &str, reference: &Text) {
        let expected = connectives(reference);
        self.reasoning = if expected == 0 {
            1.0
        } else {
            (count(self.connectives) / count(expected)).min(1.0)
        };
        self.shape = (self.shape / shape(source, reference).max(c::LEAST_FUNCTION_SHARE)).min(1.0);
    }

    /// Whether something plainly speaks against what the words agree on.
    pub(super) fn disputed(&self) -> bool {
        let fault = matches!(self.ceiling.fault, Some(Fault::OtherThing | Fault::WrongQuantity));
        self.wrong_numbers > 0.0 || self.denial() > 0.0 || fault
    }

    /// The flag of what plainly speaks against the answer, if anything does.
    pub(super) fn fault_flag(&self) -> Option<&'static str> {
        match self.ceiling.fault {
            Some(Fault::Lost) => Some(FLAG_UNREADABLE),
            Some(Fault::WrongQuantity) => Some(FLAG_CONTRADICTS),
            _ => (self.denial() >= c::PLAIN_DENIAL).then_some(FLAG_CONTRADICTS),
        }
    }

    /// How surely the answer says the reference's own words with the opposite sign, 0–1.
    pub(super) fn denial(&self) -> f64 {
        let same_words = self.whole_recall.min(self.whole_precision);
        let one_denies = between(self.contradiction, c::CONTRADICTION_FROM, c::CONTRADICTION_FULL)
            * between(same_words, c::SAME_WORDS_FROM, c::SAME_WORDS_FULL);
        // Both deny something: only where the words are nearly all the same does it tell that they deny different things.
        let both_deny = between(self.opposed, c::OPPOSED_FROM, c::OPPOSED_FULL)
            * between(same_words, c::NEARLY_SAME_WORDS_FROM, c::NEARLY_SAME_WORDS_FULL);
        one_denies.max(both_deny)
    }
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

/// Where a value lies between two bounds, 0–1.
pub(super) fn between(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// How much weighs that the answer gives numbers and none that is expected, 0–1: as far as the reference is about
/// numbers; fully for a mere number that was asked for and is nowhere in the reference.
fn wrong_numbers(texts: &Texts, reference: &Text, known: &BTreeSet<&str>) -> f64 {
    let (expected, given) = (numbers(reference, known), numbers(&texts.answer, known));
    let says_one = texts.answer.tokens().any(|token| token.word == "one");
    let wanted = stems(reference);
    if expected.is_empty() {
        let mere = texts.answer.len() <= c::MERE_NUMBER_WORDS && (says_one || !given.is_empty());
        let alone = wanted.is_disjoint(&stems(&texts.answer));
        return f64::from(u8::from(mere && alone && asks_for_number(&texts.question)));
    }
    let right = !expected.is_disjoint(&given) || (says_one && expected.contains("1"));
    if given.is_empty() || right || right_amount(reference, &texts.answer) {
        return 0.0;
    }
    let new = wanted.difference(known).count();
    between(
        count(expected.len()) / count(new.max(1)),
        c::NUMBERS_MATTER_FROM,
        c::NUMBERS_MATTER_FULL,
    )
}

/// Whether the answer denies something that the reference does not speak of, under a condition: "does not leave rest unless"
/// says what "stays at rest unless" says.
fn rephrases_by_denying(reference: &Text, answer: &Text) -> bool {
    let expected = stems(reference);
    answer.sentences.iter().any(|sentence| {
        let tokens = &sentence.tokens;
        let condition = |word: &str| matches!(word, "unless" | "without" | "until" | "except");
        let Some(denial) = tokens
            .iter()
            .position(|token| token.class == Class::Negation && !condition(&token.word))
        else {
            return false;
        };
        let denied = tokens[denial..]
            .iter()
            .find(|token| token.class == Class::Content);
        denied.is_some_and(|token| !expected.contains(token.stem.as_str()))
            && tokens[denial..].iter().any(|token| condition(&token.word))
    })
}

/// Numbers the question does not give.
pub(super) fn numbers<'t>(text: &'t Text, known: &BTreeSet<&str>) -> BTreeSet<&'t str> {
    text.tokens()
        .filter(|token| token.class == Class::Number && !known.contains(token.stem.as_str()))
        .map(|token| token.stem.as_str())
        .collect()
}

fn asks_for_number(question: &Text) -> bool {
    question
        .sentences
        .iter()
        .flat_map(|sentence| sentence.tokens.windows(2))
        .any(|pair| pair[0].word == "how" && matches!(pair[1].word.as_str(), "many" | "much"))
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
