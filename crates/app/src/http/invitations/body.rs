//! An invitation without its code.

use chrono::{DateTime, Utc};
use domain::identity::Invitation;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InvitationBody {
    /// Which.
    id: Uuid,
    /// The only address it is for.
    email: Option<String>,
    /// A cohort that its accounts join, beside `everyone`.
    cohort_id: Option<Uuid>,
    /// Accounts it is good for.
    max_uses: u32,
    /// Accounts made with it.
    uses: u32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it is not good any more.
    expires_at: DateTime<Utc>,
    /// When it was ended.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<&Invitation> for InvitationBody {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.0,
            email: invitation.email.clone(),
            cohort_id: invitation.cohort_id.map(|cohort| cohort.0),
            max_uses: invitation.max_uses,
            uses: invitation.uses,
            created_at: invitation.created_at.to_datetime(),
            expires_at: invitation.expires_at.to_datetime(),
            revoked_at: invitation.revoked_at.map(Timestamp::to_datetime),
        }
    }
}
