//! The end of taking: submission and expiry. Rules score at once; texts become jobs; one parent job waits for them.

use async_trait::async_trait;
use serde_json::json;

use super::error::AttemptError;
use super::jobs::{EVALUATE, EvaluatePayload};
use super::model::{Attempt, DegradedReason, StoredResponse};
use super::ports::SubmissionMark;
use super::state::{AttemptEvent, AttemptState};
use super::timing::Expiry;
use super::touch::{Touched, touch};
use crate::audit::AuditEntry;
use crate::authoring::VersionedItem;
use crate::identity::Candidate;
use crate::ids::{AttemptId, ItemVersionId};
use crate::job::{self, JobId, JobKind, NewJob};
use crate::scoring::jobs::{SCORE_TEXT, ScoreTextPayload};
use crate::scoring::rules::{self, RuleOutcome};
use crate::scoring::{Reason, Subject, Verdict, record_verdict};
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// The cause named by the first scoring of an attempt.
const INITIAL: &str = "initial";

/// Submits the whole attempt.
pub struct Submit {
    /// Who.
    pub candidate: Candidate,
    /// What.
    pub attempt_id: AttemptId,
}

/// What submission set in motion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The parent job of scoring.
    pub evaluation_job_id: JobId,
    /// What the result will lack.
    pub degraded_reasons: Vec<DegradedReason>,
}

#[async_trait]
impl UseCase for Submit {
    const NAME: &'static str = "attempts.submit";
    type Out = Touched<Submitted>;
    type Err = AttemptError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Self::Out, AttemptError> {
        let touched = touch(ctx, tx, self.candidate, self.attempt_id, AttemptEvent::Submit).await?;
        let attempt = match touched {
            Touched::Alive(attempt) => attempt,
            Touched::Expired(expiry) => return Ok(Touched::Expired(expiry)),
        };
        let state = attempt
            .state
            .after(AttemptEvent::Submit)
            .map_err(AttemptError::refused)?;
        let missing = attempt.section_count - attempt.current_section;
        if missing > 0 {
            return Err(AttemptError::SectionsMissing { missing });
        }
        Ok(Touched::Alive(end_taking(ctx, tx, &attempt, state).await?))
    }
}

/// Persists expiry, and scores what is there if the assessment says so.
pub(super) async fn expire(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    expiry: Expiry,
) -> Result<(), AttemptError> {
    let state = attempt
        .state
        .after(AttemptEvent::Expire)
        .map_err(AttemptError::refused)?;
    let settings = tx
        .attempts()
        .version_settings(attempt.definition_version_id)
        .await?;
    if settings.score_on_expiry && attempt.started_at.is_some() {
        end_taking(ctx, tx, attempt, state).await?;
    } else {
        let degraded_reasons = vec![DegradedReason::Expired];
        let mark = SubmissionMark {
            state,
            degraded_reasons,
            evaluation_job_id: None,
            at: ctx.now(),
        };
        end(tx, attempt, &mark).await?;
    }
    let entry = AuditEntry::new(ctx, "attempts.expired", "attempt", Some(attempt.id.0))
        .with(json!({ "by": expiry.as_str() }));
    tx.audit().record(entry).await?;
    Ok(())
}

async fn end_taking(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    state: AttemptState,
) -> Result<Submitted, AttemptError> {
    let items = tx.attempts().items(attempt.definition_version_id).await?;
    let responses = tx.attempts().responses(attempt.id).await?;
    let scored = score_by_rules(&items, &responses);
    let mut degraded_reasons = Vec::new();
    if scored
        .verdicts
        .iter()
        .any(|(_, verdict)| verdict.reason == Reason::Unanswered)
    {
        degraded_reasons.push(DegradedReason::Unanswered);
    }
    if state == AttemptState::Expired {
        degraded_reasons.push(DegradedReason::Expired);
    }
    let evaluation_job_id = enqueue_scoring(ctx, tx, attempt, &scored.texts).await?;
    let evaluation = Some(evaluation_job_id);
    let mark = SubmissionMark {
        state,
        degraded_reasons: degraded_reasons.clone(),
        evaluation_job_id: evaluation,
        at: ctx.now(),
    };
    end(tx, attempt, &mark).await?;
    for (item_version_id, verdict) in scored.verdicts {
        let cause = INITIAL.to_owned();
        let subject = Subject {
            attempt_id: attempt.id,
            item_version_id,
            cause,
            job_id: None,
        };
        record_verdict(ctx, tx, &subject, verdict, 0.0).await?;
    }
    let entry = AuditEntry::new(ctx, "attempts.submitted", "attempt", Some(attempt.id.0))
        .with(json!({ "state": state.as_str(), "texts": scored.texts.len() }));
    tx.audit().record(entry).await?;
    Ok(Submitted {
        evaluation_job_id,
        degraded_reasons,
    })
}

async fn end(tx: &mut dyn Tx, attempt: &Attempt, mark: &SubmissionMark) -> Result<(), AttemptError> {
    if tx.attempts().end(attempt.id, attempt.state, mark).await? {
        Ok(())
    } else {
        Err(AttemptError::Store(StoreError::Conflict))
    }
}

struct RuleScored {
    verdicts: Vec<(ItemVersionId, Verdict)>,
    texts: Vec<ItemVersionId>,
}

/// Scores what rules can score, unanswered texts included; the rest is left to scoring jobs.
fn score_by_rules(items: &[VersionedItem], responses: &[StoredResponse]) -> RuleScored {
    let mut scored = RuleScored {
        verdicts: Vec::new(),
        texts: Vec::new(),
    };
    for item in items {
        let response = responses
            .iter()
            .find(|response| response.item_version_id == item.item_version_id);
        match rules::score(
            &item.content.body,
            item.content.marks,
            response.map(|response| &response.answer),
        ) {
            RuleOutcome::Scored(verdict) => scored.verdicts.push((item.item_version_id, verdict)),
            RuleOutcome::NeedsText => scored.texts.push(item.item_version_id),
        }
    }
    scored
}

/// One job per text, and the parent that ends scoring when they have ended.
async fn enqueue_scoring(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    texts: &[ItemVersionId],
) -> Result<JobId, StoreError> {
    let payload = EvaluatePayload {
        attempt_id: attempt.id,
        cause: INITIAL.to_owned(),
    };
    let mut parent = job(ctx, attempt, EVALUATE, job::payload(&payload)?);
    parent.dedupe_key = format!("{}:{INITIAL}", attempt.id);
    parent.waits_for_children = !texts.is_empty();
    let parent_id = tx.jobs().enqueue(parent).await?.id;
    for item_version_id in texts {
        let payload = ScoreTextPayload {
            attempt_id: attempt.id,
            item_version_id: *item_version_id,
            cause: INITIAL.to_owned(),
        };
        let mut child = job(ctx, attempt, SCORE_TEXT, job::payload(&payload)?);
        child.dedupe_key = format!("{}:{item_version_id}:{INITIAL}", attempt.id);
        child.parent = Some(parent_id);
        tx.jobs().enqueue(child).await?;
    }
    Ok(parent_id)
}

fn job(ctx: &Ctx, attempt: &Attempt, kind: JobKind, payload: serde_json::Value) -> NewJob {
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind,
        dedupe_key: String::new(),
        payload,
        run_at: ctx.now(),
        parent: None,
        waits_for_children: false,
        owner: Some(attempt.user_id),
        subject: Some(attempt.id.0),
        max_attempts: 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative};
    use crate::authoring::rubric::Rubric;
    use crate::ids::ItemId;
    use crate::points::Points;
    use crate::time::Timestamp;

    fn item(number: u128, body: ItemBody) -> VersionedItem {
        VersionedItem {
            item_id: ItemId(Uuid::from_u128(number)),
            item_version_id: ItemVersionId(Uuid::from_u128(number)),
            version: 1,
            section_index: 0,
            position: 0,
            content: ItemContent {
                stem: "What?".to_owned(),
                marks: Points::whole(2),
                body,
                topic: String::new(),
                cognitive_level: CognitiveLevel::Remember,
                difficulty: Difficulty::Easy,
                source: None,
            },
        }
    }

    fn response(number: u128, answer: serde_json::Value) -> StoredResponse {
        let item_version_id = ItemVersionId(Uuid::from_u128(number));
        StoredResponse {
            item_version_id,
            seq: 1,
            answer,
            saved_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn rules_score_all_but_texts_with_words_in_them() {
        let essay = || ItemBody::Essay {
            reference: None,
            rubric: Rubric::default_for(Difficulty::Easy),
        };
        let truth = || ItemBody::TrueFalse {
            key: true,
            negative: Negative::default(),
        };
        let items = [
            item(1, truth()),
            item(2, truth()),
            item(3, essay()),
            item(4, essay()),
            item(5, essay()),
        ];
        let responses = [
            response(1, json!(true)),
            response(3, json!("Because.")),
            response(4, json!("  ")),
        ];
        let scored = score_by_rules(&items, &responses);
        let verdicts: Vec<_> = scored
            .verdicts
            .iter()
            .map(|(item, verdict)| (item.0.as_u128(), verdict.points, verdict.reason))
            .collect();
        let unanswered = |number| (number, Some(Points::ZERO), Reason::Unanswered);
        assert_eq!(
            verdicts,
            [
                (1, Some(Points::whole(2)), Reason::Correct),
                unanswered(2),
                unanswered(4),
                unanswered(5)
            ]
        );
        assert_eq!(scored.texts, [ItemVersionId(Uuid::from_u128(3))]);
    }
}
