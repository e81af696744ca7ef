//! `POST /users/{id}/erase`

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json as JsonReply;
use axum::extract::State;
use domain::ids::UserId;
use domain::privacy::{Erase, Erased};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{Conflict, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Between the last moment of a request and the second walk, for what its transaction takes to end.
const SLACK: Duration = Duration::from_secs(10);

/// What was erased now; all zero when there was nothing left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErasedBody {
    /// Who is nobody now.
    user_id: Uuid,
    /// Attempts taken out of the count because they were not ended or not scored.
    attempts_voided: u64,
    /// Jobs that will not run, or whose result will be refused.
    jobs_cancelled: u64,
    /// Rows emptied or deleted, by table.
    #[schema(value_type = BTreeMap<String, u64>)]
    rows: BTreeMap<&'static str, u64>,
}

/// Erase a person
///
/// At once and for good. Scores and the audit log stay and name an account that names nobody. A repetition finds nothing
/// left. The last active admin and the accounts of API keys cannot be erased.
#[utoipa::path(
    post,
    path = "/users/{id}/erase",
    tag = "users",
    params(("id" = uuid::Uuid, Path, description = "The account")),
    responses(
        (status = 200, description = "What was erased", body = ErasedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        Conflict
    )
)]
pub(super) async fn erase(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(user_id): PathId<UserId>,
) -> Result<JsonReply<ErasedBody>, Problem> {
    let erase = Erase {
        admin,
        user_id,
        requests_end_within: state.config.limits.request_timeout() + SLACK,
    };
    let _forgotten = state.sign_ins.forgetting(user_id);
    let erased = state.store.run(&erase, &caller.ctx).await?;
    Ok(JsonReply(ErasedBody::new(user_id, erased)))
}

impl ErasedBody {
    fn new(user_id: UserId, erased: Erased) -> Self {
        Self {
            user_id: user_id.0,
            attempts_voided: erased.attempts_voided,
            jobs_cancelled: erased.jobs_cancelled,
            rows: erased.rows,
        }
    }
}
