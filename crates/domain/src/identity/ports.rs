//! Accounts and refresh tokens inside a transaction.

use async_trait::async_trait;

use super::model::{RefreshToken, User};
use crate::ids::{TokenFamilyId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait IdentityRepository: Send {
    /// The account of an id.
    async fn find_user(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The account of a lower-cased address.
    async fn find_user_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError>;
    /// Adds an account.
    async fn insert_user(&mut self, user: &User) -> Result<(), StoreError>;
    /// Replaces the password hash; false when there is no such account.
    async fn set_password_hash(&mut self, id: UserId, hash: &str, now: Timestamp)
    -> Result<bool, StoreError>;
    /// The token with that hash, locked until the transaction ends.
    async fn find_refresh_token(&mut self, token_hash: &str) -> Result<Option<RefreshToken>, StoreError>;
    /// Adds a token.
    async fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<(), StoreError>;
    /// Marks a token exchanged; false when it already was.
    async fn use_refresh_token(&mut self, token_hash: &str, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends all tokens of a login.
    async fn revoke_family(&mut self, family: TokenFamilyId, now: Timestamp) -> Result<u64, StoreError>;
}
