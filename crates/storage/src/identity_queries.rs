//! Reads of accounts outside a transaction.

use std::time::Duration;

use domain::identity::{ApiKey, Invitation, Principal, Role, User, UserStatus};
use domain::ids::{ApiKeyId, UserId};
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::api_keys::{API_KEY, INVITATION, api_key, invitation};
use crate::conditions::Conditions;
use crate::identity::{USER, user};
use crate::sql::{Row, execute, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

/// How exactly it is known when a key was last used; more would be a write per request.
const LAST_USED_PRECISION: Duration = Duration::from_mins(1);
/// Rows that one statement of the pruning removes.
const PRUNED_AT_ONCE: u64 = 5_000;
/// So long a repetition with the same `Idempotency-Key` is answered the same.
const REPLIES_KEPT: Duration = Duration::from_hours(72);
/// A token beyond its end is only looked for by those who have none better.
const TOKENS_KEPT: Duration = Duration::from_hours(24);

/// Which accounts a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// With this role.
    pub role: Option<Role>,
    /// With this status.
    pub status: Option<UserStatus>,
    /// With this text in address or name, in any case.
    pub search: Option<String>,
}

impl Store {
    /// The account of an id.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let text = format!("{USER} WHERE id = $1");
        fetch_optional(self.database().read(), &text, values![id.0])
            .await?
            .as_ref()
            .map(user)
            .transpose()
    }

    /// The account of a lower-cased address.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        let text = format!("{USER} WHERE email = $1");
        fetch_optional(self.database().read(), &text, values![email])
            .await?
            .as_ref()
            .map(user)
            .transpose()
    }

    /// The active admin who has been there longest.
    pub async fn first_active_admin(&self) -> Result<Option<Principal>, StoreError> {
        let text =
            format!("{USER} WHERE role = 'admin' AND status = 'active' ORDER BY created_at, id LIMIT 1");
        let row = fetch_optional(self.database().read(), &text, Vec::new()).await?;
        let user = row.as_ref().map(user).transpose()?;
        Ok(user.map(|user| Principal {
            user_id: user.id,
            role: user.role,
        }))
    }

    /// How many active admins there are.
    pub async fn count_active_admins(&self) -> Result<u64, StoreError> {
        let text = "SELECT count(*) AS count FROM users WHERE role = 'admin' AND status = 'active'";
        fetch_count(self.database().read(), text, Vec::new()).await
    }

    /// The key of an id.
    pub async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let text = format!("{API_KEY} WHERE id = $1");
        let row = fetch_optional(self.database().read(), &text, values![id.0]).await?;
        row.as_ref().map(api_key).transpose()
    }

    /// Notes that a key was used, at most once a minute.
    pub async fn note_key_use(&self, key: &ApiKey, now: Timestamp) -> Result<(), StoreError> {
        let stale = now - LAST_USED_PRECISION;
        if key.last_used_at.is_some_and(|last| last >= stale) {
            return Ok(());
        }
        let text = "UPDATE api_keys SET last_used_at = $2
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)";
        let values = values![key.id.0, now.as_micros(), stale.as_micros()];
        execute(self.database().write(), text, values).await?;
        Ok(())
    }

    /// The account that a one-time token for a password is good for.
    pub async fn owner_of_password_reset(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let text = format!(
            "{USER} WHERE status = 'active' AND id = (SELECT user_id FROM password_resets
             WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2)"
        );
        let row = fetch_optional(
            self.database().read(),
            &text,
            values![token_hash, now.as_micros()],
        )
        .await?;
        row.as_ref().map(user).transpose()
    }

    /// Whether an invitation with this code may be used by somebody.
    pub async fn has_invitation(&self, code_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let text = "SELECT count(*) AS count FROM invitations
             WHERE code_hash = $1 AND revoked_at IS NULL AND expires_at > $2 AND uses < max_uses";
        let found = fetch_count(self.database().read(), text, values![code_hash, now.as_micros()]).await?;
        Ok(found > 0)
    }

    /// Deletes what is kept for a time only: stored replies, and tokens long after their end. Returns how many rows went.
    pub async fn prune_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        let tables = [
            (
                "idempotency_keys",
                "principal, route, key",
                "created_at",
                REPLIES_KEPT,
            ),
            ("refresh_tokens", "token_hash", "expires_at", TOKENS_KEPT),
            ("password_resets", "token_hash", "expires_at", TOKENS_KEPT),
        ];
        let mut pruned = 0;
        for (table, key, column, kept) in tables {
            let text = format!(
                "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT {PRUNED_AT_ONCE})"
            );
            loop {
                let gone = execute(self.database().write(), &text, values![(now - kept).as_micros()]).await?;
                pruned += gone;
                if gone < PRUNED_AT_ONCE {
                    break;
                }
            }
        }
        Ok(pruned)
    }

    /// Accounts, newest first.
    pub async fn list_users(&self, filter: &UserFilter, page: PageRequest) -> Result<Page<User>, StoreError> {
        let mut asked = Conditions::default();
        asked.add("role = $n", filter.role.map(Role::as_str));
        asked.add("status = $n", filter.status.map(UserStatus::as_str));
        let pattern = filter.search.as_deref().map(like_pattern);
        asked.add(
            "(email LIKE $n ESCAPE '!' OR lower(display_name) LIKE $n ESCAPE '!')",
            pattern,
        );
        self.listed(("users", USER), asked, page, user).await
    }

    /// API keys, newest first, ended ones included.
    pub async fn list_api_keys(&self, page: PageRequest) -> Result<Page<ApiKey>, StoreError> {
        self.listed(("api_keys", API_KEY), Conditions::default(), page, api_key)
            .await
    }

    /// Invitations, newest first, ended ones included.
    pub async fn list_invitations(&self, page: PageRequest) -> Result<Page<Invitation>, StoreError> {
        self.listed(
            ("invitations", INVITATION),
            Conditions::default(),
            page,
            invitation,
        )
        .await
    }

    async fn listed<T>(
        &self,
        (table, select): (&str, &str),
        asked: Conditions,
        page: PageRequest,
        read_row: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let read = self.database().read();
        let clause = asked.clause();
        let text = format!("SELECT count(*) AS count FROM {table}{clause}");
        let total = fetch_count(read, &text, asked.values.clone()).await?;
        let places = (asked.values.len() + 1, asked.values.len() + 2);
        let text = format!(
            "{select}{clause} ORDER BY created_at DESC, id DESC LIMIT ${} OFFSET ${}",
            places.0, places.1
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(read_row).collect::<Result<_, _>>()?, total))
    }
}

/// Anything with the text in it; its own wildcards stand for themselves.
fn like_pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for character in search.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern + "%"
}
