//! Scoring by fixed rules: the same answer to the same item version earns the same points for ever.
//!
//! Every rule says what share of the marks an answer earned, or which penalty it cost; this module turns that into a
//! [`Verdict`]: it clamps to the item's range and rounds once. What only meaning can decide is handed on as
//! [`RuleOutcome::NeedsText`], programs and files as [`RuleOutcome::NeedsRunner`] and [`RuleOutcome::NeedsPerson`]. A change that alters any verdict needs a new [`RULE_VERSION`].

pub(crate) mod blanks;
mod choice;
mod matching;
mod ordering;
mod profile;
pub mod quantity;
pub(crate) mod text;

use serde_json::Value;

use self::choice::penalty;
use self::quantity::Quantity;
use super::answer::{Answer, Reading, read};
use super::model::{CriterionVerdict, Reason, Scorer, Verdict};
use crate::authoring::item::{ItemBody, Negative, Tolerance};
use crate::points::Points;

/// Version of these rules, kept with every verdict.
pub const RULE_VERSION: &str = "rule-1";

/// Flag of a verdict without points, because the item has no usable key.
pub const FLAG_NO_KEY: &str = "no_key";
/// Flag of an answer whose shape means nothing for its kind of item; only answers that no save checked can have it.
pub const FLAG_UNREADABLE: &str = "unreadable_answer";

/// Flag of a verdict without points, because only a person can judge the answer.
pub const FLAG_AWAITS_PERSON: &str = "awaits_person";
/// Flag of a verdict without points, because no runner ran the program.
pub const FLAG_NO_RUNNER: &str = "no_runner";

/// What the rules could do with an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleOutcome {
    /// Decided.
    Scored(Verdict),
    /// Something was written that only a text scorer can judge: an essay, a short answer, a semantic blank.
    NeedsText,
    /// A program was written that has to be run: see [`super::coding`].
    NeedsRunner,
    /// Files were handed in that a person has to look at; until then the verdict is [`ungraded`].
    NeedsPerson,
}

/// Scores an answer as stored (`None` or null: unanswered) to an item worth `marks` points.
///
/// Points lie in [−penalty, marks] and are `None` only when the item has no usable key. Nothing answered is 0, never less,
/// whether or not there is a key. A profile item earns its score of 0–100 as a percentage of the marks.
pub fn score(body: &ItemBody, marks: Points, raw: Option<&Value>) -> RuleOutcome {
    let marks = marks.max(Points::ZERO);
    let reading = raw.map_or_else(|| Ok(Reading::default()), |raw| read(body, raw));
    let Ok(reading) = reading else {
        return RuleOutcome::Scored(unreadable(marks));
    };
    let Some(answer) = reading.answer else {
        return RuleOutcome::Scored(unanswered(marks));
    };
    match (body, &answer) {
        (ItemBody::Coding { tests, .. }, Answer::Code { .. }) if !tests.is_empty() => {
            RuleOutcome::NeedsRunner
        }
        (ItemBody::FileUpload { .. }, Answer::Files(_)) => RuleOutcome::NeedsPerson,
        _ => grade(body, &answer).map_or(RuleOutcome::NeedsText, |graded| {
            RuleOutcome::Scored(verdict(graded, marks, negative_of(body)))
        }),
    }
}

/// The least that an answer to an item worth `marks` can get: 0, or less where a wrong answer costs something.
pub fn least_points(body: &ItemBody, marks: Points) -> Points {
    -penalty(negative_of(body), marks.max(Points::ZERO))
}

/// A verdict without points, not even 0, for an answer that nobody could judge; `flag` says why.
pub fn ungraded(marks: Points, flag: &str) -> Verdict {
    Verdict {
        points: None,
        flags: vec![flag.to_owned()],
        ..bare(marks.max(Points::ZERO), Reason::Ungraded)
    }
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Grade {
    /// Share of the marks, 0–1.
    Share(f64),
    /// Wrong in a way that costs the item's penalty.
    Wrong,
    /// The item cannot be scored: an authoring error.
    NoKey,
}

/// A grade with the parts it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Graded {
    pub(crate) grade: Grade,
    pub(crate) parts: Vec<CriterionVerdict>,
}

impl From<Grade> for Graded {
    fn from(grade: Grade) -> Self {
        Self {
            grade,
            parts: Vec::new(),
        }
    }
}

impl Grade {
    fn right_if(right: bool) -> Self {
        if right { Self::Share(1.0) } else { Self::Wrong }
    }
}

/// A verdict on one part (blank, pair) of an item.
pub(crate) fn part(id: &str, share: f64, weight: f64, rationale: &str) -> CriterionVerdict {
    CriterionVerdict {
        criterion: id.to_owned(),
        score: share * 100.0,
        weight,
        level: None,
        evidence: Vec::new(),
        rationale: rationale.to_owned(),
    }
}

/// `part / whole` for small counts.
#[expect(clippy::cast_precision_loss, reason = "an item has far fewer than 2^52 parts")]
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Weights that sum to 1; equal ones when none is positive.
pub(crate) fn shares(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let positive = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
    let weights: Vec<f64> = weights.map(positive).collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        weights.iter().map(|weight| weight / sum).collect()
    } else {
        vec![ratio(1, weights.len()); weights.len()]
    }
}

/// The rule of the item's kind; `None` hands the answer on to a text scorer.
fn grade(body: &ItemBody, answer: &Answer) -> Option<Graded> {
    match (body, answer) {
        (ItemBody::MultipleChoice { options, key, .. }, Answer::Choice(chosen)) => {
            Some(choice::one(options, key, chosen).into())
        }
        (
            ItemBody::MultipleResponse {
                options,
                key,
                partial_credit,
                ..
            },
            Answer::Choices(chosen),
        ) => Some(choice::several(options, key, *partial_credit, chosen).into()),
        (ItemBody::TrueFalse { key, .. }, Answer::Truth(truth)) => Some(Grade::right_if(key == truth).into()),
        (ItemBody::FillBlank { blanks }, Answer::Blanks(texts)) => blanks::grade(blanks, texts),
        (
            ItemBody::Matching {
                key, partial_credit, ..
            },
            Answer::Pairs(pairs),
        ) => Some(matching::grade(key, *partial_credit, pairs)),
        (ItemBody::Numeric { key, tolerance, unit }, Answer::Number(quantity)) => {
            Some(number(*key, *tolerance, unit.as_deref(), quantity).into())
        }
        (
            ItemBody::Ordering {
                options,
                key,
                partial_credit,
            },
            Answer::Order(order),
        ) => Some(ordering::grade(options, key, *partial_credit, order).into()),
        (ItemBody::Profile { form }, Answer::Profile(answer)) => Some(profile::grade(form, answer)),
        (ItemBody::ShortAnswer { .. } | ItemBody::Essay { .. }, Answer::Text(_)) => None,
        // Only without a test case, see `score`.
        (ItemBody::Coding { .. }, Answer::Code { .. }) => Some(Grade::NoKey.into()),
        // `read` makes the answer from the body, so the kinds always agree; were they ever not to, it is not right.
        _ => Some(Grade::Wrong.into()),
    }
}

fn number(key: f64, tolerance: Tolerance, unit: Option<&str>, given: &Quantity) -> Grade {
    if !key.is_finite() {
        return Grade::NoKey;
    }
    let unit = unit.map(text::collapse).filter(|unit| !unit.is_empty());
    let unit_fits = given.unit.is_none() || given.unit == unit;
    Grade::right_if(unit_fits && given.is_near(key, tolerance))
}

fn negative_of(body: &ItemBody) -> Negative {
    match body {
        ItemBody::MultipleChoice { negative, .. }
        | ItemBody::MultipleResponse { negative, .. }
        | ItemBody::TrueFalse { negative, .. } => *negative,
        ItemBody::FillBlank { .. }
        | ItemBody::Matching { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::Ordering { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => Negative::default(),
    }
}

fn verdict(graded: Graded, marks: Points, negative: Negative) -> Verdict {
    let mut verdict = bare(marks, Reason::Incorrect);
    match graded.grade {
        Grade::NoKey => verdict = ungraded(marks, FLAG_NO_KEY),
        Grade::Wrong => verdict.points = Some(-penalty(negative, marks)),
        Grade::Share(share) => return by_share(marks, share, graded.parts),
    }
    verdict.criteria = graded.parts;
    verdict
}

/// A share of the marks (0–1) with the parts it came from.
pub(crate) fn by_share(marks: Points, share: f64, parts: Vec<CriterionVerdict>) -> Verdict {
    let marks = marks.max(Points::ZERO);
    Verdict {
        points: Some(marks.scaled(share.clamp(0.0, 1.0))),
        criteria: parts,
        ..bare(marks, reason_of(share))
    }
}

/// The word for a share of the marks.
pub(crate) fn reason_of(share: f64) -> Reason {
    if share >= 1.0 {
        Reason::Correct
    } else if share > 0.0 {
        Reason::PartiallyCorrect
    } else {
        Reason::Incorrect
    }
}

fn bare(marks: Points, reason: Reason) -> Verdict {
    Verdict {
        scorer: Scorer::Rule,
        scorer_version: RULE_VERSION.to_owned(),
        points: Some(Points::ZERO),
        max_points: marks,
        reason,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    }
}

fn unanswered(marks: Points) -> Verdict {
    bare(marks, Reason::Unanswered)
}

/// No marks, but no penalty either: what could not be read cannot be called a wrong guess.
fn unreadable(marks: Points) -> Verdict {
    Verdict {
        flags: vec![FLAG_UNREADABLE.to_owned()],
        ..bare(marks, Reason::Incorrect)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
