//! What candidates say of themselves, on a scale from 0 to 100.
//!
//! Without a scoring map an answer counts in full. What matches nothing scores 0 and is listed in the rationale of its part.

use std::collections::BTreeSet;

use super::text::fold;
use super::{Grade, Graded, part};
use crate::authoring::item::{Choice, ContextEntry, CountBand, ProfileField, ProfileForm};
use crate::scoring::answer::{ProfileAnswer, Ticked};
use crate::scoring::model::CriterionVerdict;

const COUNTED: &str = "This part is counted.";
const EMPTY: &str = "This part was left empty.";

/// The part that lists fields which the item does not have.
const NO_SUCH_FIELD: &str = "no_such_field";

/// A rationale names this many things that matched nothing, and how many more there are.
const MOST_LISTED: usize = 10;
/// A thing that matched nothing is quoted up to this many characters.
const MOST_QUOTED: usize = 60;

/// Score / 100 as a share of the marks, with one part per question: `text`, `choice`, `count` and `context`, or the fields.
pub(super) fn grade(form: &ProfileForm, answer: &ProfileAnswer) -> Graded {
    if !can_be_answered(form) {
        return Grade::NoKey.into();
    }
    let judged = judge(form, Some(answer));
    Graded {
        grade: Grade::Share(judged.score / 100.0),
        parts: judged.parts,
    }
}

struct Judged {
    /// 0–100.
    score: f64,
    parts: Vec<CriterionVerdict>,
    /// What the candidate named and the form does not know.
    unmatched: Vec<String>,
}

impl Judged {
    fn one(id: &str, score: f64, unmatched: Vec<String>) -> Self {
        Self {
            score,
            parts: vec![scored(id, score, 1.0, &rationale(&unmatched))],
            unmatched,
        }
    }
}

fn can_be_answered(form: &ProfileForm) -> bool {
    match form {
        ProfileForm::Text | ProfileForm::Checklist { .. } => true,
        ProfileForm::Choice { options, .. } => !options.is_empty(),
        ProfileForm::Compound { fields } => {
            !fields.is_empty() && fields.iter().all(|field| can_be_answered(&field.form))
        }
    }
}

/// `answer` is of the form's kind because it was read with the same form; of another kind it counts as none.
fn judge(form: &ProfileForm, answer: Option<&ProfileAnswer>) -> Judged {
    match (form, answer) {
        (ProfileForm::Text, Some(ProfileAnswer::Text(_))) => Judged::one("text", 100.0, Vec::new()),
        (ProfileForm::Choice { options, scores }, Some(ProfileAnswer::Choice(chosen))) => {
            let score = score_of(options, scores.iter(), chosen);
            let unmatched = if score.is_none() {
                vec![chosen.clone()]
            } else {
                Vec::new()
            };
            Judged::one("choice", score.unwrap_or(0.0), unmatched)
        }
        (ProfileForm::Checklist { bands, context }, Some(ProfileAnswer::Checklist(ticked))) => {
            checklist(bands, context, ticked)
        }
        (
            ProfileForm::Compound { fields },
            Some(ProfileAnswer::Compound {
                fields: given,
                unknown,
            }),
        ) => {
            let answer = |field: &ProfileField| judge(&field.form, given.get(&fold(&field.id)));
            compound(fields, &fields.iter().map(answer).collect::<Vec<_>>(), unknown)
        }
        _ => Judged {
            score: 0.0,
            parts: vec![scored(form.as_str(), 0.0, 1.0, EMPTY)],
            unmatched: Vec::new(),
        },
    }
}

/// `None` when the option is unknown, or has no score where others have.
fn score_of<'a>(
    options: &[Choice],
    mut scores: impl ExactSizeIterator<Item = (&'a String, &'a f64)>,
    chosen: &str,
) -> Option<f64> {
    if !options.iter().any(|option| fold(&option.id) == chosen) {
        return None;
    }
    if scores.len() == 0 {
        return Some(100.0);
    }
    scores
        .find(|(id, _)| fold(id) == chosen)
        .map(|(_, score)| bounded(*score))
}

/// The band of the count plus the points of the circumstances named, 100 at most; both parts weigh 1 because they add up.
fn checklist(bands: &[CountBand], context: &[ContextEntry], ticked: &Ticked) -> Judged {
    let mut parts = Vec::new();
    let mut unmatched = Vec::new();
    if !bands.is_empty() {
        parts.push(counted(bands, ticked.count, &mut unmatched));
    } else if context.is_empty() {
        parts.push(scored("count", 100.0, 1.0, COUNTED));
    }
    if !context.is_empty() || !ticked.context.is_empty() {
        parts.push(named(context, &ticked.context, &mut unmatched));
    }
    Judged {
        score: parts.iter().map(|part| part.score).sum::<f64>().min(100.0),
        parts,
        unmatched,
    }
}

fn counted(bands: &[CountBand], count: Option<u64>, unmatched: &mut Vec<String>) -> CriterionVerdict {
    let Some(count) = count else {
        return scored("count", 0.0, 1.0, EMPTY);
    };
    if let Some(band) = bands.iter().find(|band| band.holds(count)) {
        return scored("count", bounded(band.score), 1.0, COUNTED);
    }
    unmatched.push(count.to_string());
    scored("count", 0.0, 1.0, &rationale(unmatched))
}

fn named(
    context: &[ContextEntry],
    ticked: &BTreeSet<String>,
    unmatched: &mut Vec<String>,
) -> CriterionVerdict {
    if ticked.is_empty() {
        return scored("context", 0.0, 1.0, EMPTY);
    }
    let points = context
        .iter()
        .filter(|entry| ticked.contains(&fold(&entry.id)))
        .map(|entry| bounded(entry.points))
        .sum::<f64>();
    let foreign: Vec<String> = ticked
        .iter()
        .filter(|id| !context.iter().any(|entry| fold(&entry.id) == **id))
        .cloned()
        .collect();
    let part = scored("context", points.min(100.0), 1.0, &rationale(&foreign));
    unmatched.extend(foreign);
    part
}

/// The weighted mean of the fields; one left empty counts 0.
fn compound(fields: &[ProfileField], judged: &[Judged], unknown: &BTreeSet<String>) -> Judged {
    let mut parts = Vec::new();
    let mut unmatched = Vec::new();
    for ((field, weight), judged) in fields.iter().zip(weights(fields)).zip(judged) {
        let only_empty = judged.parts.iter().all(|part| part.rationale == EMPTY);
        let rationale = if only_empty {
            EMPTY.to_owned()
        } else {
            rationale(&judged.unmatched)
        };
        parts.push(scored(&field.id, judged.score, weight, &rationale));
        unmatched.extend(judged.unmatched.iter().cloned());
    }
    let full = parts.iter().all(|part| part.score >= 100.0 || part.weight <= 0.0);
    let mean = parts.iter().map(|part| part.weight * part.score).sum::<f64>();
    if !unknown.is_empty() {
        let foreign: Vec<String> = unknown.iter().cloned().collect();
        parts.push(scored(NO_SUCH_FIELD, 0.0, 0.0, &rationale(&foreign)));
        unmatched.extend(foreign);
    }
    Judged {
        score: if full { 100.0 } else { mean.clamp(0.0, 100.0) },
        parts,
        unmatched,
    }
}

/// Weights that sum to 1; equal ones when none is positive.
fn weights(fields: &[ProfileField]) -> Vec<f64> {
    super::shares(fields.iter().map(|field| field.weight))
}

fn bounded(score: f64) -> f64 {
    if score.is_finite() {
        score.clamp(0.0, 100.0)
    } else {
        0.0
    }
}

fn scored(id: &str, score: f64, weight: f64, rationale: &str) -> CriterionVerdict {
    CriterionVerdict {
        score,
        ..part(id, 0.0, weight, rationale)
    }
}

/// Says what matched nothing, in the candidate's words.
fn rationale(unmatched: &[String]) -> String {
    if unmatched.is_empty() {
        return COUNTED.to_owned();
    }
    let quoted = |text: &String| {
        let shown: String = text.chars().take(MOST_QUOTED).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        format!("“{shown}{more}”")
    };
    let listed: Vec<String> = unmatched.iter().take(MOST_LISTED).map(quoted).collect();
    let more = unmatched.len().saturating_sub(MOST_LISTED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("no match for {}{more}", listed.join(", "))
}
