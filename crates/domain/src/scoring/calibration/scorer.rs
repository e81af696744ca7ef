//! A text scorer that has been shown how people graded one question.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Calibration, blend};
use crate::authoring::item::{ItemBody, ItemContent};
use crate::authoring::rubric::{Level, Rubric};
use crate::points::Points;
use crate::scoring::evaluation::Judgement;
use crate::scoring::local::{FLAG_NO_REFERENCE, TextScorer, TextTask, score_text};
use crate::scoring::model::{CriterionVerdict, Reason, Scorer, Verdict};
use crate::scoring::rules::text::fold;

/// Exemplars of one question that are used at most; more of them change next to nothing.
pub const MOST_EXEMPLARS: usize = 200;
/// Hexadecimal digits of the exemplars' name in the version.
const NAME_DIGITS: usize = 12;

/// An answer that a person has graded.
#[derive(Clone, Debug, PartialEq)]
pub struct GradedAnswer {
    /// In the shape of the item's kind.
    pub answer: Value,
    /// What the person gave.
    pub points: Points,
    /// Out of how many.
    pub max_points: Points,
}

/// A scorer behind the calibration of one question. Versions name the exemplars, so that a verdict stays a pure function
/// of answer, item version, rubric and scorer version: `local-3/cal-20-1f3870be274f` is `local-3` after 20 of them.
pub struct Calibrated {
    scorer: Arc<dyn TextScorer>,
    /// By the version of the verdicts it was learnt from: a scorer whose sentence model fails is another scorer.
    calibrations: BTreeMap<String, Calibration>,
    name: String,
    version: String,
}

/// `scorer` for an item, calibrated when the exemplars allow it: a text with a rubric, and enough answers that the scorer
/// can judge without reserve. At most [`MOST_EXEMPLARS`] are used, the first ones.
pub fn calibrated(
    scorer: Arc<dyn TextScorer>,
    item: &ItemContent,
    exemplars: &[GradedAnswer],
) -> Arc<dyn TextScorer> {
    if !matches!(item.body, ItemBody::ShortAnswer { .. } | ItemBody::Essay { .. }) {
        return scorer;
    }
    let exemplars = &exemplars[..exemplars.len().min(MOST_EXEMPLARS)];
    let mut graded: BTreeMap<String, Vec<Judgement>> = BTreeMap::new();
    for exemplar in exemplars {
        if let Some((version, judgement)) = judgement(scorer.as_ref(), item, exemplar) {
            graded.entry(version).or_default().push(judgement);
        }
    }
    let calibrations: BTreeMap<String, Calibration> = graded
        .into_iter()
        .map(|(version, graded)| (version, Calibration::fit(&graded)))
        .filter(|(_, calibration)| calibration.exemplars() > 0)
        .collect();
    if calibrations.is_empty() {
        return scorer;
    }
    let name = name_of(exemplars);
    let count = calibrations.values().map(Calibration::exemplars).sum();
    Arc::new(Calibrated {
        version: versioned(scorer.version(), count, &name),
        scorer,
        calibrations,
        name,
    })
}

fn versioned(scorer: &str, exemplars: usize, name: &str) -> String {
    format!("{scorer}/cal-{exemplars}-{name}")
}

impl TextScorer for Calibrated {
    fn scorer(&self) -> Scorer {
        self.scorer.scorer()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn score(&self, task: &TextTask<'_>) -> Verdict {
        let mut verdict = self.scorer.score(task);
        let Some(calibration) = self.calibrations.get(&verdict.scorer_version) else {
            return verdict;
        };
        verdict.scorer_version = versioned(&verdict.scorer_version, calibration.exemplars(), &self.name);
        let Some(raw) = share(&verdict) else {
            return verdict;
        };
        // Who writes the reference says all there is to say, however the others were graded.
        let is_reference = |reference| fold(reference) == fold(task.answer);
        if task.reference.is_some_and(is_reference) {
            return verdict;
        }
        let target = calibration.apply(raw);
        if is_without_reserve(&verdict) {
            adjust(&mut verdict, task.rubric, (raw, target));
            let sure = |confidence| (calibration.confidence(confidence) * 100.0).round() / 100.0;
            verdict.confidence = verdict.confidence.map(sure);
        } else if target < raw {
            // What makes a verdict doubtful was not learnt from; it must not gain by what honest answers got.
            adjust(&mut verdict, task.rubric, (raw, target));
        }
        verdict
    }
}

/// The exemplar as the scorer sees it beside what people gave, by the version of the verdict; none when it cannot teach anything.
fn judgement(
    scorer: &dyn TextScorer,
    item: &ItemContent,
    exemplar: &GradedAnswer,
) -> Option<(String, Judgement)> {
    let verdict = score_text(scorer, &item.stem, &item.body, item.marks, Some(&exemplar.answer));
    let usable = is_without_reserve(&verdict) && exemplar.max_points > Points::ZERO;
    usable.then_some(())?;
    let judgement = Judgement {
        predicted: share(&verdict)?,
        human: exemplar.points.as_f64() / exemplar.max_points.as_f64(),
        confidence: verdict.confidence.unwrap_or_default(),
    };
    Some((verdict.scorer_version, judgement))
}

/// Judged on its words, and no flag that casts doubt on them.
fn is_without_reserve(verdict: &Verdict) -> bool {
    verdict.reason == Reason::Judged && verdict.flags.iter().all(|flag| flag == FLAG_NO_REFERENCE)
}

/// Σ weight · score as a share, before floor and rounding; none when it has no points.
fn share(verdict: &Verdict) -> Option<f64> {
    verdict.points?;
    let sum: f64 = verdict.criteria.iter().map(|one| one.weight * one.score).sum();
    (!verdict.criteria.is_empty()).then_some(sum / 100.0)
}

/// Moves every criterion towards full marks or towards none by the same share, so that they add up to the target.
fn adjust(verdict: &mut Verdict, rubric: &Rubric, (raw, target): (f64, f64)) {
    for part in &mut verdict.criteria {
        let moved = if target > raw {
            blend(part.score, 100.0, (target - raw) / (1.0 - raw))
        } else if target < raw {
            blend(part.score, 0.0, (raw - target) / raw)
        } else {
            part.score
        };
        rescore(part, rubric, (moved.clamp(0.0, 100.0) * 10.0).round() / 10.0);
    }
    let marks = verdict.max_points.max(Points::ZERO);
    let floor = marks.scaled(rubric.floor.clamp(0.0, 100.0) / 100.0);
    // An echo of the question has less than the floor from the start, and keeps less.
    let least = verdict.points.map_or(Points::ZERO, |points| floor.min(points));
    let points = marks.scaled(share(verdict).unwrap_or_default().clamp(0.0, 1.0));
    verdict.points = Some(points.max(least));
}

fn rescore(part: &mut CriterionVerdict, rubric: &Rubric, score: f64) {
    if (score - part.score).abs() < 0.05 {
        return;
    }
    part.score = score;
    let criterion = rubric.criteria.iter().find(|one| one.id == part.criterion);
    part.level = criterion.and_then(|criterion| level(&criterion.levels, score));
    part.rationale
        .push_str(" The score is adjusted to how people graded other answers.");
}

/// The highest level whose least score is reached; below all of them, the lowest.
fn level(levels: &[Level], score: f64) -> Option<String> {
    let reached = levels.iter().rev().find(|level| level.from_score <= score);
    reached.or(levels.first()).map(|level| level.name.clone())
}

/// Names graded answers by what they are: 12 hexadecimal digits of the SHA-256 of answers and grades, in their order.
pub fn name_of(exemplars: &[GradedAnswer]) -> String {
    let mut digest = Sha256::new();
    for exemplar in exemplars {
        let (points, of) = (exemplar.points.hundredths(), exemplar.max_points.hundredths());
        digest.update(format!("{} {points}/{of}\n", exemplar.answer));
    }
    let hexadecimal = digest
        .finalize()
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    hexadecimal[..NAME_DIGITS].to_owned()
}
