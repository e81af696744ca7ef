//! A calibrated scorer, seen from outside. The scorer behind it gives what the answer says.

use std::sync::Arc;

use serde_json::json;

use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, ItemKind};
use crate::authoring::rubric::{Criterion, Level, Rubric};
use crate::points::Points;
use crate::scoring::calibration::{GradedAnswer, calibrated};
use crate::scoring::local::{FLAG_ECHOES_QUESTION, TextScorer, TextTask, score_text};
use crate::scoring::model::{CriterionVerdict, Reason, Scorer, Verdict};

/// Gives the percentages that the answer is: `40 80`, with `!` for a doubt, and as another version for `40 80 ?`.
struct Told;

impl TextScorer for Told {
    fn scorer(&self) -> Scorer {
        Scorer::Local
    }

    fn version(&self) -> &'static str {
        "told-1"
    }

    fn score(&self, task: &TextTask<'_>) -> Verdict {
        let doubtful = task.answer.starts_with('!');
        let scores: Vec<f64> = task
            .answer
            .trim_start_matches('!')
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let criteria = task.rubric.normalised().zip(&scores);
        let criteria: Vec<CriterionVerdict> = criteria
            .map(|((criterion, weight), score)| CriterionVerdict {
                criterion: criterion.id.clone(),
                score: *score,
                weight,
                level: Some("as told".to_owned()),
                evidence: Vec::new(),
                rationale: "Told.".to_owned(),
            })
            .collect();
        let sum: f64 = criteria.iter().map(|one| one.weight * one.score).sum();
        Verdict {
            scorer: Scorer::Local,
            scorer_version: if task.answer.contains('?') {
                "told-0"
            } else {
                "told-1"
            }
            .to_owned(),
            points: Some(task.marks.scaled(sum / 100.0)),
            max_points: task.marks,
            reason: Reason::Judged,
            criteria,
            confidence: Some(0.5),
            flags: if doubtful {
                vec![FLAG_ECHOES_QUESTION.to_owned()]
            } else {
                Vec::new()
            },
        }
    }
}

fn criterion(id: &str) -> Criterion {
    let level = |name: &str, from_score| Level {
        name: name.to_owned(),
        descriptor: name.to_owned(),
        from_score,
    };
    Criterion {
        id: id.to_owned(),
        name: id.to_owned(),
        description: id.to_owned(),
        weight: 1.0,
        concepts: Vec::new(),
        levels: vec![level("low", 0.0), level("high", 60.0)],
    }
}

fn item() -> ItemContent {
    ItemContent {
        stem: "How much?".to_owned(),
        marks: Points::whole(10),
        body: ItemBody::ShortAnswer {
            reference: "100 100".to_owned(),
            rubric: Rubric {
                criteria: vec![criterion("fact"), criterion("reason")],
                floor: 10.0,
            },
        },
        topic: "Numbers".to_owned(),
        cognitive_level: CognitiveLevel::Understand,
        difficulty: Difficulty::Easy,
        source: None,
        skills: Vec::new(),
        written_by: None,
    }
}

fn exemplar(answer: &str, points: i64) -> GradedAnswer {
    GradedAnswer {
        answer: json!(answer),
        points: Points::whole(points),
        max_points: Points::whole(20),
    }
}

/// Everything was graded .2 of the marks better than told.
fn mild() -> Vec<GradedAnswer> {
    let shares = [20, 30, 40, 50, 60];
    let one = |share: &i64| exemplar(&format!("{share} {share}"), (share + 20) / 5);
    shares.iter().map(one).collect()
}

fn judge(exemplars: &[GradedAnswer], answer: &str) -> Verdict {
    let item = item();
    let scorer = calibrated(Arc::new(Told), &item, exemplars);
    score_text(
        scorer.as_ref(),
        &item.stem,
        &item.body,
        item.marks,
        Some(&json!(answer)),
    )
}

fn scores(verdict: &Verdict) -> Vec<f64> {
    verdict.criteria.iter().map(|one| one.score).collect()
}

#[test]
fn the_version_names_scorer_exemplars_and_their_number() {
    let version = judge(&mild(), "40 40").scorer_version;
    let (before, hash) = version.rsplit_once('-').unwrap();
    assert_eq!((before, hash.len()), ("told-1/cal-5", 12), "{version}");
    assert_eq!(version, judge(&mild(), "10 90").scorer_version);
    let mut other = mild();
    other[0].points = Points::whole(9);
    assert_ne!(version, judge(&other, "40 40").scorer_version);
    assert_eq!(judge(&mild()[..2], "40 40").scorer_version, "told-1");
}

#[test]
fn criteria_move_together_and_still_add_up() {
    // Shift .1, then the curve (.6 at .5) counts 5/30: .4 becomes .5167, a way of .1944 to full marks.
    let verdict = judge(&mild(), "20 60");
    assert_eq!(scores(&verdict), [35.6, 67.8]);
    assert_eq!(verdict.points, Some(Points::from_hundredths(517)));
    let levels: Vec<_> = verdict.criteria.iter().map(|one| one.level.as_deref()).collect();
    assert_eq!(levels, [Some("low"), Some("high")]);
    assert!(
        verdict
            .criteria
            .iter()
            .all(|one| one.rationale.ends_with("graded other answers."))
    );
    assert!(verdict.confidence > Some(0.5));
}

#[test]
fn the_reference_keeps_full_marks_under_harsh_grades() {
    let harsh: Vec<GradedAnswer> = (4..9)
        .map(|tenth| exemplar(&format!("{0} {0}", tenth * 10), 0))
        .collect();
    assert_eq!(judge(&harsh, "100  100").points, Some(Points::whole(10)));
    let lowered = judge(&harsh, "100 90").points.unwrap();
    assert!(
        lowered < Points::whole(7) && lowered > Points::whole(1),
        "{lowered}"
    );
    assert_eq!(
        judge(&harsh, "12 12").points,
        Some(Points::whole(1)),
        "the floor holds"
    );
}

#[test]
fn a_doubtful_answer_gains_nothing_and_teaches_nothing() {
    let before = judge(&[], "!40 40");
    let after = judge(&mild(), "!40 40");
    assert_eq!(
        (after.points, after.confidence),
        (before.points, before.confidence)
    );
    let doubtful: Vec<GradedAnswer> = mild()
        .into_iter()
        .map(|one| exemplar(&format!("!{}", one.answer.as_str().unwrap_or_default()), 20))
        .collect();
    assert_eq!(judge(&doubtful, "40 40").scorer_version, "told-1");
}

#[test]
fn a_verdict_of_another_version_is_not_calibrated() {
    let (before, after) = (judge(&[], "40 40 ?"), judge(&mild(), "40 40 ?"));
    assert_eq!(before, after);
    let other: Vec<GradedAnswer> = [20, 30, 40]
        .iter()
        .map(|share| exemplar(&format!("{share} {share} ?"), 20))
        .collect();
    assert!(
        judge(&other, "40 40 ?")
            .scorer_version
            .starts_with("told-0/cal-3-")
    );
    assert_eq!(judge(&other, "40 40").scorer_version, "told-1");
}

#[test]
fn blanks_are_not_calibrated() {
    let mut item = item();
    item.body = ItemBody::FillBlank { blanks: Vec::new() };
    assert_eq!(item.body.kind(), ItemKind::FillBlank);
    assert_eq!(calibrated(Arc::new(Told), &item, &mild()).version(), "told-1");
}
