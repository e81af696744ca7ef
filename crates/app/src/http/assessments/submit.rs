//! `POST /assessments/{id}/submit`

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::Submitted;
use domain::authoring::VersionedItem;
use domain::authoring::item::ItemGroup;
use domain::ids::AttemptId;
use domain::points::Points;
use domain::scoring::Verdict;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{MOST_RESPONSES, ResponseBody, Sent};
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Last answers, if there are any.
#[derive(Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct SubmitBody {
    /// One per question; a generated assessment takes its last answers with its last section instead.
    #[garde(length(max = MOST_RESPONSES))]
    #[serde(default)]
    #[schema(max_items = 500)]
    responses: Vec<ResponseBody>,
    /// Must be the caller, when given.
    #[garde(skip)]
    user_id: Option<Uuid>,
}

/// Scoring has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubmittedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `awaiting_async`.
    status: &'static str,
    /// When.
    submitted_at: DateTime<Utc>,
    /// Whether the result will lack something.
    degraded: bool,
    /// What.
    degraded_reasons: Vec<&'static str>,
    /// What is known at once.
    scores: FirstScoresBody,
    /// Jobs that go on, the one that ends when everything is scored first.
    jobs_queued: Vec<Uuid>,
}

/// What is known at once. Programs and files are scored later and appear in the result.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstScoresBody {
    /// Choice, gaps, matching, numbers, order; none while results are held back.
    rule: Option<GroupScoreBody>,
    /// What the candidate says of themselves; none while results are held back.
    profile: Option<GroupScoreBody>,
    /// Essays and short answers.
    essay: EssayScoreBody,
}

/// Points of a group of questions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupScoreBody {
    /// Points; below zero when wrong answers cost more than right ones earned.
    total: f64,
    /// Full marks of the questions that are scored.
    max: f64,
    /// The questions that are scored, in order.
    items: Vec<FirstScoreBody>,
}

/// Points of one question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FirstScoreBody {
    /// Which question.
    question_id: Uuid,
    /// Points; none when it cannot be scored.
    points: Option<f64>,
    /// Full marks.
    max: f64,
    /// `correct`, `partially_correct`, `incorrect`, `unanswered` or `ungraded`.
    reason: &'static str,
}

/// Where texts stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EssayScoreBody {
    /// `pending` while texts are judged, `completed` when all were left empty, `skipped` when there is none.
    status: &'static str,
    /// Points, once they are known.
    total: Option<f64>,
}

/// Submit an attempt
///
/// With its last answers, if there are any. Rules score at once, the rest in the background; follow it at
/// `/assessments/{id}/status`. Of a generated assessment every section must be submitted before, as for
/// `/sessions/{id}/complete`.
#[utoipa::path(
    post,
    path = "/assessments/{id}/submit",
    tag = "assessments",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body(content = Option<SubmitBody>),
    responses(
        (status = 202, description = "Scoring has begun", body = SubmittedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    body: Option<Json<SubmitBody>>,
) -> Result<Response, Problem> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let candidate = caller.candidate(body.user_id)?;
    let sent = Sent::read(&state, &caller, candidate, id, &body.responses).await?;
    let reply = |submitted: &Submitted| SubmittedBody::new(&sent, submitted);
    sent.submit((&state, &caller), &key, &body, reply).await
}

impl SubmittedBody {
    fn new(sent: &Sent, submitted: &Submitted) -> Self {
        Self {
            assessment_id: sent.owned.attempt_id.0,
            status: "awaiting_async",
            submitted_at: submitted.submitted_at.to_datetime(),
            degraded: !submitted.degraded_reasons.is_empty(),
            degraded_reasons: submitted
                .degraded_reasons
                .iter()
                .map(|reason| reason.as_str())
                .collect(),
            scores: FirstScoresBody::new(sent, submitted),
            jobs_queued: submitted.jobs.iter().map(|job| job.0).collect(),
        }
    }
}

impl FirstScoresBody {
    fn new(sent: &Sent, submitted: &Submitted) -> Self {
        let verdicts = submitted.verdicts.iter();
        let scored: Vec<(&VersionedItem, &Verdict)> = verdicts
            .filter_map(|(id, verdict)| Some((sent.item(*id)?, verdict)))
            .collect();
        let shown = |group| (!submitted.held).then(|| GroupScoreBody::of(group, &scored));
        Self {
            rule: shown(ItemGroup::RuleScored),
            profile: shown(ItemGroup::Profile),
            essay: EssayScoreBody::new(sent, submitted, &scored),
        }
    }
}

impl GroupScoreBody {
    fn of(group: ItemGroup, scored: &[(&VersionedItem, &Verdict)]) -> Self {
        let of_group = scored
            .iter()
            .filter(|(item, _)| item.content.body.kind().group() == group);
        let items: Vec<&(&VersionedItem, &Verdict)> = of_group.collect();
        let points = items.iter().filter_map(|(_, verdict)| verdict.points);
        let graded = items.iter().filter(|(_, verdict)| verdict.points.is_some());
        Self {
            total: points.sum::<Points>().as_f64(),
            max: graded
                .map(|(_, verdict)| verdict.max_points)
                .sum::<Points>()
                .as_f64(),
            items: items
                .into_iter()
                .map(|(item, verdict)| FirstScoreBody::new(item, verdict))
                .collect(),
        }
    }
}

impl FirstScoreBody {
    fn new(item: &VersionedItem, verdict: &Verdict) -> Self {
        Self {
            question_id: item.item_id.0,
            points: verdict.points.map(Points::as_f64),
            max: verdict.max_points.as_f64(),
            reason: verdict.reason.as_str(),
        }
    }
}

impl EssayScoreBody {
    fn new(sent: &Sent, submitted: &Submitted, scored: &[(&VersionedItem, &Verdict)]) -> Self {
        let is_text = |item: &VersionedItem| item.content.body.kind().group() == ItemGroup::Essay;
        let total = GroupScoreBody::of(ItemGroup::Essay, scored).total;
        let (status, total) = if submitted.texts > 0 {
            ("pending", None)
        } else if sent
            .owned
            .form
            .items(&sent.version.items)
            .into_iter()
            .any(is_text)
        {
            ("completed", (!submitted.held).then_some(total))
        } else {
            ("skipped", None)
        };
        Self { status, total }
    }
}
