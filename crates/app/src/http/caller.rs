//! Whoever calls: the verified principal with the context of its request, and proofs of permission made from it.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use domain::attempts::Viewer;
use domain::identity::{Admin, Candidate, Principal, Role, Staff};
use domain::ids::UserId;
use domain::store::{Ctx, UseCase};
use domain::time::Timestamp;
use serde::Serialize;

use super::extract::{CorrelationId, MustBe, Signed};
use super::idempotency::{IdempotencyKey, run_idempotent};
use super::problem::Problem;
use crate::runtime::AppState;
use crate::security::Verified;

/// A signed-in caller.
pub(crate) struct Caller {
    /// Who.
    pub(crate) principal: Principal,
    /// When the token ends by which the caller is known.
    pub(crate) until: Timestamp,
    /// For use cases.
    pub(crate) ctx: Ctx,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Signed(Verified {
            principal,
            expires_at,
        }) = Signed::from_request_parts(parts, state).await?;
        let CorrelationId(correlation_id) = CorrelationId::from_request_parts(parts, state).await?;
        Ok(Self {
            principal,
            until: expires_at,
            ctx: state.ctx(correlation_id, principal.actor()),
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

    /// What the caller may see of attempts: candidates their own, advisors those of their cohorts, admins all.
    pub(crate) fn viewer(&self) -> Result<Viewer, Problem> {
        match self.principal.role {
            Role::Student => Ok(Viewer::Owner(self.principal.user_id)),
            Role::Advisor | Role::Admin | Role::Service => Ok(Viewer::from(self.principal.staff()?)),
        }
    }
}
