//! Sign-ins: families of refresh tokens, issued, rotated, ended.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::model::{RefreshToken, User, UserStatus};
use crate::audit::AuditEntry;
use crate::ids::{TokenFamilyId, UserId};
use crate::rate_limits::SignInSubject;
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// A client whose reply was lost may exchange the same token again for this long, and gets the same successor.
pub const REUSE_GRACE: Duration = Duration::from_secs(10);

/// Begins a family of refresh tokens after a login.
pub struct IssueRefreshToken {
    /// The account as it was when its password was verified; one that has changed since is refused.
    pub user: User,
    /// SHA-256 of the token, hexadecimal.
    pub token_hash: String,
    /// How long it lives.
    pub lifetime: Duration,
}

#[async_trait]
impl UseCase for IssueRefreshToken {
    const NAME: &'static str = "identity.issue_refresh_token";
    /// None when role, status or password changed meanwhile.
    type Out = Option<TokenFamilyId>;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Option<TokenFamilyId>, StoreError> {
        let current = tx.identity().find_user(self.user.id).await?;
        let proved = |user: &User| (user.role, user.status, user.password_hash.clone());
        if current.as_ref().map(proved) != Some(proved(&self.user)) {
            return Ok(None);
        }
        let token = RefreshToken {
            token_hash: self.token_hash.clone(),
            family_id: TokenFamilyId(ctx.new_uuid()),
            user_id: self.user.id,
            began_at: ctx.now(),
            issued_at: ctx.now(),
            expires_at: ctx.now() + self.lifetime,
            used_at: None,
            revoked_at: None,
        };
        tx.identity().insert_refresh_token(&token).await?;
        let entry = AuditEntry::new(ctx, "identity.signed_in", "user", Some(self.user.id.0));
        tx.audit().record(entry).await?;
        Ok(Some(token.family_id))
    }
}

/// A sign-in that failed.
pub struct FailedSignIn {
    /// The address that was tried.
    pub subject: SignInSubject,
    /// Of the request.
    pub ctx: Ctx,
    /// When.
    pub at: Timestamp,
    /// The account, if there is one.
    pub user_id: Option<UserId>,
    /// Why, for people who read the log; the client is not told.
    pub reason: &'static str,
}

/// Counts failed sign-ins towards the locks of their addresses and keeps each in the log. The address is not: it may be a
/// mistyped password.
pub struct NoteFailedSignIns(pub Vec<FailedSignIn>);

#[async_trait]
impl UseCase for NoteFailedSignIns {
    const NAME: &'static str = "identity.note_failed_sign_ins";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, _ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let mut failures: Vec<&FailedSignIn> = self.0.iter().collect();
        // In one order everywhere, so that two transactions with the same addresses do not wait for each other.
        failures.sort_by_key(|failure| failure.subject.as_str());
        for failure in failures {
            tx.identity()
                .count_failed_sign_in(&failure.subject, failure.at)
                .await?;
            let user_id = failure.user_id.map(|id| id.0);
            let entry = AuditEntry::new(&failure.ctx, "identity.sign_in_failed", "user", user_id);
            tx.audit()
                .record(entry.with(json!({ "reason": failure.reason })))
                .await?;
        }
        Ok(())
    }
}

/// Exchanges a refresh token for its successor. A token used again after [`REUSE_GRACE`], or after its successor was
/// used, ends its whole family.
pub struct RotateRefreshToken {
    /// SHA-256 of the token presented.
    pub presented_hash: String,
    /// SHA-256 of the successor, which is always the same for the same token.
    pub successor_hash: String,
    /// How long the successor lives.
    pub lifetime: Duration,
    /// However often it is renewed, a sign-in ends after this.
    pub longest_sign_in: Duration,
}

/// What came of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// The successor is stored; the account and the sign-in it is for.
    Rotated(User, TokenFamilyId),
    /// The token had been used before: its family is revoked. An outcome, not an error, so that the revocation commits.
    Reused(UserId),
}

/// Why a token is not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Unknown, expired, revoked, or its account is disabled.
    #[error("the refresh token is not valid")]
    Invalid,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for RefreshError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Invalid => None,
        }
    }
}

#[async_trait]
impl UseCase for RotateRefreshToken {
    const NAME: &'static str = "identity.rotate_refresh_token";
    type Out = RefreshOutcome;
    type Err = RefreshError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<RefreshOutcome, RefreshError> {
        let now = ctx.now();
        // Accounts are locked before their tokens, by everybody.
        let owner = tx.identity().owner_of_refresh_token(&self.presented_hash).await?;
        let user = tx
            .identity()
            .find_user(owner.ok_or(RefreshError::Invalid)?)
            .await?;
        let user = user
            .filter(|user| user.status == UserStatus::Active)
            .ok_or(RefreshError::Invalid)?;
        let token = tx.identity().find_refresh_token(&self.presented_hash).await?;
        let token = token
            .filter(|token| is_live(token, now))
            .ok_or(RefreshError::Invalid)?;
        let family = token.family_id;
        let ends_at = token.began_at + self.longest_sign_in;
        if now >= ends_at {
            return Err(RefreshError::Invalid);
        }
        if let Some(used_at) = token.used_at {
            let successor = tx.identity().find_refresh_token(&self.successor_hash).await?;
            if is_lost_reply(used_at, successor.as_ref(), now) {
                return Ok(RefreshOutcome::Rotated(user, family));
            }
            tx.identity().revoke_family(family, now).await?;
            let entry = AuditEntry::new(ctx, "identity.refresh_token_reused", "user", Some(user.id.0));
            tx.audit().record(entry).await?;
            return Ok(RefreshOutcome::Reused(user.id));
        }
        if !tx.identity().use_refresh_token(&token.token_hash, now).await? {
            // Somebody else was faster between the two statements: look again.
            return Err(StoreError::Conflict.into());
        }
        let successor = RefreshToken {
            token_hash: self.successor_hash.clone(),
            issued_at: now,
            expires_at: (now + self.lifetime).min(ends_at),
            used_at: None,
            ..token
        };
        tx.identity().insert_refresh_token(&successor).await?;
        Ok(RefreshOutcome::Rotated(user, family))
    }
}

/// Ends sign-ins of an account by its owner.
pub struct SignOut {
    /// Whose.
    pub user_id: UserId,
    /// Which; all of them without.
    pub family: Option<TokenFamilyId>,
}

#[async_trait]
impl UseCase for SignOut {
    const NAME: &'static str = "identity.sign_out";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        // With the account locked no rotation is under way whose successor would be overlooked.
        tx.identity().find_user(self.user_id).await?;
        match self.family {
            Some(family) => tx.identity().revoke_family(family, ctx.now()).await?,
            None => {
                tx.identity()
                    .revoke_sign_ins(self.user_id, None, ctx.now())
                    .await?
            }
        };
        let entry = AuditEntry::new(ctx, "identity.signed_out", "user", Some(self.user_id.0))
            .with(json!({ "everywhere": self.family.is_none() }));
        tx.audit().record(entry).await
    }
}

fn is_live(token: &RefreshToken, now: Timestamp) -> bool {
    token.revoked_at.is_none() && now < token.expires_at
}

/// Whether the second presentation of a token may come from a client that never got the reply to its first.
fn is_lost_reply(used_at: Timestamp, successor: Option<&RefreshToken>, now: Timestamp) -> bool {
    let unused = successor.is_some_and(|successor| successor.used_at.is_none() && is_live(successor, now));
    unused && now < used_at + REUSE_GRACE
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn token() -> RefreshToken {
        RefreshToken {
            token_hash: "hash".to_owned(),
            family_id: TokenFamilyId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            began_at: at(0),
            issued_at: at(0),
            expires_at: at(100),
            used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_token_lives_until_it_expires_or_is_revoked() {
        assert!(is_live(&token(), at(99)));
        assert!(!is_live(&token(), at(100)));
        // A used token is alive: presenting it again has to reach the family.
        let used = RefreshToken {
            used_at: Some(at(1)),
            ..token()
        };
        assert!(is_live(&used, at(2)));
        let revoked = RefreshToken {
            revoked_at: Some(at(1)),
            ..token()
        };
        assert!(!is_live(&revoked, at(2)));
    }

    #[test]
    fn a_reply_counts_as_lost_for_ten_seconds_and_only_while_its_successor_is_unused() {
        assert!(is_lost_reply(at(50), Some(&token()), at(59)));
        assert!(!is_lost_reply(at(50), Some(&token()), at(60)));
        assert!(!is_lost_reply(at(50), None, at(51)));
        let used = RefreshToken {
            used_at: Some(at(51)),
            ..token()
        };
        assert!(!is_lost_reply(at(50), Some(&used), at(52)));
        let revoked = RefreshToken {
            revoked_at: Some(at(51)),
            ..token()
        };
        assert!(!is_lost_reply(at(50), Some(&revoked), at(52)));
    }
}
