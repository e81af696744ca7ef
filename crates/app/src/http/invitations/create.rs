//! `POST /invitations`

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::identity::{CreateInvitation, Invitation};
use domain::ids::CohortId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::InvitationBody;
use crate::http::extract::{Json, one_line};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;
use crate::security::RefreshSecret;

/// An invitation about to be made.
#[derive(Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewInvitationBody {
    /// The only address it is for; without, whoever has the code may register.
    #[garde(inner(email, length(max = 254), custom(one_line)))]
    #[schema(max_length = 254, format = Email)]
    email: Option<String>,
    /// A cohort that its accounts join, beside `everyone`.
    #[garde(skip)]
    cohort_id: Option<Uuid>,
    /// Accounts it is good for; one, if absent.
    #[garde(inner(range(min = 1, max = 100_000)))]
    #[schema(minimum = 1, maximum = 100_000)]
    max_uses: Option<u32>,
    /// From when on it is not good any more.
    #[garde(skip)]
    expires_at: DateTime<Utc>,
}

/// An invitation with its code.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedInvitationBody {
    #[serde(flatten)]
    about: InvitationBody,
    /// The `invitation_code` of `POST /auth/register`; shown once. A replayed reply has neither this nor `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Make an invitation
#[utoipa::path(post, path = "/invitations", tag = "invitations", params(IdempotencyKey),
    request_body = NewInvitationBody,
    responses((status = 201, description = "The invitation with its code", body = CreatedInvitationBody),
        TokenProblems, ServerProblems, BodyProblems, IdempotencyProblems))]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<NewInvitationBody>,
) -> Result<Response, Problem> {
    let secret = RefreshSecret::generate();
    let create = CreateInvitation {
        admin,
        code_hash: secret.hash.clone(),
        email: body.email.clone(),
        cohort_id: body.cohort_id.map(CohortId),
        max_uses: body.max_uses.unwrap_or(1),
        expires_at: body.expires_at.into(),
    };
    let reply = |made: &Invitation, code: Option<String>| CreatedInvitationBody {
        about: InvitationBody::from(made),
        code,
    };
    let shown = |made: &Invitation| reply(made, Some(secret.token.clone()));
    // Whose address it is may be erased, and no account leads to this reply.
    let kept = |made: &Invitation| {
        let mut kept = serde_json::to_value(reply(made, None)).unwrap_or_default();
        if let Some(members) = kept.as_object_mut() {
            members.remove("email");
        }
        kept
    };
    caller
        .once_with_secret(&state, &key, &body, &create, (shown, kept))
        .await
}
