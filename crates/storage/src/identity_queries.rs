//! Reads of accounts outside a transaction.

use domain::identity::{Principal, User};
use domain::ids::UserId;
use domain::store::StoreError;

use crate::identity::{USER, user};
use crate::sql::{fetch_count, fetch_optional, values};
use crate::store::Store;

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
}
