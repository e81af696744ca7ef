//! The local scorer: always there, offline, and the second opinion that no text in an answer can talk to.
//!
//! It compares an answer with the reference word by word (stems, synonyms, spellings), by letter trigrams and by phrases,
//! does not count what merely repeats the question, looks for contradictions and wrong numbers, and checks each criterion's
//! concepts. Invariants: no input or output besides the task, no randomness, no clock, and sums in a fixed order, so that
//! the same task gives the same verdict to the last bit. What it says about a criterion never tells the reference.

mod alignment;
mod coefficients;
mod criteria;
mod evidence;
mod guards;
mod item;
mod observation;
mod tokens;
mod words;

pub use guards::{FLAG_ECHOES_QUESTION, FLAG_KEYWORD_LIST, FLAG_OTHER_LANGUAGE};
pub use item::score_text;

use self::alignment::stems;
use self::coefficients as c;
use self::evidence::Evidence;
use self::observation::{Observation, Texts, observe};
use super::model::{CriterionVerdict, Reason, Scorer, Verdict};
use super::rubric_points::essay_points;
use crate::authoring::item::ItemKind;
use crate::authoring::rubric::{Criterion, Rubric};
use crate::points::Points;

/// Flag of a text judged without reference and concepts: little more than length and topic was seen.
pub const FLAG_NO_REFERENCE: &str = "no_reference";
/// Flag of an ungraded text whose rubric makes no total (repeated criterion ids).
pub const FLAG_UNUSABLE_RUBRIC: &str = "unusable_rubric";

/// A text to be judged, with all that may be known about it. It holds no identity.
#[derive(Clone, Copy, Debug)]
pub struct TextTask<'a> {
    /// The stem.
    pub question: &'a str,
    /// What a full answer says.
    pub reference: Option<&'a str>,
    /// By what it is judged; without criteria it is judged as a whole (`content`).
    pub rubric: &'a Rubric,
    /// Full marks.
    pub marks: Points,
    /// The candidate's words.
    pub answer: &'a str,
    /// How much text can be expected.
    pub item_kind: ItemKind,
}

/// Judges texts without asking anyone.
pub trait TextScorer: Send + Sync {
    /// What kind of judge this is.
    fn scorer(&self) -> Scorer;
    /// Version kept with every verdict; the same version gives the same verdict for ever.
    fn version(&self) -> &str;
    /// Judges one text, criterion by criterion.
    fn score(&self, task: &TextTask<'_>) -> Verdict;
}

/// The scorer of this program, by fixed coefficients.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalScorer;

impl TextScorer for LocalScorer {
    fn scorer(&self) -> Scorer {
        Scorer::Local
    }

    fn version(&self) -> &'static str {
        "local-1"
    }

    fn score(&self, task: &TextTask<'_>) -> Verdict {
        let rubric = effective(task.rubric);
        let texts = Texts::new(task);
        let seen = observe(task, &texts);
        let has_concepts = rubric
            .criteria
            .iter()
            .any(|criterion| !criterion.concepts.is_empty());
        let on_topic = seen.touches
            || seen.guards.other_language
            || (has_concepts && criteria::mentions_any(&rubric.criteria, &texts.answer));
        let judged = if on_topic {
            judge_all(&rubric, &seen, task, &texts)
        } else {
            off_topic(&rubric)
        };
        let mut flags = seen.guards.flags();
        if texts.reference.is_none() && !has_concepts {
            flags.push(FLAG_NO_REFERENCE.to_owned());
        }
        let scores: Vec<(&str, f64)> = judged
            .iter()
            .map(|part| (part.criterion.as_str(), part.score))
            .collect();
        // The floor is for honest attempts; a mere echo of the question is none.
        let points = essay_points(
            &rubric,
            &scores,
            on_topic && !seen.guards.echoes_question,
            task.marks,
        )
        .ok();
        if points.is_none() {
            flags.push(FLAG_UNUSABLE_RUBRIC.to_owned());
        }
        Verdict {
            scorer: self.scorer(),
            scorer_version: self.version().to_owned(),
            points,
            max_points: task.marks,
            reason: match (points, on_topic) {
                (None, _) => Reason::Ungraded,
                (Some(_), true) => Reason::Judged,
                (Some(_), false) => Reason::OffTopic,
            },
            criteria: judged,
            confidence: Some(confidence(&seen, &texts, has_concepts)),
            flags,
        }
    }
}

/// The rubric itself, or judging as a whole where it has no criteria.
fn effective(rubric: &Rubric) -> Rubric {
    if !rubric.criteria.is_empty() {
        return rubric.clone();
    }
    let whole = Criterion {
        id: "content".to_owned(),
        name: "Content".to_owned(),
        description: "Says what a full answer says.".to_owned(),
        weight: 1.0,
        concepts: Vec::new(),
        levels: Vec::new(),
    };
    Rubric {
        criteria: vec![whole],
        floor: rubric.floor,
    }
}

fn judge_all(
    rubric: &Rubric,
    seen: &Observation,
    task: &TextTask<'_>,
    texts: &Texts,
) -> Vec<CriterionVerdict> {
    let evidence = Evidence::new(task.answer, texts);
    rubric
        .normalised()
        .map(|(criterion, weight)| criteria::judge(criterion, weight, seen, texts, &evidence))
        .collect()
}

fn off_topic(rubric: &Rubric) -> Vec<CriterionVerdict> {
    rubric
        .normalised()
        .map(|(criterion, weight)| CriterionVerdict {
            criterion: criterion.id.clone(),
            score: 0.0,
            weight,
            level: criteria::level(&criterion.levels, 0.0),
            evidence: Vec::new(),
            rationale: "Nothing in the answer is about the question.".to_owned(),
        })
        .collect()
}

/// 0–1. Finding the expected words is good evidence; not finding them is weak evidence, because words can differ.
fn confidence(seen: &Observation, texts: &Texts, has_concepts: bool) -> f64 {
    if seen.verbatim {
        return 1.0;
    }
    let base = match &texts.reference {
        Some(reference) if stems(reference).len() >= c::SHORT_REFERENCE_STEMS => c::SURE_REFERENCE,
        Some(_) => c::SURE_SHORT_REFERENCE,
        None if has_concepts => c::SURE_CONCEPTS,
        None => c::SURE_NOTHING,
    };
    let doubt = if texts.reference.is_some() {
        c::DOUBT * (1.0 - seen.agreement)
    } else {
        0.0
    };
    let sure = base * (1.0 - doubt);
    let sure = if seen.guards.any() {
        sure.min(c::GUARDED_CONFIDENCE)
    } else {
        sure
    };
    (sure * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
