//! `POST /assessments/start`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::{Take, Taken, Touched};
use domain::ids::DefinitionId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{Json, one_line};
use crate::http::idempotency::IdempotencyKey;
use crate::http::item_body::QuestionBody;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::http::touched::alive;
use crate::runtime::AppState;

/// Bytes of `metadata` written as JSON.
const METADATA_LIMIT: usize = 4096;

/// Which track is taken, by one of its two names.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[schema(example = json!({ "role_slug": "backend-developer", "metadata": { "client": "campus-portal" } }))]
pub(super) struct TrackStartBody {
    /// The track's id.
    #[garde(skip)]
    role_id: Option<Uuid>,
    /// Or its slug.
    #[garde(inner(custom(one_line)))]
    role_slug: Option<String>,
    /// Whatever the client wants to keep with a new attempt: an object of at most 4 KiB.
    #[garde(inner(custom(small)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Where the assessment asks for one; resuming needs none.
    #[garde(length(chars, max = 100))]
    access_code: Option<String>,
    /// Must be the caller, when given.
    #[garde(skip)]
    user_id: Option<Uuid>,
}

/// The attempt in progress with its questions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrackStartedBody {
    /// The attempt; also a session id in the other routes.
    assessment_id: Uuid,
    /// `in_progress`.
    status: &'static str,
    /// When it expires as things stand: deadline or inactivity, whichever is first.
    expires_at: Option<DateTime<Utc>>,
    /// The server's time, for clocks on pages.
    server_time: DateTime<Utc>,
    /// As this attempt has them, in order.
    questions: Vec<QuestionBody>,
}

/// Start or resume a track assessment
///
/// Opts in and starts in one step. 200 when the caller is taking the track already. 409 while another assessment is in
/// progress, or while the sitting is not open; 403 without the right access code; 410 when an attempt
/// has just been found expired and no other can begin.
#[utoipa::path(
    post,
    path = "/assessments/start",
    tag = "assessments",
    params(IdempotencyKey),
    request_body = TrackStartBody,
    responses(
        (status = 200, description = "The attempt that was in progress", body = TrackStartedBody),
        (status = 201, description = "A new attempt", body = TrackStartedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn start(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<TrackStartBody>,
) -> Result<Response, Problem> {
    let take = Take {
        candidate: caller.candidate(body.user_id)?,
        definition_id: body.track(&state).await?,
        access_code: body.access_code.clone(),
        metadata: body.metadata.clone().map(Value::Object),
    };
    let now = caller.ctx.now();
    let started = |touched: &Touched<Taken>| {
        let taken = alive(touched)?;
        let status = if taken.resumed {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        };
        Ok((status, TrackStartedBody::new(taken, now)))
    };
    caller.once(&state, &key, &body, &take, started).await
}

impl TrackStartBody {
    async fn track(&self, state: &AppState) -> Result<DefinitionId, Problem> {
        let found = match (self.role_id, &self.role_slug) {
            (Some(id), None) => state.store.find_track_by_id(DefinitionId(id)).await?,
            (None, Some(slug)) => state.store.find_track(slug).await?,
            (None, None) => return Err(Problem::invalid("/role_slug", "must be there, or role_id")),
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("/role_slug", "must not be there beside role_id"));
            }
        };
        let found = found.ok_or_else(|| Problem::of(&kinds::TRACK))?;
        Ok(found.track.definition.id)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
fn small(metadata: &Map<String, Value>, (): &()) -> garde::Result {
    if json!(metadata).to_string().len() > METADATA_LIMIT {
        return Err(garde::Error::new("must be at most 4 KiB as JSON"));
    }
    Ok(())
}

impl TrackStartedBody {
    fn new(taken: &Taken, now: Timestamp) -> Self {
        let attempt = &taken.attempt;
        Self {
            assessment_id: attempt.id.0,
            status: attempt.state.as_str(),
            expires_at: attempt.closes_at().map(Timestamp::to_datetime),
            server_time: now.to_datetime(),
            questions: taken.questions.iter().cloned().map(QuestionBody::from).collect(),
        }
    }
}
