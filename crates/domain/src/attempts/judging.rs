//! What machines say of a text, recorded: the local verdict always, a model's beside it, or why there is none yet.
//!
//! With both the model's counts and the local one is the second opinion, but of an answer that speaks to its grader the lower one
//! counts. Without the model's, though models are configured, the local one stands, the answer is left to be judged later, and the
//! attempt says that it is degraded (a wait for its turn is none).

use serde_json::json;

use super::model::{Attempt, DegradedReason, ScoringState};
use super::oversight::oversee;
use crate::audit::AuditEntry;
use crate::ids::{AttemptId, ItemVersionId};
use crate::job::{self, JobId, NewJob, Priority};
use crate::scoring::jobs::{SCORE_TEXT, ScoreAnswerPayload};
use crate::scoring::llm::{Thresholds, ranked, resolve_verdicts};
use crate::scoring::{
    Deferral, DeferralReason, Due, Subject, Verdict, record_verdict, record_with_second_opinion,
};
use crate::store::{Ctx, StoreError, Tx};
use crate::time::Timestamp;

/// What the models said.
#[derive(Clone, Debug, PartialEq)]
pub enum Models {
    /// None is configured.
    Unset,
    /// One has judged.
    Judged(Verdict),
    /// None could.
    Missing {
        /// Why.
        reason: DeferralReason,
        /// When one may be asked again; none is never without a person.
        not_before: Option<Timestamp>,
    },
}

/// The effect of a job that judges one answer, applied in the transaction of the job's end.
pub struct RecordAnswer {
    /// Which answer, and why now.
    pub subject: Subject,
    /// The verdict that was found here: the local scorer's, or what came of running a program.
    pub own: Verdict,
    /// The models'.
    pub models: Models,
    /// From where on machines are not believed.
    pub thresholds: Thresholds,
    /// Whether a fail of machines waits for a person.
    pub human_oversight: bool,
}

impl RecordAnswer {
    /// Records, resolves, and leaves for later what has to be.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        if !self.human_oversight {
            return self.record(ctx, tx).await;
        }
        // Locked before what counts, as by reviews and regrades.
        let attempt = tx.attempts().find(self.subject.attempt_id).await?;
        self.record(ctx, tx).await?;
        match attempt {
            Some(attempt) => oversee(ctx, tx, &attempt).await,
            None => Ok(()),
        }
    }

    async fn record(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let (subject, own) = (&self.subject, self.own.clone());
        match &self.models {
            Models::Unset => {
                record_verdict(ctx, tx, subject, own, self.thresholds.review_below_confidence).await
            }
            Models::Judged(verdict) => {
                let reason = resolve_verdicts(verdict, &own, &self.thresholds);
                let verdicts = ranked(verdict.clone(), own, reason);
                record_with_second_opinion(ctx, tx, subject, verdicts, reason).await?;
                let settled = (subject.attempt_id, subject.item_version_id);
                settle_deferred(ctx, tx, settled, &subject.cause).await
            }
            Models::Missing { reason, not_before } => {
                // For another cause the local verdict has been recorded before, and may have been replaced since.
                let is_initial = subject.cause == super::submission::INITIAL;
                if is_initial {
                    record_verdict(ctx, tx, subject, own, self.thresholds.review_below_confidence).await?;
                }
                let deferral = Deferral {
                    attempt_id: subject.attempt_id,
                    item_version_id: subject.item_version_id,
                    reason: *reason,
                    not_before: *not_before,
                };
                tx.scoring().defer(&deferral, ctx.now()).await?;
                if is_initial {
                    // The end of scoring says it.
                    return Ok(());
                }
                // The reason may have become another one.
                match tx.attempts().find(subject.attempt_id).await? {
                    Some(attempt) => say_what_is_missing(ctx, tx, &attempt).await,
                    None => Ok(()),
                }
            }
        }
    }
}

/// A model has judged an answer. If it was left to be judged, it is not any more, and the last one takes the reason for which the
/// attempt is degraded away with it.
pub(crate) async fn settle_deferred(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    (attempt, item): (AttemptId, ItemVersionId),
    cause: &str,
) -> Result<(), StoreError> {
    if !tx.scoring().settle_deferred(attempt, item).await? {
        return Ok(());
    }
    if let Some(attempt) = tx.attempts().find(attempt).await? {
        say_what_is_missing(ctx, tx, &attempt).await?;
    }
    let entry = AuditEntry::new(ctx, "attempts.rescored", "attempt", Some(attempt.0))
        .with(json!({ "item_version_id": item, "cause": cause }));
    tx.audit().record(entry).await
}

/// Brings the reasons for which an attempt is degraded up to date with what is left to be judged; before the end of scoring
/// they are not said.
pub(super) async fn say_what_is_missing(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    let left = tx.scoring().deferral_reasons(attempt.id).await?;
    let reasons = with_what_is_left(&attempt.degraded_reasons, &left);
    if reasons == attempt.degraded_reasons || attempt.scoring == ScoringState::None {
        return Ok(());
    }
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

fn with_what_is_left(said: &[DegradedReason], left: &[DeferralReason]) -> Vec<DegradedReason> {
    let of_models = [
        (DegradedReason::LlmUnavailable, DeferralReason::LlmUnavailable),
        (DegradedReason::Budget, DeferralReason::Budget),
    ];
    let others = said
        .iter()
        .copied()
        .filter(|reason| of_models.iter().all(|(of_models, _)| of_models != reason));
    let missing = of_models.iter().filter(|(_, reason)| left.contains(reason));
    others.chain(missing.map(|(degraded, _)| *degraded)).collect()
}

/// Gives answers that are left to be judged their jobs, a batch at most.
pub struct RescoreDeferred {
    /// How many.
    pub limit: u32,
}

impl RescoreDeferred {
    /// Takes them and enqueues; gives how many.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<usize, StoreError> {
        let due = tx.scoring().take_deferred(ctx.now(), self.limit).await?;
        let jobs = due
            .iter()
            .map(|due| rescore_job(ctx, due))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(tx.jobs().enqueue_all(jobs).await?.len())
    }
}

fn rescore_job(ctx: &Ctx, due: &Due) -> Result<NewJob, StoreError> {
    let payload = ScoreAnswerPayload {
        attempt_id: due.attempt_id,
        item_version_id: due.item_version_id,
        cause: due.cause(),
    };
    Ok(NewJob {
        id: JobId(ctx.new_uuid()),
        kind: SCORE_TEXT,
        dedupe_key: format!("{}:{}:{}", due.attempt_id, due.item_version_id, payload.cause),
        payload: job::payload(&payload)?,
        run_at: ctx.now(),
        // Nobody waits for it: whoever submits now goes first.
        priority: Priority::Bulk,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: Some(due.attempt_id.0),
        max_attempts: 5,
    })
}

/// Whether a job of this cause judges what had been left.
pub fn is_rescore(cause: &str) -> bool {
    cause.starts_with("rescore:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_and_what_is_settled_is_not_said_any_more() {
        use DegradedReason as Said;
        let cases: [(&[Said], &[DeferralReason], &[Said]); 5] = [
            (&[], &[], &[]),
            (
                &[Said::Unanswered],
                &[DeferralReason::LlmUnavailable],
                &[Said::Unanswered, Said::LlmUnavailable],
            ),
            (&[Said::LlmUnavailable, Said::Expired], &[], &[Said::Expired]),
            (&[], &[DeferralReason::Quota], &[]),
            (
                &[Said::LlmUnavailable],
                &[DeferralReason::Budget, DeferralReason::LlmUnavailable],
                &[Said::LlmUnavailable, Said::Budget],
            ),
        ];
        for (said, left, expected) in cases {
            assert_eq!(with_what_is_left(said, left), expected);
        }
    }
}
