//! A password as proof, wherever one is asked for: counted, locked after too many failures, in constant time for accounts
//! that do not exist.

use std::time::Duration;

use domain::identity::{FailedSignIn, User};
use domain::rate_limits::SignInSubject;
use domain::store::Ctx;
use domain::time::Timestamp;

use super::guard::too_many;
use super::problem::{Problem, kinds};
use crate::rate_limits::{Bucket, Class};
use crate::runtime::AppState;
use crate::security::Verification;

/// An attempt to prove a password that may be made now.
pub(super) struct PasswordProof<'a> {
    state: &'a AppState,
    subject: SignInSubject,
}

/// A password that was right.
pub(super) struct Proved {
    /// Whose.
    pub(super) user: User,
    /// A hash by today's standard, where the account has a weaker one.
    pub(super) better_hash: Option<String>,
}

impl<'a> PasswordProof<'a> {
    /// 429 when this address was tried too often, before any password is looked at.
    pub(super) async fn begin(state: &'a AppState, email: &str) -> Result<Self, Problem> {
        let subject = SignInSubject::of(email);
        let bucket = Bucket::account(&subject);
        let decision = state
            .rate_limits
            .take(Class::LoginAccount, &bucket, state.now())
            .await;
        if !decision.allowed {
            return Err(too_many(&decision));
        }
        let now = state.now();
        if let Some(until) = state.store.sign_in_lock(&subject, now).await? {
            return Err(locked(until, now));
        }
        Ok(Self { state, subject })
    }

    /// The account, if the password is its and `may` holds for it; the same work is done without an account. Failures are
    /// counted and kept in the audit log.
    pub(super) async fn check(
        self,
        ctx: &Ctx,
        password: String,
        found: Option<User>,
        may: impl FnOnce(&User) -> bool,
    ) -> Result<Option<Proved>, Problem> {
        let hash = found.as_ref().map(|user| user.password_hash.clone());
        let Verification {
            matches,
            needs_upgrade,
        } = self.state.passwords.verify(password.clone(), hash).await?;
        let id = found.as_ref().map(|user| user.id);
        let proved = found.filter(|user| matches && may(user));
        let Some(user) = proved else {
            self.failed(ctx, id, matches).await?;
            return Ok(None);
        };
        self.state.store.clear_sign_in_failures(&self.subject).await?;
        let better_hash = if needs_upgrade {
            Some(self.state.passwords.hash(password).await?)
        } else {
            None
        };
        Ok(Some(Proved { user, better_hash }))
    }

    async fn failed(
        &self,
        ctx: &Ctx,
        user_id: Option<domain::ids::UserId>,
        matched: bool,
    ) -> Result<(), Problem> {
        let reason = match (user_id, matched) {
            (None, _) => "unknown_address",
            (Some(_), true) => "not_allowed",
            (Some(_), false) => "wrong_password",
        };
        let failure = FailedSignIn {
            subject: self.subject.clone(),
            ctx: ctx.clone(),
            at: self.state.now(),
            user_id,
            reason,
        };
        Ok(self.state.failed_sign_ins.note(failure).await?)
    }
}

fn locked(until: Timestamp, now: Timestamp) -> Problem {
    let wait = until.since(now) + Duration::from_millis(999);
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).max(1);
    Problem::of(&kinds::RATE_LIMITED).retry_after(seconds)
}
