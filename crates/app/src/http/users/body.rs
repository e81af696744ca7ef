//! An account as admins see it.

use chrono::{DateTime, Utc};
use domain::identity::{Role, User, UserStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Roles of people's accounts; machines get theirs with their API keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PersonRole {
    Student,
    Advisor,
    Admin,
}

impl From<PersonRole> for Role {
    fn from(role: PersonRole) -> Self {
        match role {
            PersonRole::Student => Self::Student,
            PersonRole::Advisor => Self::Advisor,
            PersonRole::Admin => Self::Admin,
        }
    }
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccountStatusBody {
    Active,
    Disabled,
}

impl From<AccountStatusBody> for UserStatus {
    fn from(status: AccountStatusBody) -> Self {
        match status {
            AccountStatusBody::Active => Self::Active,
            AccountStatusBody::Disabled => Self::Disabled,
        }
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AccountBody {
    /// Who.
    user_id: Uuid,
    /// Lower-cased.
    email: String,
    /// What people call them.
    display_name: String,
    /// `student`, `advisor`, `admin` or `service`.
    #[schema(example = "advisor")]
    role: &'static str,
    /// `active` or `disabled`.
    #[schema(example = "active")]
    status: &'static str,
    /// When the account was made.
    created_at: DateTime<Utc>,
}

impl From<&User> for AccountBody {
    fn from(user: &User) -> Self {
        Self {
            user_id: user.id.0,
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            role: user.role.as_str(),
            status: user.status.as_str(),
            created_at: user.created_at.to_datetime(),
        }
    }
}
