//! Judging what the rules hand on: short answers, essays and blanks where meaning decides.

use std::collections::BTreeMap;

use serde_json::Value;

use super::criteria::how_much;
use super::{TextScorer, TextTask};
use crate::authoring::item::{Blank, ItemBody, ItemKind};
use crate::authoring::rubric::Rubric;
use crate::points::Points;
use crate::scoring::answer::{Answer, read};
use crate::scoring::model::{CriterionVerdict, Reason, Verdict};
use crate::scoring::rules::blanks::{Compared, EMPTY, RIGHT, WRONG, compare, weights};
use crate::scoring::rules::{self, RuleOutcome, part};

/// The verdict on an answer to an item of any kind: by the rules where they decide, else by `scorer`.
///
/// A `fill_blank` item with a semantic blank is scored by both; its verdict then carries the text scorer's name, and the
/// confidence of the least sure blank.
pub fn score_text(
    scorer: &dyn TextScorer,
    question: &str,
    body: &ItemBody,
    marks: Points,
    raw: Option<&Value>,
) -> Verdict {
    let answer = match rules::score(body, marks, raw) {
        RuleOutcome::Scored(verdict) => return verdict,
        RuleOutcome::NeedsRunner => return rules::ungraded(marks, rules::FLAG_NO_RUNNER),
        RuleOutcome::NeedsPerson => return rules::ungraded(marks, rules::FLAG_AWAITS_PERSON),
        RuleOutcome::NeedsText => raw.and_then(|raw| read(body, raw).ok()?.answer),
    };
    let task = |reference, rubric, answer| {
        scorer.score(&TextTask {
            question,
            reference,
            rubric,
            marks,
            answer,
            item_kind: body.kind(),
        })
    };
    match (body, &answer) {
        (ItemBody::ShortAnswer { reference, rubric }, Some(Answer::Text(text))) => {
            task(Some(reference.as_str()), rubric, text.as_str())
        }
        (ItemBody::Essay { reference, rubric }, Some(Answer::Text(text))) => {
            task(reference.as_deref(), rubric, text.as_str())
        }
        (ItemBody::FillBlank { blanks }, Some(Answer::Blanks(texts))) => {
            score_blanks(scorer, question, blanks, marks, texts)
        }
        // The rules hand on nothing else; were they ever to, no points are better than wrong ones.
        _ => by(scorer, marks, Reason::Ungraded),
    }
}

/// A verdict without points, to be filled in.
fn by(scorer: &dyn TextScorer, marks: Points, reason: Reason) -> Verdict {
    Verdict {
        scorer: scorer.scorer(),
        scorer_version: scorer.version().to_owned(),
        points: None,
        max_points: marks,
        reason,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    }
}

fn score_blanks(
    scorer: &dyn TextScorer,
    question: &str,
    blanks: &[Blank],
    marks: Points,
    texts: &BTreeMap<String, String>,
) -> Verdict {
    let mut verdict = by(scorer, marks, Reason::Judged);
    let mut share = 0.0;
    for (blank, weight) in blanks.iter().zip(weights(blanks)) {
        let judged = match compare(blank, texts) {
            Compared::Right => part(&blank.id, 1.0, weight, RIGHT),
            Compared::Wrong => part(&blank.id, 0.0, weight, WRONG),
            Compared::Empty => part(&blank.id, 0.0, weight, EMPTY),
            Compared::NeedsText(written) => {
                let meaning = best_meaning(scorer, question, blank, written);
                verdict.confidence = least(verdict.confidence, meaning.confidence);
                for flag in &meaning.flags {
                    if !verdict.flags.contains(flag) {
                        verdict.flags.push(flag.clone());
                    }
                }
                meant(blank, weight, meaning)
            }
        };
        share += judged.weight * judged.score / 100.0;
        verdict.criteria.push(judged);
    }
    verdict.points = Some(marks.scaled(share.clamp(0.0, 1.0)));
    verdict
}

/// The best verdict over all accepted answers, each taken as the reference.
fn best_meaning(scorer: &dyn TextScorer, question: &str, blank: &Blank, written: &str) -> Verdict {
    let rubric = Rubric {
        criteria: Vec::new(),
        floor: 0.0,
    };
    let judge = |accepted: &String| {
        scorer.score(&TextTask {
            question,
            reference: Some(accepted),
            rubric: &rubric,
            marks: FINE,
            answer: written,
            item_kind: ItemKind::FillBlank,
        })
    };
    let best = blank
        .accepted
        .iter()
        .map(judge)
        .max_by_key(|verdict| verdict.points);
    best.unwrap_or_else(|| by(scorer, FINE, Reason::Ungraded))
}

/// Marks to judge one blank with, so that rounding happens only when all blanks are added up.
const FINE: Points = Points::whole(1_000_000);

fn meant(blank: &Blank, weight: f64, meaning: Verdict) -> CriterionVerdict {
    let share = meaning.points.unwrap_or_default().as_f64() / FINE.as_f64();
    let rationale = format!("This blank says {} of what is expected.", how_much(share));
    let evidence = meaning
        .criteria
        .into_iter()
        .next()
        .map(|criterion| criterion.evidence)
        .unwrap_or_default();
    CriterionVerdict {
        evidence,
        ..part(&blank.id, share, weight, &rationale)
    }
}

fn least(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.min(right)),
        (one, other) => one.or(other),
    }
}
