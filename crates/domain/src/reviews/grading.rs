//! From what a person says of an answer to a verdict: pure functions.

use crate::authoring::item::{ItemBody, ItemContent};
use crate::authoring::rubric::{Criterion, Level, Rubric};
use crate::points::Points;
use crate::scoring::local::level_reached;
use crate::scoring::rubric_points::essay_points;
use crate::scoring::rules::least_points;
use crate::scoring::{CriterionVerdict, Reason, Scorer, Verdict};

/// Version of verdicts of people: how their words become points.
pub const PERSON_VERSION: &str = "person-1";

/// What an answer is worth, in a person's opinion.
#[derive(Clone, Debug, PartialEq)]
pub enum Grade {
    /// By the criteria of the rubric, all of them.
    Criteria {
        /// In any order.
        criteria: Vec<CriterionGrade>,
        /// The answer is not about the question; the rubric's floor is not for it.
        off_topic: bool,
    },
    /// As a whole, where there are no criteria.
    Points(Points),
}

/// One criterion, by a score or a level.
#[derive(Clone, Debug, PartialEq)]
pub struct CriterionGrade {
    /// The rubric's criterion id.
    pub criterion: String,
    /// 0–100.
    pub score: Option<f64>,
    /// Name of a level of the criterion; counts as the middle between its least score and that of the next one.
    pub level: Option<String>,
    /// For the candidate.
    pub rationale: String,
}

/// What is wrong with a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeFault {
    /// JSON pointer into the request.
    pub pointer: String,
    /// What belongs there; reads on after "must be".
    pub expected: String,
}

impl GradeFault {
    /// What belongs where.
    pub fn new(pointer: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            expected: expected.into(),
        }
    }
}

/// The verdict of a person who says what an answer is worth. Points of criteria are computed from the rubric.
pub fn graded(content: &ItemContent, grade: &Grade) -> Result<Verdict, Vec<GradeFault>> {
    match (rubric_of(&content.body), grade) {
        (Some(rubric), Grade::Criteria { criteria, off_topic }) => {
            let judged = by_rubric(rubric, criteria)?;
            let scores: Vec<(&str, f64)> = judged
                .iter()
                .map(|verdict| (verdict.criterion.as_str(), verdict.score))
                .collect();
            let points = essay_points(rubric, &scores, !off_topic, content.marks)
                .map_err(|error| vec![GradeFault::new("/criteria", format!("complete: {error}"))])?;
            let reason = if *off_topic {
                Reason::OffTopic
            } else {
                Reason::Judged
            };
            Ok(Verdict {
                criteria: judged,
                ..verdict(content, points, reason)
            })
        }
        (None, Grade::Points(points)) => {
            let least = least_points(&content.body, content.marks);
            if *points < least || *points > content.marks {
                let expected = format!("between {least} and {}", content.marks);
                return Err(vec![GradeFault::new("/points", expected)]);
            }
            Ok(verdict(content, *points, reason_of(*points, content.marks)))
        }
        (Some(_), Grade::Points(_)) => Err(vec![GradeFault::new(
            "/points",
            "absent: the points of this question are computed from criteria",
        )]),
        (None, Grade::Criteria { .. }) => Err(vec![GradeFault::new(
            "/criteria",
            "absent: this question has no criteria; give points",
        )]),
    }
}

/// The verdict of a person who agrees with one that is there; none when that one has no points.
pub fn confirmed(verdict: &Verdict) -> Option<Verdict> {
    verdict.points?;
    Some(Verdict {
        scorer: Scorer::Human,
        scorer_version: PERSON_VERSION.to_owned(),
        confidence: None,
        // They ask for a person, who has looked now.
        flags: Vec::new(),
        ..verdict.clone()
    })
}

/// By what people judge a text; none for what is judged as a whole.
pub fn rubric_of(body: &ItemBody) -> Option<&Rubric> {
    match body {
        ItemBody::ShortAnswer { rubric, .. } | ItemBody::Essay { rubric, .. } => {
            (!rubric.criteria.is_empty()).then_some(rubric)
        }
        ItemBody::MultipleChoice { .. }
        | ItemBody::MultipleResponse { .. }
        | ItemBody::TrueFalse { .. }
        | ItemBody::FillBlank { .. }
        | ItemBody::Matching { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::Ordering { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => None,
    }
}

fn verdict(content: &ItemContent, points: Points, reason: Reason) -> Verdict {
    Verdict {
        scorer: Scorer::Human,
        scorer_version: PERSON_VERSION.to_owned(),
        points: Some(points),
        max_points: content.marks,
        reason,
        criteria: Vec::new(),
        confidence: None,
        flags: Vec::new(),
    }
}

fn reason_of(points: Points, marks: Points) -> Reason {
    if points >= marks {
        Reason::Correct
    } else if points > Points::ZERO {
        Reason::PartiallyCorrect
    } else {
        Reason::Incorrect
    }
}

/// In the order of the rubric.
fn by_rubric(rubric: &Rubric, grades: &[CriterionGrade]) -> Result<Vec<CriterionVerdict>, Vec<GradeFault>> {
    let mut faults = unexpected(rubric, grades);
    let mut verdicts = Vec::new();
    for (criterion, weight) in rubric.normalised() {
        let named = |grade: &&CriterionGrade| grade.criterion == criterion.id;
        let Some((index, grade)) = grades.iter().enumerate().find(|(_, grade)| named(grade)) else {
            faults.push(GradeFault::new(
                "/criteria",
                format!("complete: `{}` is missing", criterion.id),
            ));
            continue;
        };
        match score_of(criterion, grade) {
            Ok((score, level)) => verdicts.push(CriterionVerdict {
                criterion: criterion.id.clone(),
                score,
                weight,
                level,
                evidence: Vec::new(),
                rationale: grade.rationale.clone(),
            }),
            Err((member, expected)) => {
                faults.push(GradeFault::new(format!("/criteria/{index}/{member}"), expected));
            }
        }
    }
    if faults.is_empty() {
        Ok(verdicts)
    } else {
        Err(faults)
    }
}

/// Grades for what is no criterion, or a second time for the same.
fn unexpected(rubric: &Rubric, grades: &[CriterionGrade]) -> Vec<GradeFault> {
    let ids: Vec<&str> = rubric
        .criteria
        .iter()
        .map(|criterion| criterion.id.as_str())
        .collect();
    let mut faults = Vec::new();
    for (index, grade) in grades.iter().enumerate() {
        let pointer = format!("/criteria/{index}/criterion");
        if !ids.contains(&grade.criterion.as_str()) {
            faults.push(GradeFault::new(pointer, format!("one of {}", ids.join(", "))));
        } else if grades[..index]
            .iter()
            .any(|earlier| earlier.criterion == grade.criterion)
        {
            faults.push(GradeFault::new(pointer, "judged once"));
        }
    }
    faults
}

/// Score and level, or the member that is wrong with what belongs there.
fn score_of(
    criterion: &Criterion,
    grade: &CriterionGrade,
) -> Result<(f64, Option<String>), (&'static str, String)> {
    match (grade.score, &grade.level) {
        (Some(score), None) if (0.0..=100.0).contains(&score) => {
            Ok((score, level_reached(&criterion.levels, score)))
        }
        (Some(_), None) => Err(("score", "between 0 and 100".to_owned())),
        (None, Some(level)) => match middle(&criterion.levels, level) {
            Some(score) => Ok((score, Some(level.clone()))),
            None if criterion.levels.is_empty() => Err((
                "level",
                "absent: the criterion has no levels; give a score".to_owned(),
            )),
            None => {
                let names: Vec<&str> = criterion.levels.iter().map(|level| level.name.as_str()).collect();
                Err(("level", format!("one of {}", names.join(", "))))
            }
        },
        (Some(_), Some(_)) => Err(("level", "absent where a score is given".to_owned())),
        (None, None) => Err(("score", "given, or a level instead".to_owned())),
    }
}

/// The middle between the least score of a level and that of the next one (100 above the highest), in tenths.
fn middle(levels: &[Level], name: &str) -> Option<f64> {
    let place = levels.iter().position(|level| level.name == name)?;
    let least = levels[place].from_score.clamp(0.0, 100.0);
    let next = levels.get(place + 1).map_or(100.0, |next| next.from_score);
    let next = next.clamp(least, 100.0);
    Some((f64::midpoint(least, next) * 10.0).round() / 10.0)
}

#[cfg(test)]
#[path = "grading_tests.rs"]
mod tests;
