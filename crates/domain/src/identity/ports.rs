//! Accounts, sign-ins, API keys and invitations inside a transaction.

use async_trait::async_trait;

use super::api_keys::ApiKey;
use super::invitations::Invitation;
use super::model::{PasswordReset, RefreshToken, User};
use crate::ids::{ApiKeyId, InvitationId, TokenFamilyId, UserId};
use crate::rate_limits::SignInSubject;
use crate::store::StoreError;
use crate::time::Timestamp;

/// See the module.
#[async_trait]
pub trait IdentityRepository: Send {
    /// The account of an id, locked until the transaction ends.
    async fn find_user(&mut self, id: UserId) -> Result<Option<User>, StoreError>;
    /// The account of a lower-cased address.
    async fn find_user_by_email(&mut self, email: &str) -> Result<Option<User>, StoreError>;
    /// Adds an account.
    async fn insert_user(&mut self, user: &User) -> Result<(), StoreError>;
    /// Replaces name, role and status; false when there is no such account.
    async fn update_user(&mut self, user: &User, now: Timestamp) -> Result<bool, StoreError>;
    /// The active admins in the order of their ids, locked until the transaction ends.
    async fn lock_active_admins(&mut self) -> Result<Vec<UserId>, StoreError>;
    /// Replaces the password hash; false when there is no such account.
    async fn set_password_hash(&mut self, id: UserId, hash: &str, now: Timestamp)
    -> Result<bool, StoreError>;
    /// Replaces this password hash by another; false when the account has a third one.
    async fn replace_password_hash(
        &mut self,
        id: UserId,
        from: &str,
        to: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Adds a one-time token for a new password.
    async fn insert_password_reset(&mut self, reset: &PasswordReset) -> Result<(), StoreError>;
    /// Uses a one-time token up; the active account it is for, none when the token is not good.
    async fn use_password_reset(
        &mut self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError>;
    /// Uses up all one-time tokens of an account.
    async fn close_password_resets(&mut self, id: UserId, now: Timestamp) -> Result<u64, StoreError>;
    /// Whose token has that hash; nothing is locked.
    async fn owner_of_refresh_token(&mut self, token_hash: &str) -> Result<Option<UserId>, StoreError>;
    /// Whose one-time token has that hash; nothing is locked.
    async fn owner_of_password_reset(&mut self, token_hash: &str) -> Result<Option<UserId>, StoreError>;
    /// The token with that hash, locked until the transaction ends. Its account is locked before, in everybody's order.
    async fn find_refresh_token(&mut self, token_hash: &str) -> Result<Option<RefreshToken>, StoreError>;
    /// Adds a token.
    async fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<(), StoreError>;
    /// Marks a token exchanged; false when it already was.
    async fn use_refresh_token(&mut self, token_hash: &str, now: Timestamp) -> Result<bool, StoreError>;
    /// Ends all tokens of a login.
    async fn revoke_family(&mut self, family: TokenFamilyId, now: Timestamp) -> Result<u64, StoreError>;
    /// Ends all sign-ins of an account but one.
    async fn revoke_sign_ins(
        &mut self,
        id: UserId,
        except: Option<TokenFamilyId>,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Counts a failed sign-in towards the lock of its address, however many are counted at once.
    async fn count_failed_sign_in(
        &mut self,
        subject: &SignInSubject,
        at: Timestamp,
    ) -> Result<(), StoreError>;
    /// Adds a key; its account is there.
    async fn insert_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError>;
    /// The key of an id.
    async fn find_api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;
    /// Ends a key and disables its account; false when it had ended.
    async fn revoke_api_key(&mut self, id: ApiKeyId, now: Timestamp) -> Result<bool, StoreError>;
    /// Adds an invitation.
    async fn insert_invitation(&mut self, invitation: &Invitation) -> Result<(), StoreError>;
    /// The invitation of an id.
    async fn find_invitation(&mut self, id: InvitationId) -> Result<Option<Invitation>, StoreError>;
    /// Counts a use of the invitation with this code; none when it is not good for the address.
    async fn use_invitation(
        &mut self,
        code_hash: &str,
        email: &str,
        now: Timestamp,
    ) -> Result<Option<Invitation>, StoreError>;
    /// Ends an invitation; false when it had ended.
    async fn revoke_invitation(&mut self, id: InvitationId, now: Timestamp) -> Result<bool, StoreError>;
}
