//! The jobs that score an attempt: texts and programs, then the search for what to recommend, then the end of scoring.

use super::jobs::{EVALUATE, EvaluatePayload, RECOMMEND, RecommendPayload};
use super::model::Attempt;
use super::submission::{INITIAL, RuleScored};
use crate::authoring::DefinitionKind;
use crate::ids::ItemVersionId;
use crate::job::{self, JobId, JobKind, NewJob, Priority};
use crate::scoring::jobs::{SCORE_CODE, SCORE_TEXT, ScoreAnswerPayload};
use crate::store::{Ctx, StoreError, Tx};

/// The parent that ends scoring, and what it waits for: one job per text and program, and on a track, where there is anything to
/// recommend, the search that comes after them. `key` tells this parent from others of the attempt.
pub(super) async fn enqueue_scoring(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    attempt: &Attempt,
    scored: &RuleScored,
    key: &str,
) -> Result<Vec<JobId>, StoreError> {
    let has_work = !(scored.texts.is_empty() && scored.programs.is_empty());
    let recommends = attempt.kind == DefinitionKind::Track && !tx.catalog().is_empty().await?;
    let payload = EvaluatePayload {
        attempt_id: attempt.id,
        cause: INITIAL.to_owned(),
    };
    let mut parent = job(ctx, attempt, EVALUATE, job::payload(&payload)?);
    parent.dedupe_key = format!("{}:{key}", attempt.id);
    parent.waits_for_children = has_work || recommends;
    let mut ids = vec![tx.jobs().enqueue(parent).await?.id];
    if recommends {
        let payload = RecommendPayload {
            attempt_id: attempt.id,
        };
        let mut search = job(ctx, attempt, RECOMMEND, job::payload(&payload)?);
        search.dedupe_key = format!("{}:{key}", attempt.id);
        search.waits_for_children = has_work;
        search.parent = ids.last().copied();
        ids.push(tx.jobs().enqueue(search).await?.id);
    }
    let waiting = ids.last().copied();
    let texts = scored.texts.iter().map(|item| (SCORE_TEXT, *item));
    let programs = scored.programs.iter().map(|item| (SCORE_CODE, *item));
    let child = |(kind, item_version_id)| score_job(ctx, attempt, kind, item_version_id, waiting);
    let children = texts
        .chain(programs)
        .map(child)
        .collect::<Result<_, StoreError>>()?;
    let children = tx.jobs().enqueue_all(children).await?;
    ids.extend(children.iter().map(|child| child.id));
    Ok(ids)
}

fn score_job(
    ctx: &Ctx,
    attempt: &Attempt,
    kind: JobKind,
    item_version_id: ItemVersionId,
    parent: Option<JobId>,
) -> Result<NewJob, StoreError> {
    let payload = ScoreAnswerPayload {
        attempt_id: attempt.id,
        item_version_id,
        cause: INITIAL.to_owned(),
    };
    let mut child = job(ctx, attempt, kind, job::payload(&payload)?);
    child.dedupe_key = format!("{}:{item_version_id}:{INITIAL}", attempt.id);
    child.parent = parent;
    Ok(child)
}

fn job(ctx: &Ctx, attempt: &Attempt, kind: JobKind, payload: serde_json::Value) -> NewJob {
    NewJob {
        id: JobId(ctx.new_uuid()),
        kind,
        dedupe_key: String::new(),
        payload,
        run_at: ctx.now(),
        priority: Priority::Normal,
        parent: None,
        waits_for_children: false,
        owner: Some(attempt.user_id),
        subject: Some(attempt.id.0),
        max_attempts: 5,
    }
}
