//! The end of scoring: what no grader could judge is ungraded, and the result becomes visible.

use serde_json::json;

use super::judging::say_what_is_missing;
use super::model::{Attempt, ScoringState};
use super::oversight::set_waiting_fail;
use super::ports::ScoringEnd;
use super::state::AttemptEvent;
use crate::audit::AuditEntry;
use crate::authoring::VersionedItem;
use crate::ids::{AttemptId, JobId};
use crate::scoring::{Reason, Scorer, Subject, Verdict, record_verdicts};
use crate::store::{Ctx, StoreError, Tx};

/// What stands behind the cause of a record that says that no grader could judge.
const GAVE_UP: &str = "gave_up";

/// The effect of an evaluation job, applied in the transaction of the job's end.
pub struct FinishEvaluation {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// Why scoring ran.
    pub cause: String,
    /// The job.
    pub job_id: JobId,
}

impl FinishEvaluation {
    /// Marks what has no record as ungraded and ends scoring. An attempt that was voided meanwhile stays as it is.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.end(ctx, tx, AttemptEvent::FinishScoring, ScoringState::Done)
            .await
    }

    /// The same when the job itself is dead: the attempt fails with what exists, instead of waiting for ever.
    pub async fn give_up(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.end(ctx, tx, AttemptEvent::FailScoring, ScoringState::Failed)
            .await
    }

    async fn end(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        event: AttemptEvent,
        scoring: ScoringState,
    ) -> Result<(), StoreError> {
        let Some(attempt) = tx.attempts().find(self.attempt_id).await? else {
            return Ok(());
        };
        let Ok(state) = attempt.state.after(event) else {
            return Ok(());
        };
        // What failed for good ends well when its job is put back and does.
        let was_given_up = attempt.scoring == ScoringState::Failed && scoring == ScoringState::Done;
        if attempt.scoring != ScoringState::Running && !was_given_up {
            return Ok(());
        }
        let ungraded = self.mark_ungraded(ctx, tx, &attempt).await?;
        say_what_is_missing(ctx, tx, &attempt).await?;
        let settings = tx
            .attempts()
            .version_settings(attempt.definition_version_id)
            .await?;
        let end = ScoringEnd {
            from: attempt.state,
            to: state,
            scoring,
            released: !settings.hold_results,
            at: ctx.now(),
        };
        if !tx.attempts().finish_scoring(attempt.id, &end).await? {
            return Err(StoreError::Conflict);
        }
        set_waiting_fail(ctx, tx, &attempt, &settings).await?;
        let entry = AuditEntry::new(ctx, "attempts.scored", "attempt", Some(attempt.id.0))
            .with(json!({ "state": state.as_str(), "scoring": scoring.as_str(), "ungraded": ungraded }));
        tx.audit().record(entry).await
    }

    async fn mark_ungraded(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        attempt: &Attempt,
    ) -> Result<usize, StoreError> {
        let resolved = tx.scoring().resolved_items(attempt.id).await?;
        let items = tx.attempts().items(attempt).await?;
        let open: Vec<VersionedItem> = items
            .into_iter()
            .filter(|item| !resolved.contains(&item.item_version_id))
            .collect();
        let judged = |item: &VersionedItem| {
            let subject = Subject {
                attempt_id: attempt.id,
                item_version_id: item.item_version_id,
                // Of its own, so that a grader whose job is put back can still judge.
                cause: format!("{}:{GAVE_UP}", self.cause),
                job_id: Some(self.job_id),
            };
            (subject, ungraded(item))
        };
        record_verdicts(ctx, tx, open.iter().map(judged).collect(), 0.0).await?;
        Ok(open.len())
    }
}

fn ungraded(item: &VersionedItem) -> Verdict {
    Verdict {
        scorer: Scorer::Local,
        scorer_version: "none".to_owned(),
        points: None,
        max_points: item.content.marks,
        reason: Reason::Ungraded,
        criteria: Vec::new(),
        confidence: None,
        flags: vec!["grader_failed".to_owned()],
    }
}
