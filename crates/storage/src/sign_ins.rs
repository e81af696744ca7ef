//! What the database says of sign-ins.

use domain::identity::{Role, UserStatus};
use domain::ids::{TokenFamilyId, UserId};
use domain::store::StoreError;
use uuid::Uuid;

use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{Row, fetch_all, to_json, values};
use crate::store::Store;

/// A sign-in and whose it is, as an access token names them.
pub type SignInOf = (UserId, TokenFamilyId);

/// The account and the sign-in behind an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInState {
    /// The account's role now.
    pub role: Role,
    /// Whether it may sign in.
    pub status: UserStatus,
    /// Whether the sign-in has not been ended.
    pub is_live: bool,
}

json_rows! {
    struct AskedRow {
        asked_user: Uuid,
        asked_family: Uuid,
    }
}

impl Store {
    /// Role, status and sign-in behind access tokens, in any order; without those whose account is not there.
    pub async fn sign_in_states(
        &self,
        asked: &[SignInOf],
    ) -> Result<Vec<(SignInOf, SignInState)>, StoreError> {
        let text = format!(
            "SELECT id, role, status, asked_family,
                (SELECT count(*) FROM refresh_tokens t
                 WHERE t.family_id = asked_family AND t.user_id = users.id AND t.revoked_at IS NULL) AS live
             FROM {} JOIN users ON users.id = asked_user",
            rows_of_json(self.database().backend(), AskedRow::COLUMNS)
        );
        let row = |(user, family): &SignInOf| AskedRow {
            asked_user: user.0,
            asked_family: family.0,
        };
        let rows = to_json(&asked.iter().map(row).collect::<Vec<_>>())?;
        let rows = fetch_all(self.database().read(), &text, values![rows]).await?;
        rows.iter().map(state).collect()
    }
}

fn state(row: &Row) -> Result<(SignInOf, SignInState), StoreError> {
    let of = (UserId(row.get("id")?), TokenFamilyId(row.get("asked_family")?));
    let state = SignInState {
        role: row.parse("users", "role", Role::parse)?,
        status: row.parse("users", "status", UserStatus::parse)?,
        is_live: row.count("live")? > 0,
    };
    Ok((of, state))
}
