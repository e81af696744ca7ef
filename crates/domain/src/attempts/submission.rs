//! The end of taking: submission and expiry. Rules score at once; texts become jobs; one parent job waits for them.

use async_trait::async_trait;
use serde_json::json;

use super::enqueueing::enqueue_scoring;
use super::error::AttemptError;
use super::model::{Attempt, DegradedReason, NewResponse, SavedResponse, StoredResponse};
use super::ports::SubmissionMark;
use super::state::{AttemptEvent, AttemptState};
use super::timing::Expiry;
use super::touch::{Touched, touch};
use crate::audit::AuditEntry;
use crate::authoring::{DefinitionKind, VersionedItem};
use crate::identity::Candidate;
use crate::ids::{AttemptId, ItemVersionId};
use crate::job::JobId;
use crate::scoring::rules::{self, FLAG_AWAITS_PERSON, RuleOutcome};
use crate::scoring::{Reason, Subject, Verdict, record_verdicts};
use crate::store::{Ctx, StoreError, Tx, UseCase};
use crate::time::Timestamp;

/// The cause named by the first scoring of an attempt.
pub(super) const INITIAL: &str = "initial";

/// Submits the whole attempt. The one section of a track attempt is submitted with it.
pub struct Submit {
    /// Who.
    pub candidate: Candidate,
    /// What.
    pub attempt_id: AttemptId,
    /// Last answers, checked to be of the attempt; only a track attempt takes them here.
    pub answers: Vec<NewResponse>,
}

/// What submission set in motion.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// When.
    pub submitted_at: Timestamp,
    /// The last answers that came with it, acknowledged.
    pub saved: Vec<SavedResponse>,
    /// The parent job of scoring.
    pub evaluation_job_id: JobId,
    /// What the result will lack.
    pub degraded_reasons: Vec<DegradedReason>,
    /// What rules could score at once.
    pub verdicts: Vec<(ItemVersionId, Verdict)>,
    /// Texts that are judged in the background.
    pub texts: usize,
    /// All jobs, the parent first.
    pub jobs: Vec<JobId>,
    /// Whether the result waits for a person to release it.
    pub held: bool,
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
        let saved = self.submit_what_is_open(ctx, tx, &attempt).await?;
        let submitted = end_taking(ctx, tx, &attempt, state).await?;
        Ok(Touched::Alive(Submitted { saved, ..submitted }))
    }
}

impl Submit {
    async fn submit_what_is_open(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        attempt: &Attempt,
    ) -> Result<Vec<SavedResponse>, AttemptError> {
        let missing = attempt.section_count - attempt.current_section;
        match attempt.kind {
            DefinitionKind::Track if missing == 1 => {
                let now = ctx.now();
                let saved = tx.attempts().save_responses(attempt, &self.answers, now).await?;
                let section = attempt.current_section;
                if !tx.attempts().submit_section(attempt.id, section, now).await? {
                    return Err(AttemptError::Store(StoreError::Conflict));
                }
                Ok(saved)
            }
            DefinitionKind::Track | DefinitionKind::Generated if missing > 0 => {
                Err(AttemptError::SectionsMissing { missing })
            }
            // All sections are locked; an answer comes too late.
            DefinitionKind::Track | DefinitionKind::Generated if !self.answers.is_empty() => {
                Err(AttemptError::SectionOutOfOrder {
                    requested: attempt.section_count - 1,
                    current: attempt.current_section,
                })
            }
            DefinitionKind::Track | DefinitionKind::Generated => Ok(Vec::new()),
        }
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
    let items = tx.attempts().items(attempt).await?;
    let responses = tx.attempts().responses(attempt.id).await?;
    let scored = score_by_rules(&items, &responses);
    let degraded_reasons = degraded_reasons(&scored, state);
    let settings = tx
        .attempts()
        .version_settings(attempt.definition_version_id)
        .await?;
    let jobs = enqueue_scoring(ctx, tx, attempt, &scored, INITIAL).await?;
    let evaluation_job_id = jobs[0];
    let mark = SubmissionMark {
        state,
        degraded_reasons: degraded_reasons.clone(),
        evaluation_job_id: Some(evaluation_job_id),
        at: ctx.now(),
    };
    end(tx, attempt, &mark).await?;
    record_rule_verdicts(ctx, tx, attempt, &scored).await?;
    let entry = AuditEntry::new(ctx, "attempts.submitted", "attempt", Some(attempt.id.0))
        .with(json!({ "state": state.as_str(), "texts": scored.texts.len() }));
    tx.audit().record(entry).await?;
    Ok(Submitted {
        submitted_at: ctx.now(),
        saved: Vec::new(),
        evaluation_job_id,
        degraded_reasons,
        texts: scored.texts.len(),
        verdicts: scored.verdicts,
        jobs,
        held: settings.hold_results,
    })
}

/// What rules have judged, which nobody doubts.
pub(super) async fn record_rule_verdicts(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    scored: &RuleScored,
) -> Result<(), StoreError> {
    let judged = |(item_version_id, verdict): &(ItemVersionId, Verdict)| {
        let subject = Subject {
            attempt_id: attempt.id,
            item_version_id: *item_version_id,
            cause: INITIAL.to_owned(),
            job_id: None,
        };
        (subject, verdict.clone())
    };
    record_verdicts(ctx, tx, scored.verdicts.iter().map(judged).collect(), 0.0).await
}

fn degraded_reasons(scored: &RuleScored, state: AttemptState) -> Vec<DegradedReason> {
    let unanswered = |(_, verdict): &(ItemVersionId, Verdict)| verdict.reason == Reason::Unanswered;
    let mut reasons = Vec::new();
    if scored.verdicts.iter().any(unanswered) {
        reasons.push(DegradedReason::Unanswered);
    }
    if state == AttemptState::Expired {
        reasons.push(DegradedReason::Expired);
    }
    reasons
}

async fn end(tx: &mut dyn Tx, attempt: &Attempt, mark: &SubmissionMark) -> Result<(), AttemptError> {
    if tx.attempts().end(attempt.id, attempt.state, mark).await? {
        Ok(())
    } else {
        Err(AttemptError::Store(StoreError::Conflict))
    }
}

#[derive(Default)]
pub(super) struct RuleScored {
    pub(super) verdicts: Vec<(ItemVersionId, Verdict)>,
    pub(super) texts: Vec<ItemVersionId>,
    pub(super) programs: Vec<ItemVersionId>,
}

/// Scores what rules can score, whatever is unanswered included; the rest is left to scoring jobs and to people.
pub(super) fn score_by_rules(items: &[VersionedItem], responses: &[StoredResponse]) -> RuleScored {
    let mut scored = RuleScored::default();
    for item in items {
        let id = item.item_version_id;
        let response = responses.iter().find(|response| response.item_version_id == id);
        let marks = item.content.marks;
        let answer = response.map(|response| &response.answer);
        match rules::score(&item.content.body, marks, answer) {
            RuleOutcome::Scored(verdict) => scored.verdicts.push((id, verdict)),
            RuleOutcome::NeedsText => scored.texts.push(id),
            RuleOutcome::NeedsRunner => scored.programs.push(id),
            RuleOutcome::NeedsPerson => {
                scored
                    .verdicts
                    .push((id, rules::ungraded(marks, FLAG_AWAITS_PERSON)));
            }
        }
    }
    scored
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
                skills: Vec::new(),
                written_by: None,
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
