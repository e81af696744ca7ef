//! `POST /assessments/{id}/responses`

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::attempts::{AttemptError, AttemptVersion, ResolveRefusedSave, SavedResponse, Touched};
use domain::authoring::VersionContent;
use domain::identity::Candidate;
use domain::ids::AttemptId;
use garde::Validate;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::answers::{CheckedAnswers, SentAnswer, check};
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::problem::{
    BodyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// A save that is refused for no reason that lasts is tried this often.
const TRIES: usize = 3;

/// Answers to save.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct ResponsesBody {
    /// One per question, all of the current section.
    #[garde(length(min = 1, max = 500))]
    #[schema(min_items = 1, max_items = 500)]
    responses: Vec<ResponseBody>,
    /// Submits as well; only assessments of one section take it here.
    #[garde(custom(submits_elsewhere))]
    #[serde(default)]
    completed: bool,
    /// Must be the caller, when given.
    #[garde(skip)]
    user_id: Option<Uuid>,
}

/// One answer.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ResponseBody {
    /// Which question.
    question_id: Uuid,
    /// In the shape of its kind: `multiple_choice` `"b"`; `multiple_response` `["a","c"]`; `true_false` `true`;
    /// `fill_blank` `{"b1":"text"}`; `matching` `{"l1":["r2"]}`; `numeric` `42` or `"42 ms"`; `ordering`
    /// `["c","a","b"]`; `short_answer` and `essay` `"text"`. `null` takes an answer back.
    #[schema(value_type = Object)]
    answer: Value,
    /// When it was written, by the candidate's clock; an older answer never replaces a newer one.
    submitted_at: Option<DateTime<Utc>>,
}

/// The acknowledgement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `in_progress`.
    status: &'static str,
    /// Always false: saving does not score.
    async_job_enqueued: bool,
    /// One per answer.
    saved: Vec<SavedAnswerBody>,
    /// For people.
    message: &'static str,
}

/// One acknowledged answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedAnswerBody {
    /// Which question.
    question_id: Uuid,
    /// Its sequence number.
    seq: i64,
    /// False when a newer answer was there already and stays.
    stored: bool,
}

/// Save answers
///
/// Saving again replaces, until the section is submitted. What is acknowledged is durable.
#[utoipa::path(
    post,
    path = "/assessments/{id}/responses",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body = ResponsesBody,
    responses(
        (status = 202, description = "The acknowledgement", body = SavedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
    Json(body): Json<ResponsesBody>,
) -> Result<(StatusCode, JsonReply<SavedBody>), Problem> {
    let candidate = caller.candidate(body.user_id)?;
    let owned = state.content.owned_attempt(id, candidate.user_id()).await?;
    let owned = owned.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let version = state.content.version(owned.definition_version_id).await?;
    let sent = body
        .responses
        .iter()
        .enumerate()
        .map(|(index, response)| SentAnswer {
            question_id: response.question_id,
            answer: &response.answer,
            written_at: response.submitted_at,
            pointer: format!("/responses/{index}"),
        });
    let checked = check(&version, &sent.collect::<Vec<_>>(), caller.ctx.now())?;
    for _ in 0..TRIES {
        let now = caller.ctx.now();
        let saved = state
            .store
            .save_responses(owned, checked.section_index, &checked.responses, now)
            .await?;
        if let Some(saved) = saved {
            return Ok((
                StatusCode::ACCEPTED,
                JsonReply(SavedBody::new(id.0, &version, &saved)),
            ));
        }
        why_refused(&state, &caller, candidate, owned, &checked).await?;
    }
    Err(Problem::of(&kinds::OVERLOADED).retry_after(1))
}

/// Sections are submitted one by one, so that what is left out is not locked by mistake.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
fn submits_elsewhere(completed: &bool, (): &()) -> garde::Result {
    if *completed {
        let elsewhere = "must be false: submit at /sessions/{id}/submit-section and /sessions/{id}/complete";
        return Err(garde::Error::new(elsewhere));
    }
    Ok(())
}

/// Gives the reason as a problem; comes back when it has passed, as when a section was opened in between.
async fn why_refused(
    state: &AppState,
    caller: &Caller,
    candidate: Candidate,
    owned: AttemptVersion,
    checked: &CheckedAnswers,
) -> Result<(), Problem> {
    let section_index = checked.section_index;
    let resolve = ResolveRefusedSave {
        candidate,
        attempt_id: owned.attempt_id,
        section_index,
    };
    match state.store.run(&resolve, &caller.ctx).await? {
        Touched::Alive(()) => Ok(()),
        Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(expiry) }.into()),
    }
}

impl SavedBody {
    fn new(assessment_id: Uuid, version: &VersionContent, saved: &[SavedResponse]) -> Self {
        let answer = |saved: &SavedResponse| {
            let item = version
                .items
                .iter()
                .find(|item| item.item_version_id == saved.item_version_id)?;
            Some(SavedAnswerBody {
                question_id: item.item_id.0,
                seq: saved.seq,
                stored: saved.stored,
            })
        };
        Self {
            assessment_id,
            status: "in_progress",
            async_job_enqueued: false,
            saved: saved.iter().filter_map(answer).collect(),
            message: "saved",
        }
    }
}
