//! An API key without its secret.

use chrono::{DateTime, Utc};
use domain::identity::{ApiKey, Scope};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a key may do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub(super) enum ScopeBody {
    /// State and progress of every attempt.
    #[serde(rename = "assessments:read")]
    ReadAssessments,
    /// Released results of every attempt.
    #[serde(rename = "results:read")]
    ReadResults,
}

impl From<ScopeBody> for Scope {
    fn from(scope: ScopeBody) -> Self {
        match scope {
            ScopeBody::ReadAssessments => Self::ReadAssessments,
            ScopeBody::ReadResults => Self::ReadResults,
        }
    }
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiKeyBody {
    /// Which.
    id: Uuid,
    /// What people read.
    name: String,
    /// The account it acts as, in audit rows.
    user_id: Uuid,
    /// What it may do.
    #[schema(value_type = Vec<ScopeBody>)]
    scopes: Vec<&'static str>,
    /// Its own limit; without, the limits of people hold.
    requests_per_minute: Option<u32>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it is not good any more.
    expires_at: Option<DateTime<Utc>>,
    /// When it was ended.
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
}

impl From<&ApiKey> for ApiKeyBody {
    fn from(key: &ApiKey) -> Self {
        let at = |instant: Option<Timestamp>| instant.map(Timestamp::to_datetime);
        Self {
            id: key.id.0,
            name: key.name.clone(),
            user_id: key.user_id.0,
            scopes: key.scopes.names(),
            requests_per_minute: key.requests_per_minute,
            created_at: key.created_at.to_datetime(),
            expires_at: at(key.expires_at),
            revoked_at: at(key.revoked_at),
            last_used_at: at(key.last_used_at),
        }
    }
}
