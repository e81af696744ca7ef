//! What admins do with regrades.

use async_trait::async_trait;
use serde_json::json;

use super::applying::apply_job;
use super::error::RegradeError;
use super::jobs::{END_PREVIEW, PREVIEW};
use super::model::{Policy, Regrade, Scope};
use super::previewing::batch_job;
use super::state::{RegradeEvent, RegradeState};
use crate::audit::AuditEntry;
use crate::identity::Admin;
use crate::ids::RegradeId;
use crate::job::NewJob;
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Has answers scored again, so that what would change can be read.
pub struct Preview {
    /// Who may.
    pub admin: Admin,
    /// Of what.
    pub scope: Scope,
    /// Which changes are wanted.
    pub policy: Policy,
}

#[async_trait]
impl UseCase for Preview {
    const NAME: &'static str = "regrades.preview";
    type Out = Regrade;
    type Err = RegradeError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Regrade, RegradeError> {
        if !tx.regrades().scope_exists(self.scope).await? {
            return Err(RegradeError::NoSuchScope(self.scope));
        }
        if let Some(regrade) = tx.regrades().find_live(self.scope).await? {
            return Err(RegradeError::AlreadyLive { regrade });
        }
        let regrade = Regrade {
            id: RegradeId(ctx.new_uuid()),
            scope: self.scope,
            policy: self.policy,
            state: RegradeState::Previewing,
            listed: false,
            requested_by: self.admin.user_id(),
            created_at: ctx.now(),
            updated_at: ctx.now(),
        };
        tx.regrades().insert(&regrade).await?;
        let items = tx.regrades().choose_keys(regrade.id, self.scope).await?;
        let end = NewJob {
            waits_for_children: true,
            owner: Some(regrade.requested_by),
            ..batch_job(ctx, END_PREVIEW, regrade.id, None)?
        };
        let end = tx.jobs().enqueue(end).await?;
        let first = NewJob {
            parent: Some(end.id),
            ..batch_job(ctx, PREVIEW, regrade.id, None)?
        };
        tx.jobs().enqueue(first).await?;
        let scope = match self.scope {
            Scope::Item(item) => json!({ "item_id": item }),
            Scope::Definition(definition) => json!({ "assessment_definition_id": definition }),
        };
        let entry = AuditEntry::new(ctx, "regrades.requested", "regrade", Some(regrade.id.0))
            .with(json!({ "scope": scope, "policy": self.policy.as_str(), "items": items }));
        tx.audit().record(entry).await?;
        Ok(regrade)
    }
}

/// Has the proposed changes made.
pub struct Apply {
    /// Who may.
    pub admin: Admin,
    /// Of which regrade.
    pub regrade_id: RegradeId,
}

#[async_trait]
impl UseCase for Apply {
    const NAME: &'static str = "regrades.apply";
    type Out = Regrade;
    type Err = RegradeError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Regrade, RegradeError> {
        let regrade = step(ctx, tx, self.regrade_id, RegradeEvent::Apply).await?;
        let job = NewJob {
            owner: Some(self.admin.user_id()),
            ..apply_job(ctx, regrade.id)?
        };
        tx.jobs().enqueue(job).await?;
        let entry = AuditEntry::new(ctx, "regrades.apply_requested", "regrade", Some(regrade.id.0))
            .with(json!({ "policy": regrade.policy.as_str() }));
        tx.audit().record(entry).await?;
        Ok(regrade)
    }
}

/// Ends a regrade whose changes are not wanted. What is made is made.
pub struct Cancel {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub regrade_id: RegradeId,
}

#[async_trait]
impl UseCase for Cancel {
    const NAME: &'static str = "regrades.cancel";
    type Out = Regrade;
    type Err = RegradeError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Regrade, RegradeError> {
        let regrade = step(ctx, tx, self.regrade_id, RegradeEvent::Cancel).await?;
        let entry = AuditEntry::new(ctx, "regrades.cancelled", "regrade", Some(regrade.id.0))
            .with(json!({ "by": self.admin.user_id() }));
        tx.audit().record(entry).await?;
        Ok(regrade)
    }
}

/// The regrade after a step that its state allows.
async fn step(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    id: RegradeId,
    event: RegradeEvent,
) -> Result<Regrade, RegradeError> {
    let found = tx.regrades().find(id).await?;
    let regrade = found.ok_or(RegradeError::NotFound)?;
    let to = regrade.state.after(event)?;
    if !tx
        .regrades()
        .advance(regrade.id, regrade.state, to, ctx.now())
        .await?
    {
        return Err(RegradeError::Store(StoreError::Conflict));
    }
    Ok(Regrade {
        state: to,
        updated_at: ctx.now(),
        ..regrade
    })
}
