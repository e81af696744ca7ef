//! Whoever calls: the principal the guard knows with the context of its request, and proofs of permission made from it.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use domain::attempts::Viewer;
use domain::identity::{Admin, Candidate, Principal, Role, Scope, Scopes, Staff};
use domain::ids::{TokenFamilyId, UserId};
use domain::store::{Ctx, UseCase};
use domain::time::Timestamp;
use serde::Serialize;

use super::extract::{CorrelationId, MustBe};
use super::idempotency::{IdempotencyKey, Once, respond, run_idempotent, run_once, stored};
use super::problem::{Problem, kinds};
use crate::runtime::AppState;
use crate::security::TokenError;
use crate::sign_ins::Known;

/// A signed-in caller, whom the guard has let through.
pub(crate) struct Caller {
    /// Who.
    pub(crate) principal: Principal,
    /// The sign-in of the token; none for API keys.
    pub(crate) family: Option<TokenFamilyId>,
    /// What an API key may do.
    scopes: Scopes,
    /// When the token or key ends by which the caller is known.
    pub(crate) until: Timestamp,
    /// For use cases.
    pub(crate) ctx: Ctx,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        // Only the guard puts it there; an operation that is declared for anybody has no caller.
        let known = parts.extensions.get::<Known>().copied().ok_or(TokenError)?;
        let CorrelationId(correlation_id) = CorrelationId::from_request_parts(parts, state).await?;
        Ok(Self {
            principal: known.principal,
            family: known.family,
            scopes: known.scopes,
            until: known.until,
            ctx: state.ctx(correlation_id, known.principal.actor()),
        })
    }
}

impl Caller {
    /// Proves the role admin, or 403.
    pub(crate) fn admin(&self) -> Result<Admin, Problem> {
        Ok(self.principal.admin()?)
    }

    /// Proves the role advisor or admin, or 403.
    pub(crate) fn staff(&self) -> Result<Staff, Problem> {
        Ok(self.principal.staff()?)
    }

    /// Proves the role student, or 403; a `user_id` in the request must be the caller's.
    pub(crate) fn candidate(&self, user_id: Option<uuid::Uuid>) -> Result<Candidate, Problem> {
        let candidate = self.principal.candidate()?;
        self.principal.must_be(user_id.map(UserId))?;
        Ok(candidate)
    }

    /// Runs a use case, at most once per `Idempotency-Key`; see [`run_idempotent`]. `request` is what the key is bound to.
    pub(crate) async fn once<U, B>(
        &self,
        state: &AppState,
        key: &IdempotencyKey,
        request: &(impl Serialize + Sync),
        use_case: &U,
        reply: impl Fn(&U::Out) -> Result<(StatusCode, B), Problem> + Send + Sync,
    ) -> Result<Response, Problem>
    where
        U: UseCase,
        Problem: From<U::Err>,
        B: Serialize,
    {
        let slot = key.slot(&self.ctx, request)?;
        run_idempotent(&state.store, &self.ctx, slot, use_case, reply).await
    }

    /// The same for a reply with a secret, which is shown once: `shown` is the first reply, `kept` what repetitions get.
    pub(crate) async fn once_with_secret<U, S, K>(
        &self,
        state: &AppState,
        key: &IdempotencyKey,
        request: &(impl Serialize + Sync),
        use_case: &U,
        (shown, kept): (impl Fn(&U::Out) -> S + Send, impl Fn(&U::Out) -> K + Send + Sync),
    ) -> Result<Response, Problem>
    where
        U: UseCase,
        Problem: From<U::Err>,
        S: Serialize,
        K: Serialize,
    {
        let slot = key.slot(&self.ctx, request)?;
        let to_store = |out: &U::Out| stored(&(StatusCode::CREATED, kept(out))).ok();
        match run_once(&state.store, &self.ctx, slot, use_case, to_store).await? {
            Once::Now(out) => Ok(respond(stored(&(StatusCode::CREATED, shown(&out)))?)),
            Once::Before(response) => Ok(response),
        }
    }

    /// What the caller may see of attempts: candidates their own, advisors those of their cohorts, admins all, machines what
    /// `scope` allows.
    pub(crate) fn viewer(&self, scope: Scope) -> Result<Viewer, Problem> {
        match self.principal.role {
            Role::Student => Ok(Viewer::Owner(self.principal.user_id)),
            Role::Advisor | Role::Admin => Ok(Viewer::from(self.principal.staff()?)),
            Role::Service if self.scopes.contains(scope) => Ok(Viewer::Machine),
            Role::Service => Err(Problem::of(&kinds::ROLE)),
        }
    }
}
