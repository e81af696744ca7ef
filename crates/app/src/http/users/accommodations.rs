//! `PUT /users/{id}/accommodations`

use axum::Json as JsonReply;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::attempts::{Accommodate, Accommodated, Attempt, Viewer};
use domain::ids::UserId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::{Json, PathId, some_lines};
use crate::http::permitted::ByStaff;
use crate::http::problem::{BodyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// How much more time the candidate has than others.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct AccommodationsBody {
    /// 1 is the usual time, 1.5 half as much again; two decimals count. Also for the inactivity limit.
    #[garde(range(min = 1.0, max = 10.0))]
    #[schema(minimum = 1, maximum = 10)]
    time_factor: f64,
    /// Why; for staff.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    note: Option<String>,
}

/// As stored.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccommodatedBody {
    /// The candidate.
    user_id: Uuid,
    /// 1 is the usual time.
    time_factor: f64,
    /// Why; for staff.
    note: Option<String>,
    /// When it was set.
    updated_at: DateTime<Utc>,
    /// The attempt in progress, whose times have changed with it; none where the caller may not see it.
    running: Option<RunningBody>,
}

/// An attempt with its new times.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunningBody {
    /// The attempt.
    assessment_id: Uuid,
    /// When it expires as things stand.
    expires_at: Option<DateTime<Utc>>,
}

/// Give a candidate more time than others
///
/// From now on, and in the attempt that is running. Replaces what was set before; 1 takes it back.
#[utoipa::path(
    put,
    path = "/users/{id}/accommodations",
    tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The candidate")),
    request_body = AccommodationsBody,
    responses(
        (status = 200, description = "As stored", body = AccommodatedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn put(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    PathId(id): PathId<UserId>,
    Json(body): Json<AccommodationsBody>,
) -> Result<JsonReply<AccommodatedBody>, Problem> {
    let accommodate = Accommodate {
        staff,
        user_id: id,
        time_factor: percent(body.time_factor),
        note: body.note,
    };
    let mut done = state.store.run(&accommodate, &caller.ctx).await?;
    if let Some(running) = &done.running {
        // Advisors may give time to candidates of whose attempts they may know nothing.
        let seen = state
            .store
            .attempt_status(running.id, Viewer::from(staff))
            .await?;
        if seen.is_none() {
            done.running = None;
        }
    }
    Ok(JsonReply(done.into()))
}

fn percent(factor: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 1 and 10"
    )]
    {
        (factor * 100.0).round() as u32
    }
}

impl From<Accommodated> for AccommodatedBody {
    fn from(done: Accommodated) -> Self {
        let running = |attempt: Attempt| RunningBody {
            assessment_id: attempt.id.0,
            expires_at: attempt.closes_at().map(Timestamp::to_datetime),
        };
        Self {
            user_id: done.accommodation.user_id.0,
            time_factor: f64::from(done.accommodation.time_factor) / 100.0,
            note: done.accommodation.note,
            updated_at: done.accommodation.updated_at.to_datetime(),
            running: done.running.map(running),
        }
    }
}
