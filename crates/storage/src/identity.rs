//! `users` and `refresh_tokens`, and the repository of the slice.

use async_trait::async_trait;
use domain::identity::{
    ApiKey, IdentityRepository, Invitation, PasswordReset, RefreshToken, Role, User, UserStatus,
};
use domain::ids::{ApiKeyId, InvitationId, TokenFamilyId, UserId};
use domain::rate_limits::SignInSubject;
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::api_keys::{self, API_KEY, INVITATION};
use crate::dialect::for_update;
use crate::rate_limits;
use crate::sql::{Row, execute, fetch_all, fetch_optional, values};
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
        let text = format!("{USER} WHERE id = $1{}", for_update(self.backend));
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

    async fn update_user(&mut self, user: &User, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE users SET display_name = $2, role = $3, status = $4, updated_at = $5
             WHERE id = $1 AND erased_at IS NULL";
        let values = values![
            user.id.0,
            user.display_name.clone(),
            user.role.as_str(),
            user.status.as_str(),
            now.as_micros()
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn lock_active_admins(&mut self) -> Result<Vec<UserId>, StoreError> {
        let text = format!(
            "SELECT id FROM users WHERE role = 'admin' AND status = 'active' ORDER BY id{}",
            for_update(self.backend)
        );
        let rows = fetch_all(&self.connection, &text, Vec::new()).await?;
        rows.iter().map(|row| row.get("id").map(UserId)).collect()
    }

    async fn set_password_hash(
        &mut self,
        id: UserId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1 AND erased_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, hash, now.as_micros()]).await? == 1)
    }

    async fn replace_password_hash(
        &mut self,
        id: UserId,
        from: &str,
        to: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text =
            "UPDATE users SET password_hash = $3, updated_at = $4 WHERE id = $1 AND password_hash = $2";
        Ok(execute(&self.connection, text, values![id.0, from, to, now.as_micros()]).await? == 1)
    }

    async fn insert_password_reset(&mut self, reset: &PasswordReset) -> Result<(), StoreError> {
        api_keys::insert_password_reset(&self.connection, reset).await
    }

    async fn use_password_reset(
        &mut self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        api_keys::use_password_reset(&self.connection, token_hash, now).await
    }

    async fn close_password_resets(&mut self, id: UserId, now: Timestamp) -> Result<u64, StoreError> {
        let text = "UPDATE password_resets SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL";
        execute(&self.connection, text, values![id.0, now.as_micros()]).await
    }

    async fn owner_of_refresh_token(&mut self, token_hash: &str) -> Result<Option<UserId>, StoreError> {
        let text = "SELECT user_id FROM refresh_tokens WHERE token_hash = $1";
        let row = fetch_optional(&self.connection, text, values![token_hash]).await?;
        row.map(|row| row.get("user_id").map(UserId)).transpose()
    }

    async fn owner_of_password_reset(&mut self, token_hash: &str) -> Result<Option<UserId>, StoreError> {
        let text = "SELECT user_id FROM password_resets WHERE token_hash = $1";
        let row = fetch_optional(&self.connection, text, values![token_hash]).await?;
        row.map(|row| row.get("user_id").map(UserId)).transpose()
    }

    async fn find_refresh_token(&mut self, token_hash: &str) -> Result<Option<RefreshToken>, StoreError> {
        let text = format!(
            "SELECT token_hash, family_id, user_id, began_at, issued_at, expires_at, used_at, revoked_at
             FROM refresh_tokens WHERE token_hash = $1{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![token_hash]).await?;
        row.as_ref().map(refresh_token).transpose()
    }

    async fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<(), StoreError> {
        execute(
            &self.connection,
            "INSERT INTO refresh_tokens (token_hash, family_id, user_id, began_at, issued_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![
                token.token_hash.clone(),
                token.family_id.0,
                token.user_id.0,
                token.began_at.as_micros(),
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

    async fn revoke_sign_ins(
        &mut self,
        id: UserId,
        except: Option<TokenFamilyId>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let text = "UPDATE refresh_tokens SET revoked_at = $2
             WHERE user_id = $1 AND revoked_at IS NULL AND ($3 IS NULL OR family_id <> $3)";
        let except = except.map(|family| family.0);
        execute(&self.connection, text, values![id.0, now.as_micros(), except]).await
    }

    async fn count_failed_sign_in(
        &mut self,
        subject: &SignInSubject,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        rate_limits::count_failed_sign_in(&self.connection, subject, at).await
    }

    async fn insert_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        api_keys::insert_api_key(&self.connection, key).await
    }

    async fn find_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let text = format!("{API_KEY} WHERE id = $1{}", for_update(self.backend));
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(api_keys::api_key).transpose()
    }

    async fn revoke_api_key(&mut self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError> {
        api_keys::revoke_api_key(&self.connection, id, now).await
    }

    async fn insert_invitation(&mut self, invitation: &Invitation) -> Result<(), StoreError> {
        api_keys::insert_invitation(&self.connection, invitation).await
    }

    async fn find_invitation(&mut self, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
        let text = format!("{INVITATION} WHERE id = $1{}", for_update(self.backend));
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(api_keys::invitation).transpose()
    }

    async fn use_invitation(
        &mut self,
        code_hash: &str,
        email: &str,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError> {
        api_keys::use_invitation(&self.connection, code_hash, email, now).await
    }

    async fn revoke_invitation(&mut self, id: InvitationId, now: Timestamp) -> Result<bool, StoreError> {
        let text = "UPDATE invitations SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
        Ok(execute(&self.connection, text, values![id.0, now.as_micros()]).await? == 1)
    }
}

fn refresh_token(row: &Row) -> Result<RefreshToken, StoreError> {
    Ok(RefreshToken {
        token_hash: row.get("token_hash")?,
        family_id: TokenFamilyId(row.get("family_id")?),
        user_id: UserId(row.get("user_id")?),
        began_at: row.timestamp("began_at")?,
        issued_at: row.timestamp("issued_at")?,
        expires_at: row.timestamp("expires_at")?,
        used_at: row.optional_timestamp("used_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
    })
}
