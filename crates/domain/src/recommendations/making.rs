//! A recommendation kept with the end of the job that made it.

use std::time::Duration;

use serde_json::json;

use super::model::{Outcome, Selection};
use super::reasons::popular;
use crate::attempts::{Attempt, AttemptState, DegradedReason};
use crate::audit::AuditEntry;
use crate::ids::{AttemptId, DefinitionId, RecommendationId, TraceId};
use crate::store::{Ctx, StoreError, Tx};
use crate::time::Timestamp;

/// In place of a vector space where no sentences were compared.
const NO_PROVIDER: &str = "none";

/// A recommendation about to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecommendation {
    /// Which.
    pub id: RecommendationId,
    /// After which attempt.
    pub attempt_id: AttemptId,
    /// Of which track.
    pub definition_id: DefinitionId,
    /// What is recommended.
    pub selection: Selection,
    /// Of the traces of all picks, in their order.
    pub trace_ids: Vec<TraceId>,
    /// How long it was looked for.
    pub took: Duration,
    /// When.
    pub made_at: Timestamp,
}

/// The effect of a job that looks for what to recommend, applied in the transaction of the job's end.
pub struct Recommend {
    /// To whoever took this attempt.
    pub attempt_id: AttemptId,
    /// What was found.
    pub selection: Selection,
    /// How long it took.
    pub took: Duration,
}

impl Recommend {
    /// Keeps it, unless the attempt was voided meanwhile or has one already. Says so where what is popular stands in.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        match without_any(self.attempt_id, tx).await? {
            Some(attempt) => self.keep(&attempt, ctx, tx).await,
            None => Ok(()),
        }
    }

    /// What is popular on the track, in place of what could not be looked for; for a job that is dead.
    pub async fn stand_in(attempt_id: AttemptId, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let Some(attempt) = without_any(attempt_id, tx).await? else {
            return Ok(());
        };
        let credentials = tx.recommendations().popular(attempt.definition_id).await?;
        let stand_in = Self {
            attempt_id,
            selection: popular(credentials, NO_PROVIDER),
            took: Duration::ZERO,
        };
        stand_in.keep(&attempt, ctx, tx).await
    }

    async fn keep(&self, attempt: &Attempt, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let traces = self.selection.picks.iter().flat_map(|pick| &pick.traces);
        let new = NewRecommendation {
            id: RecommendationId(ctx.new_uuid()),
            attempt_id: attempt.id,
            definition_id: attempt.definition_id,
            trace_ids: traces.map(|_| TraceId(ctx.new_uuid())).collect(),
            selection: self.selection.clone(),
            took: self.took,
            made_at: ctx.now(),
        };
        tx.recommendations().insert(&new).await?;
        if self.selection.outcome == Outcome::Popular {
            say_that_retrieval_failed(ctx, tx, attempt).await?;
        }
        let entry = AuditEntry::new(ctx, "attempts.recommended", "attempt", Some(attempt.id.0)).with(json!({
            "outcome": self.selection.outcome.as_str(),
            "items": self.selection.picks.len(),
        }));
        tx.audit().record(entry).await
    }
}

/// The attempt, locked, if anything is still to be recommended after it.
async fn without_any(id: AttemptId, tx: &mut dyn Tx) -> Result<Option<Attempt>, StoreError> {
    let Some(attempt) = tx.attempts().find(id).await? else {
        return Ok(None);
    };
    let is_over = attempt.state == AttemptState::Voided || tx.recommendations().exists(id).await?;
    Ok((!is_over).then_some(attempt))
}

async fn say_that_retrieval_failed(ctx: &Ctx, tx: &mut dyn Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let mut reasons = attempt.degraded_reasons.clone();
    if reasons.contains(&DegradedReason::RetrievalFailed) {
        return Ok(());
    }
    reasons.push(DegradedReason::RetrievalFailed);
    if tx
        .attempts()
        .set_degraded(attempt.id, &reasons, ctx.now())
        .await?
    {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}
