//! `api_keys`, `invitations` and `password_resets`.

use domain::identity::{ApiKey, Invitation, PasswordReset, Scopes};
use domain::ids::{ApiKeyId, CohortId, InvitationId, UserId};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;

use crate::sql::{Row, execute, fetch_optional, values};

/// All columns of a key.
pub(crate) const API_KEY: &str =
    "SELECT id, name, user_id, secret_hash, scopes, requests_per_minute, created_by, created_at, expires_at,
        revoked_at, last_used_at FROM api_keys";

/// All columns of an invitation.
pub(crate) const INVITATION: &str =
    "SELECT id, code_hash, email, cohort_id, max_uses, uses, created_by, created_at, expires_at, revoked_at
     FROM invitations";

pub(crate) fn api_key(row: &Row) -> Result<ApiKey, StoreError> {
    let rate: Option<i64> = row.get("requests_per_minute")?;
    Ok(ApiKey {
        id: ApiKeyId(row.get("id")?),
        name: row.get("name")?,
        user_id: UserId(row.get("user_id")?),
        secret_hash: row.get("secret_hash")?,
        scopes: row.parse("api_keys", "scopes", Scopes::from_text)?,
        requests_per_minute: rate.and_then(|rate| u32::try_from(rate).ok()),
        created_by: UserId(row.get("created_by")?),
        created_at: row.timestamp("created_at")?,
        expires_at: row.optional_timestamp("expires_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
        last_used_at: row.optional_timestamp("last_used_at")?,
    })
}

pub(crate) fn invitation(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: InvitationId(row.get("id")?),
        code_hash: row.get("code_hash")?,
        email: row.get("email")?,
        cohort_id: row.get::<Option<uuid::Uuid>>("cohort_id")?.map(CohortId),
        max_uses: row.count("max_uses")?,
        uses: row.count("uses")?,
        created_by: UserId(row.get("created_by")?),
        created_at: row.timestamp("created_at")?,
        expires_at: row.timestamp("expires_at")?,
        revoked_at: row.optional_timestamp("revoked_at")?,
    })
}

pub(crate) async fn insert_api_key(
    connection: &impl ConnectionTrait,
    key: &ApiKey,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO api_keys (id, name, user_id, secret_hash, scopes, requests_per_minute, created_by, created_at,
            expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            key.id.0,
            key.name.clone(),
            key.user_id.0,
            key.secret_hash.clone(),
            key.scopes.to_text(),
            key.requests_per_minute.map(i64::from),
            key.created_by.0,
            key.created_at.as_micros(),
            key.expires_at.map(Timestamp::as_micros)
        ],
    )
    .await?;
    Ok(())
}

/// Whether it was still good.
pub(crate) async fn revoke_api_key(
    connection: &impl ConnectionTrait,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let text = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    let revoked = execute(connection, text, values![id.0, now.as_micros()]).await? == 1;
    let text = "UPDATE users SET status = 'disabled', updated_at = $2
                WHERE status = 'active' AND id = (SELECT user_id FROM api_keys WHERE id = $1)";
    execute(connection, text, values![id.0, now.as_micros()]).await?;
    Ok(revoked)
}

pub(crate) async fn insert_invitation(
    connection: &impl ConnectionTrait,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO invitations (id, code_hash, email, cohort_id, max_uses, uses, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values![
            invitation.id.0,
            invitation.code_hash.clone(),
            invitation.email.clone(),
            invitation.cohort_id.map(|cohort| cohort.0),
            i64::from(invitation.max_uses),
            i64::from(invitation.uses),
            invitation.created_by.0,
            invitation.created_at.as_micros(),
            invitation.expires_at.as_micros()
        ],
    )
    .await?;
    Ok(())
}

/// Counts a use in the statement that checks for one, so that no code is used more often than it may be.
pub(crate) async fn use_invitation(
    connection: &impl ConnectionTrait,
    code_hash: &str,
    email: &str,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    let row = fetch_optional(
        connection,
        "UPDATE invitations SET uses = uses + 1
         WHERE code_hash = $1 AND revoked_at IS NULL AND expires_at > $3 AND uses < max_uses
            AND (email IS NULL OR email = $2)
         RETURNING id, code_hash, email, cohort_id, max_uses, uses, created_by, created_at, expires_at, revoked_at",
        values![code_hash, email, now.as_micros()],
    )
    .await?;
    row.as_ref().map(invitation).transpose()
}

pub(crate) async fn insert_password_reset(
    connection: &impl ConnectionTrait,
    reset: &PasswordReset,
) -> Result<(), StoreError> {
    execute(
        connection,
        "INSERT INTO password_resets (token_hash, user_id, issued_by, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        values![
            reset.token_hash.clone(),
            reset.user_id.0,
            reset.issued_by.0,
            reset.issued_at.as_micros(),
            reset.expires_at.as_micros()
        ],
    )
    .await?;
    Ok(())
}

/// The active account whose password the token may set; the token is used up.
pub(crate) async fn use_password_reset(
    connection: &impl ConnectionTrait,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<UserId>, StoreError> {
    let row = fetch_optional(
        connection,
        "UPDATE password_resets SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
            AND EXISTS (SELECT 1 FROM users u WHERE u.id = password_resets.user_id AND u.status = 'active')
         RETURNING user_id",
        values![token_hash, now.as_micros()],
    )
    .await?;
    row.map(|row| row.get("user_id").map(UserId)).transpose()
}
