//! The local scorer: always there, offline, and the second opinion that no text in an answer can talk to.
//!
//! It compares an answer with the reference word by word (stems, synonyms, spellings), by letter trigrams and by phrases,
//! does not count what merely repeats the question, looks for contradictions and wrong numbers, and checks each criterion's
//! concepts. Invariants: no input or output besides the task, no randomness, no clock, and sums in a fixed order, so that
//! the same task gives the same verdict to the last bit. What it says about a criterion never tells the reference.

mod alignment;
mod ceilings;
mod coefficients;
mod criteria;
mod evidence;
mod features;
mod guards;
mod item;
mod learnt;
mod meaning;
mod observation;
mod roles;
mod tokens;
mod units;
mod words;

use std::sync::Arc;

pub(crate) use criteria::level as level_reached;
pub use features::{FEATURE_COUNT, FEATURES, Feature, Features, Use};
pub use guards::{
    FLAG_CONTRADICTS, FLAG_ECHOES_QUESTION, FLAG_KEYWORD_LIST, FLAG_NO_ANSWER, FLAG_OTHER_LANGUAGE,
    FLAG_PADDED, FLAG_UNREADABLE,
};
pub use item::score_text;
pub use learnt::{Coefficients, DOUBT_COUNT, DOUBTS, doubts};
pub(crate) use tokens::{ContentWord, content_words};

use self::ceilings::Fault;
use self::coefficients as c;
use self::evidence::Evidence;
use self::meaning::Meaning;
use self::observation::{Observation, Texts, observe};
use super::model::{CriterionVerdict, Reason, Scorer, Verdict};
use super::rubric_points::essay_points;
use crate::authoring::item::ItemKind;
use crate::authoring::rubric::{Criterion, Rubric};
use crate::embedding::Embedder;
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

/// Version without a sentence model; with one, its name follows after a plus sign.
const VERSION: &str = "local-3";
/// The sentence model whose likenesses the second set of coefficients was learnt with.
const SENTENCE_MODEL: &str = "minilm-l6-v2";

/// The scorer of this program, by coefficients learnt once.
#[derive(Clone)]
pub struct LocalScorer {
    words_only: Coefficients,
    with_meaning: Coefficients,
    embedder: Option<Arc<dyn Embedder>>,
    version: String,
}

impl Default for LocalScorer {
    fn default() -> Self {
        Self {
            words_only: Coefficients::words_only(),
            with_meaning: Coefficients::with_meaning(),
            embedder: None,
            version: VERSION.to_owned(),
        }
    }
}

impl std::fmt::Debug for LocalScorer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("LocalScorer").field(&self.version).finish()
    }
}

impl LocalScorer {
    /// A scorer that also compares meanings. Only the sentence model its coefficients were learnt with is asked: with
    /// any other provider, and whenever the model fails, it judges by words alone, and the verdict's version says so.
    pub fn with_embedder(embedder: Arc<dyn Embedder>) -> Self {
        let known = embedder.provider() == SENTENCE_MODEL;
        Self {
            version: if known {
                meaning_version()
            } else {
                VERSION.to_owned()
            },
            embedder: known.then_some(embedder),
            ..Self::default()
        }
    }

    /// The same scorer with other coefficients, first without and then with a sentence model: for training and measuring.
    #[must_use]
    pub fn with_coefficients(mut self, words_only: Coefficients, with_meaning: Coefficients) -> Self {
        (self.words_only, self.with_meaning) = (words_only, with_meaning);
        self
    }

    /// The coefficients without and with a sentence model.
    pub fn coefficients(&self) -> [Coefficients; 2] {
        [self.words_only, self.with_meaning]
    }

    /// What the learnt model would be asked with; `None` where it is not asked (no reference, no answer).
    pub fn features(&self, task: &TextTask<'_>) -> Option<Features> {
        let seen = self.look(task, &Texts::new(task)).seen;
        seen.features.filter(|_| !seen.no_answer && !seen.verbatim)
    }

    fn look(&self, task: &TextTask<'_>, texts: &Texts) -> Look<'_> {
        let meaning = self.meaning(task, texts);
        let (model, version) = if meaning.is_some() {
            (&self.with_meaning, meaning_version())
        } else {
            (&self.words_only, VERSION.to_owned())
        };
        Look {
            seen: observe(task, texts, model, meaning.as_ref()),
            meaning,
            model,
            version,
        }
    }

    fn meaning(&self, task: &TextTask<'_>, texts: &Texts) -> Option<Meaning> {
        let reference = task.reference.filter(|_| texts.reference.is_some())?;
        let embedder = self.embedder.as_deref()?;
        if texts.answer.len() == 0 {
            return None;
        }
        Meaning::of(embedder, texts, task.question, reference, task.answer).ok()
    }
}

fn meaning_version() -> String {
    format!("{VERSION}+{SENTENCE_MODEL}")
}

/// All that was seen of one answer, and with what.
struct Look<'s> {
    seen: Observation,
    meaning: Option<Meaning>,
    model: &'s Coefficients,
    version: String,
}

impl TextScorer for LocalScorer {
    fn scorer(&self) -> Scorer {
        Scorer::Local
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn score(&self, task: &TextTask<'_>) -> Verdict {
        let rubric = effective(task.rubric);
        let texts = Texts::new(task);
        let look = self.look(task, &texts);
        let seen = &look.seen;
        let has_concepts = rubric
            .criteria
            .iter()
            .any(|criterion| !criterion.concepts.is_empty());
        let mentions = has_concepts && criteria::mentions_any(&rubric.criteria, &texts.answer);
        let on_topic = (seen.touches && !seen.no_answer) || seen.guards.other_language || mentions;
        let judged = if on_topic {
            let evidence = Evidence::new(task.answer, &texts, look.meaning.as_ref());
            judge_all(&rubric, seen, &texts, &evidence)
        } else {
            off_topic(&rubric, seen.no_answer)
        };
        let mut flags = seen.guards.flags();
        if !seen.verbatim {
            flags.extend(seen.fault_flag().map(str::to_owned));
        }
        if seen.no_answer {
            flags.push(FLAG_NO_ANSWER.to_owned());
        }
        if texts.reference.is_none() && !has_concepts {
            flags.push(FLAG_NO_REFERENCE.to_owned());
        }
        // The floor is for honest attempts; a mere echo of the question is none.
        let points = total(&rubric, &judged, on_topic && !seen.guards.echoes(), task.marks);
        if points.is_none() {
            flags.push(FLAG_UNUSABLE_RUBRIC.to_owned());
        }
        Verdict {
            scorer: self.scorer(),
            points,
            max_points: task.marks,
            reason: match (points, on_topic) {
                (None, _) => Reason::Ungraded,
                (Some(_), true) => Reason::Judged,
                (Some(_), false) => Reason::OffTopic,
            },
            criteria: judged,
            confidence: Some(confidence(&look, task.item_kind, on_topic, has_concepts)),
            flags,
            scorer_version: look.version,
        }
    }
}

fn total(rubric: &Rubric, judged: &[CriterionVerdict], honest: bool, marks: Points) -> Option<Points> {
    let scores: Vec<(&str, f64)> = judged
        .iter()
        .map(|part| (part.criterion.as_str(), part.score))
        .collect();
    essay_points(rubric, &scores, honest, marks).ok()
}

/// The rubric itself, or judging as a whole where it has no criteria.
pub fn effective(rubric: &Rubric) -> Rubric {
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
    texts: &Texts,
    evidence: &Evidence<'_>,
) -> Vec<CriterionVerdict> {
    rubric
        .normalised()
        .map(|(criterion, weight)| criteria::judge(criterion, weight, seen, texts, evidence))
        .collect()
}

fn off_topic(rubric: &Rubric, no_answer: bool) -> Vec<CriterionVerdict> {
    let rationale = if no_answer {
        "Says that there is no answer."
    } else {
        "Nothing in the answer is about the question."
    };
    rubric
        .normalised()
        .map(|(criterion, weight)| CriterionVerdict {
            criterion: criterion.id.clone(),
            score: 0.0,
            weight,
            level: criteria::level(&criterion.levels, 0.0),
            evidence: Vec::new(),
            rationale: rationale.to_owned(),
        })
        .collect()
}

/// Estimated probability of being within one point of five of what people give, 0–1, in hundredths.
fn confidence(look: &Look<'_>, kind: ItemKind, on_topic: bool, has_concepts: bool) -> f64 {
    let seen = &look.seen;
    if seen.verbatim {
        return 1.0;
    }
    if seen.no_answer {
        return c::SURE_NO_ANSWER;
    }
    let mut sure = match (&seen.features, has_concepts) {
        (Some(features), _) => look.model.confidence(seen.agreement, features),
        (None, true) => c::SURE_CONCEPTS,
        (None, false) => c::SURE_NOTHING,
    };
    if kind == ItemKind::Essay && seen.features.is_some() {
        sure *= c::ESSAY_CONFIDENCE;
    }
    if seen.disputed() {
        sure = sure.min(c::DISPUTED_CONFIDENCE);
    }
    sure = sure.min(seen.most_sure);
    let doubted = match seen.ceiling.fault {
        Some(Fault::Lost) => true,
        Some(_) => false,
        None => seen.ceiling.share <= c::DOUBTED_CEILING,
    };
    if seen.guards.any() || !on_topic || doubted {
        sure = sure.min(c::GUARDED_CONFIDENCE);
    }
    (sure * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
