//! Accounts.

use serde::{Deserialize, Serialize};

use crate::ids::{TokenFamilyId, UserId};
use crate::time::Timestamp;

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes assessments.
    Student,
    /// Follows cohorts, marks, releases.
    Advisor,
    /// Everything.
    Admin,
    /// A machine client.
    Service,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Student, Self::Advisor, Self::Admin, Self::Service];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Advisor => "advisor",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }

    /// The role of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// May.
    Active,
    /// May not.
    Disabled,
}

impl UserStatus {
    /// All.
    pub const ALL: [Self; 2] = [Self::Active, Self::Disabled];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The status of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Lower-cased; unique.
    pub email: String,
    /// What people call them.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub status: UserStatus,
    /// PHC string; never leaves the server.
    pub password_hash: String,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// An account about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// In any case; stored lower-cased.
    pub email: String,
    /// What people call them.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// PHC string.
    pub password_hash: String,
}

/// What of an account changes; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// What people call them.
    pub display_name: Option<String>,
    /// What they may do; machines' accounts stay what they are.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub status: Option<UserStatus>,
}

impl AccountChange {
    /// The account with the change.
    pub fn applied_to(&self, user: &User) -> User {
        let name = self.display_name.as_deref().map(str::trim);
        User {
            display_name: name.unwrap_or(&user.display_name).to_owned(),
            role: self.role.unwrap_or(user.role),
            status: self.status.unwrap_or(user.status),
            ..user.clone()
        }
    }
}

/// A one-time token for a new password, as stored: only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordReset {
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// Whose password.
    pub user_id: UserId,
    /// The admin who hands it over.
    pub issued_by: UserId,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A refresh token as stored: only its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// All tokens rotated from one login.
    pub family_id: TokenFamilyId,
    /// Whose.
    pub user_id: UserId,
    /// When its owner signed in.
    pub began_at: Timestamp,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was exchanged for its successor.
    pub used_at: Option<Timestamp>,
    /// When its family was revoked.
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_statuses_are_found_by_their_names() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        for status in UserStatus::ALL {
            assert_eq!(UserStatus::parse(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!((Role::parse("root"), UserStatus::parse("")), (None, None));
    }
}
