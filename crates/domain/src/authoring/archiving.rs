//! Assessments taken out of use, and put back.
//!
//! An archived assessment can be neither changed nor begun. Attempts under way go on with the version they began with, and
//! what was taken is kept. Putting it back makes it what it was: published if it ever was, a draft otherwise.

use async_trait::async_trait;
use serde_json::json;

use super::model::{Definition, DefinitionKind, DefinitionStatus};
use super::publishing::PublishingError;
use crate::audit::AuditEntry;
use crate::identity::Staff;
use crate::ids::DefinitionId;
use crate::store::{Ctx, Tx, UseCase};

/// A step that the status of an assessment does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the assessment is {}, which does not take the step `{step}`", from.as_str())]
pub struct UnlawfulStatus {
    /// Where it stands.
    pub from: DefinitionStatus,
    /// `archive` or `restore`.
    pub step: &'static str,
}

/// Takes an assessment out of use.
pub struct Archive {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub definition_id: DefinitionId,
}

#[async_trait]
impl UseCase for Archive {
    const NAME: &'static str = "authoring.archive";
    type Out = Definition;
    type Err = PublishingError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Definition, PublishingError> {
        let seen = no_track(tx, self.definition_id).await?;
        if seen.status == DefinitionStatus::Archived {
            return Err(unlawful(seen.status, "archive"));
        }
        if !tx.authoring().archive_definition(&seen, ctx.now()).await? {
            return Err(PublishingError::ChangedMeanwhile);
        }
        moved(ctx, tx, &seen, "authoring.archived").await
    }
}

/// Puts an archived assessment back into use.
pub struct Restore {
    /// Who may.
    pub staff: Staff,
    /// Which.
    pub definition_id: DefinitionId,
}

#[async_trait]
impl UseCase for Restore {
    const NAME: &'static str = "authoring.restore";
    type Out = Definition;
    type Err = PublishingError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Definition, PublishingError> {
        let seen = no_track(tx, self.definition_id).await?;
        if seen.status != DefinitionStatus::Archived {
            return Err(unlawful(seen.status, "restore"));
        }
        if !tx.authoring().restore_definition(&seen, ctx.now()).await? {
            return Err(PublishingError::ChangedMeanwhile);
        }
        moved(ctx, tx, &seen, "authoring.restored").await
    }
}

const fn unlawful(from: DefinitionStatus, step: &'static str) -> PublishingError {
    PublishingError::UnlawfulStatus(UnlawfulStatus { from, step })
}

async fn no_track(tx: &mut dyn Tx, id: DefinitionId) -> Result<Definition, PublishingError> {
    let found = tx.authoring().find_definition(id).await?;
    let definition = found.ok_or(PublishingError::NotFound)?;
    match definition.kind {
        DefinitionKind::Generated => Ok(definition),
        DefinitionKind::Track => Err(PublishingError::IsTrack),
    }
}

/// The definition after the step, which is recorded.
async fn moved(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    before: &Definition,
    action: &'static str,
) -> Result<Definition, PublishingError> {
    let after = no_track(tx, before.id).await?;
    let entry = AuditEntry::new(ctx, action, "assessment_definition", Some(before.id.0))
        .with(json!({ "from": before.status, "to": after.status }));
    tx.audit().record(entry).await?;
    Ok(after)
}
