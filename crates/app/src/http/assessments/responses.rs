//! `POST /assessments/{id}/responses`

use axum::Json as JsonReply;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::attempts::{AttemptError, ResolveRefusedSave, SavedResponse, Submitted, Touched};
use domain::identity::Candidate;
use domain::ids::AttemptId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::sent::{MOST_RESPONSES, ResponseBody, SavedAnswerBody, Sent};
use crate::http::answers::CheckedAnswers;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// A save that is refused for no reason that lasts is tried this often.
const TRIES: usize = 3;

/// Answers to save.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct ResponsesBody {
    /// One per question, all of the current section; may be empty when `completed` is true.
    #[garde(length(max = MOST_RESPONSES), custom(not_for_nothing(&self.completed)))]
    #[serde(default)]
    #[schema(max_items = 500)]
    responses: Vec<ResponseBody>,
    /// Submits the whole as well, in the same step; a generated assessment has to have all its sections submitted before.
    #[garde(skip)]
    #[serde(default)]
    completed: bool,
    /// Must be the caller, when given.
    #[garde(skip)]
    user_id: Option<Uuid>,
}

/// The acknowledgement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `in_progress`, or `awaiting_async` when it was submitted.
    status: &'static str,
    /// Whether scoring has begun: only when it was submitted.
    async_job_enqueued: bool,
    /// One per answer.
    saved: Vec<SavedAnswerBody>,
    /// For people.
    message: &'static str,
}

/// Save answers
///
/// Saving again replaces, until the section is submitted. What is acknowledged is durable. With `completed` the answers are
/// the last ones: they are saved and the whole is submitted in one step, once per `Idempotency-Key`. A plain save needs no
/// key: when it is sent again, `submitted_at` says which answer is newer.
#[utoipa::path(
    post,
    path = "/assessments/{id}/responses",
    tag = "assessments",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body(content = ResponsesBody, examples(
        ("multiple_choice" = (
            summary = "One option",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": "b" }] })
        )),
        ("multiple_response" = (
            summary = "Several options",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": ["a", "c"] }] })
        )),
        ("true_false" = (
            summary = "Whether the statement is true",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": true }] })
        )),
        ("fill_blank" = (
            summary = "A text per blank",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": { "b1": "lock", "b2": "reading" } }] })
        )),
        ("matching" = (
            summary = "Right entries per left entry",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": { "l1": ["r2"], "l2": ["r1"] } }] })
        )),
        ("numeric" = (
            summary = "A number, with its unit where one is asked",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": "42 ms" }] })
        )),
        ("ordering" = (
            summary = "Ids in order",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": ["o2", "o1", "o3"] }] })
        )),
        ("short_answer" = (
            summary = "A sentence or two",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": "The second writer waits." }] })
        )),
        ("essay" = (
            summary = "A text",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": "Isolation costs waiting, because …" }] })
        )),
        ("coding" = (
            summary = "A program in one of the languages of the question",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": { "language": "python", "source": "print(sum(map(int, input().split())))" } }] })
        )),
        ("profile" = (
            summary = "What the candidate says of themselves; here a checklist",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": { "count": 5, "context": ["campus", "production"] } }] })
        )),
        ("file_upload" = (
            summary = "Files uploaded before",
            value = json!({ "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": { "file_ids": ["0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a22"] } }] })
        )),
        ("completed" = (
            summary = "The last answers of a track, which is submitted with them",
            value = json!({
                "responses": [{ "question_id": "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", "answer": "b" }],
                "completed": true
            })
        ))
    )),
    responses(
        (status = 202, description = "The acknowledgement", body = SavedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn save(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    Json(body): Json<ResponsesBody>,
) -> Result<Response, Problem> {
    let candidate = caller.candidate(body.user_id)?;
    let sent = Sent::read(&state, &caller, candidate, id, &body.responses).await?;
    match &sent.checked {
        Some(checked) if !body.completed => {
            let saved = save_now(&state, &caller, candidate, &sent, checked).await?;
            let reply = SavedBody::saved(&sent, &saved);
            Ok((StatusCode::ACCEPTED, JsonReply(reply)).into_response())
        }
        Some(_) | None => {
            let reply = |submitted: &Submitted| SavedBody::submitted(&sent, submitted);
            sent.submit((&state, &caller), &key, &body, reply).await
        }
    }
}

/// Without an answer there has to be something else to do.
fn not_for_nothing(completed: &bool) -> impl FnOnce(&[ResponseBody], &()) -> garde::Result + '_ {
    move |responses, ()| {
        if responses.is_empty() && !completed {
            return Err(garde::Error::new("must not be empty unless completed is true"));
        }
        Ok(())
    }
}

/// Saves by the one guarded statement; only a refusal costs a second.
async fn save_now(
    state: &AppState,
    caller: &Caller,
    candidate: Candidate,
    sent: &Sent,
    checked: &CheckedAnswers,
) -> Result<Vec<SavedResponse>, Problem> {
    let resolve = ResolveRefusedSave {
        candidate,
        attempt_id: sent.owned.attempt_id,
        section_index: checked.section_index,
    };
    for _ in 0..TRIES {
        let saved = state
            .store
            .save_responses(
                &sent.owned,
                checked.section_index,
                &checked.responses,
                caller.ctx.now(),
            )
            .await?;
        if let Some(saved) = saved {
            return Ok(saved);
        }
        // Comes back when the reason has passed, as when a section was opened in between.
        match state.store.run(&resolve, &caller.ctx).await? {
            Touched::Alive(()) => {}
            Touched::Expired(expiry) => return Err(AttemptError::Expired { by: Some(expiry) }.into()),
        }
    }
    Err(Problem::of(&kinds::OVERLOADED).retry_after(1))
}

impl SavedBody {
    fn saved(sent: &Sent, saved: &[SavedResponse]) -> Self {
        Self {
            assessment_id: sent.owned.attempt_id.0,
            status: "in_progress",
            async_job_enqueued: false,
            saved: sent.acknowledged(saved),
            message: "saved",
        }
    }

    fn submitted(sent: &Sent, submitted: &Submitted) -> Self {
        Self {
            status: "awaiting_async",
            async_job_enqueued: true,
            message: "submitted",
            ..Self::saved(sent, &submitted.saved)
        }
    }
}
