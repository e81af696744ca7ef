//! `users` and `refresh_tokens`.

use async_trait::async_trait;
use domain::identity::{IdentityRepository, RefreshToken, Role, User, UserStatus};
use domain::ids::{TokenFamilyId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::dialect::for_update;
use crate::sql::{Row, execute, fetch_optional, values};
use crate::transaction::SqlTx;

/// All columns of a user.
pub(crate) const USER: &str =
    "SELECT id, email, display_name, role, status, password_hash, created_at FROM users";

pub(crate) fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.get("id")?),
        email: row.get("email")?,
        display_name: row.get("display_name")?,
        role: row.parse("users", "role", Role::parse)?,
        status: row.parse("users", "status", UserStatus::parse)?,
        password_hash: row.get("password_hash")?,
        created_at: row.timestamp("created_at")?,
    })
}

#[async_trait]
impl IdentityRepository for SqlTx {
    async fn find_user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let text = format!("{USER} WHERE id = $1");
        fetch_optional(&self.connection, &text, values![id.0])
            .await?
            .as_ref()
            .map(user)
            .transpose()
    }

    async fn find_user_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError> {
        let text = format!("{USER} WHERE email = $1");
        fetch_optional(&self.connection, &text, values![email])
            .await?
            .as_ref()
            .map(user)
            .transpose()
    }

    async fn insert_user(&mut self, user: &User) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO users (id, email, display_name, role, password_hash, status, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
            values![
                user.id.0,
                user.email.clone(),
                user.display_name.clone(),
                user.role.as_str(),
                user.password_hash.clone(),
                user.status.as_str(),
                user.created_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }

    async fn set_password_hash(
        &mut self,
        id: UserId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1";
        Ok(execute(&self.connection, text, values![id.0, hash, now.as_micros()]).await? == 1)
    }

    async fn find_refresh_token(&mut self, token_hash: &str) -> Result<Option<RefreshToken>, StoreError> {
        let text = format!(
            "SELECT token_hash, family_id, user_id, issued_at, expires_at, used_at, revoked_at
             FROM refresh_tokens WHERE token_hash = $1{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![token_hash]).await?;
        row.as_ref().map(refresh_token).transpose()
    }

    async fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO refresh_tokens (token_hash, family_id, user_id, issued_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
            values![
                token.token_hash.clone(),
                token.family_id.0,
                token.user_id.0,
                token.issued_at.as_micros(),
                token.expires_at.as_micros()
            ],
        )
        .await?;
        Ok(())
    }

    async fn use_refresh_token(&mut self, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL";
        Ok(execute(&self.connection, text, values![token_hash, now.as_micros()]).await? == 1)
    }

    async fn revoke_family(&mut self, family: TokenFamilyId, now: Timestamp) -> Result<u64, StoreError> {
        let text = "UPDATE refresh_tokens SET revoked_at = $2 WHERE family_id = $1 AND revoked_at IS NULL";
        let mut revoked = 0;
        // A rotation that this waited for has added a successor that the same statement could not see: look again.
        loop {
            match execute(&self.connection, text, values![family.0, now.as_micros()]).await? {
                0 => return Ok(revoked),
                more => revoked += more,
            }
        }
    }
}

fn refresh_token(row: &Row) -> Result<RefreshToken, StoreError> {
    Ok(RefreshToken {
        token_hash: row.get("token_hash")?,
        family_id: TokenFamilyId(row.get("family_id")?),
        user_id: UserId(row.get("user_id")?),
        issued_at: row.timestamp("issued_at")?,
        expires_at: row.timestamp("expires_at")?,
        used_at: row.optional_timestamp("used_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
    })
}
