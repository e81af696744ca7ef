//! `POST /reviews/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::ids::ScoreRecordId;
use domain::points::Points;
use domain::reviews::{CriterionGrade, Decide, Decided, Decision, Grade};
use domain::scoring::ResolutionReason;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::{Json, PathId, says_something, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByStaff;
use crate::http::problem::{
    BodyProblems, FieldError, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Rubrics have a handful of criteria.
const MOST_CRITERIA: usize = 50;

/// A person's verdict.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct DecideBody {
    /// Whether a verdict that is there is right, or another one.
    #[garde(skip)]
    decision: DecisionBody,
    /// The score record that counted when the review was read; 409 when another one counts meanwhile.
    #[garde(skip)]
    seen: Uuid,
    /// Which score record is right, to `confirm`; without it the one that counts.
    #[garde(skip)]
    counts: Option<Uuid>,
    /// Why, to `override`; for staff, the candidate is not told.
    #[garde(
        length(chars, min = 1, max = 2000),
        inner(custom(some_lines), custom(says_something))
    )]
    #[schema(min_length = 1, max_length = 2000)]
    reason: Option<String>,
    /// To `override` a text with a rubric: every criterion once. Points are computed from them.
    #[garde(length(min = 1, max = MOST_CRITERIA), dive)]
    #[schema(min_items = 1, max_items = 50)]
    criteria: Option<Vec<CriterionGradeBody>>,
    /// The text is not about the question, so that the rubric's floor is not for it.
    #[garde(skip)]
    #[serde(default)]
    off_topic: bool,
    /// To `override` anything else: from 0, or below where wrong answers cost something, to the full marks.
    #[garde(skip)]
    #[schema(value_type = Option<f64>)]
    points: Option<Points>,
}

/// The two kinds of verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DecisionBody {
    /// A verdict that is there is right.
    Confirm,
    /// Another one is.
    Override,
}

/// One criterion.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct CriterionGradeBody {
    /// Its id in the rubric.
    #[garde(length(chars, max = 200))]
    criterion: String,
    /// 0–100; or `level` instead.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100)]
    score: Option<f64>,
    /// Name of one of the criterion's levels: counts as the middle between its least score and that of the next level.
    #[garde(length(chars, max = 200))]
    level: Option<String>,
    /// For the candidate.
    #[garde(
        length(chars, min = 1, max = 2000),
        custom(some_lines),
        custom(says_something)
    )]
    #[schema(min_length = 1, max_length = 2000)]
    rationale: String,
}

/// What counts from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecidedBody {
    /// Names the review, as before.
    review_id: Uuid,
    /// The attempt.
    assessment_id: Uuid,
    /// The score record of the person, which counts now.
    score_record_id: Uuid,
    /// Its points.
    points: Option<f64>,
    /// Full marks.
    max_points: f64,
    /// `person`.
    counts_because: &'static str,
    /// Whether the text scorer learns from this answer.
    calibrates: bool,
}

/// Judge a score
///
/// Adds a score record of a person, which counts and is final; what was there stays. 409 when another record counts than the
/// one that was `seen`, when the attempt is voided, and before scoring has ended.
#[utoipa::path(
    post,
    path = "/reviews/{id}",
    tag = "reviews",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The review")),
    request_body = DecideBody,
    responses(
        (status = 201, description = "The record that counts now", body = DecidedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn decide(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(id): PathId<ScoreRecordId>,
    Json(body): Json<DecideBody>,
) -> Result<Response, Problem> {
    let decide = Decide {
        staff,
        review: id,
        seen: ScoreRecordId(body.seen),
        decision: body.clone().decision()?,
    };
    caller
        .once(&state, &key, &body, &decide, |decided| {
            Ok((StatusCode::CREATED, DecidedBody::new(id, decided)))
        })
        .await
}

impl DecideBody {
    /// What it says, or which members do not go together.
    fn decision(self) -> Result<Decision, Problem> {
        match self.decision {
            DecisionBody::Confirm => self.confirmation(),
            DecisionBody::Override => self.another(),
        }
    }

    fn confirmation(self) -> Result<Decision, Problem> {
        let why = "it belongs to override";
        none_wrong([
            unwanted(self.reason.is_some(), "/reason", why),
            unwanted(self.criteria.is_some(), "/criteria", why),
            unwanted(self.off_topic, "/off_topic", why),
            unwanted(self.points.is_some(), "/points", why),
        ])?;
        Ok(Decision::Confirm {
            counts: self.counts.map(ScoreRecordId),
        })
    }

    fn another(self) -> Result<Decision, Problem> {
        let (criteria, points, off_topic) = (self.criteria, self.points, self.off_topic);
        none_wrong([
            unwanted(self.counts.is_some(), "/counts", "it belongs to confirm"),
            missing(self.reason.is_none(), "/reason", "to override"),
            missing(criteria.is_none() && points.is_none(), "/criteria", "or points"),
            unwanted(
                criteria.is_some() && points.is_some(),
                "/points",
                "they are computed from criteria",
            ),
            unwanted(
                off_topic && points.is_some(),
                "/off_topic",
                "it belongs to criteria",
            ),
        ])?;
        let by_criteria = criteria.map(|criteria| Grade::Criteria {
            criteria: criteria.into_iter().map(CriterionGrade::from).collect(),
            off_topic,
        });
        match (self.reason, by_criteria.or(points.map(Grade::Points))) {
            (Some(reason), Some(grade)) => Ok(Decision::Override { reason, grade }),
            _ => Err(Problem::invalid("/decision", "must be explained")),
        }
    }
}

fn unwanted(is_there: bool, pointer: &str, why: &str) -> Option<FieldError> {
    is_there.then(|| FieldError::new(pointer, format!("must be absent: {why}")))
}

fn missing(is_missing: bool, pointer: &str, why: &str) -> Option<FieldError> {
    is_missing.then(|| FieldError::new(pointer, format!("must be given, {why}")))
}

fn none_wrong<const N: usize>(wrong: [Option<FieldError>; N]) -> Result<(), Problem> {
    let wrong: Vec<FieldError> = wrong.into_iter().flatten().collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid_fields(wrong))
    }
}

impl From<CriterionGradeBody> for CriterionGrade {
    fn from(body: CriterionGradeBody) -> Self {
        Self {
            criterion: body.criterion,
            score: body.score,
            level: body.level,
            rationale: body.rationale,
        }
    }
}

impl DecidedBody {
    fn new(id: ScoreRecordId, decided: &Decided) -> Self {
        let verdict = &decided.record.verdict;
        Self {
            review_id: id.0,
            assessment_id: decided.reviewed.attempt_id.0,
            score_record_id: decided.record.id.0,
            points: verdict.points.map(Points::as_f64),
            max_points: verdict.max_points.as_f64(),
            counts_because: ResolutionReason::Person.as_str(),
            calibrates: decided.calibrates,
        }
    }
}
