//! Makes another item in place of a rejected one.

use std::collections::BTreeSet;

use domain::authoring::generator::{self, Regenerated, SourceText, Wanted};
use domain::authoring::item::ItemContent;
use domain::authoring::jobs::{REGENERATE, RegeneratePayload};
use domain::authoring::{DefinitionDetail, DefinitionStatus, Round, StoreRound};
use domain::ids::{ItemId, SyllabusId};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use serde_json::{Value, json};
use storage::JobTx;

use super::job_ctx;
use crate::failpoint;
use crate::runtime::AppState;
use crate::security::sha256_hex;

pub(super) struct RegenerateItem {
    state: AppState,
}

pub(super) struct Ended {
    payload: RegeneratePayload,
    round: Round,
}

impl RegenerateItem {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }

    /// The texts the draft was made from, as far as its items tell and they are still there; that of the replaced item has to be.
    async fn sources(
        &self,
        draft: &DefinitionDetail,
        replaced: &ItemContent,
    ) -> Result<Vec<SourceText>, JobError> {
        let cited = contents(draft).filter_map(|item| item.source.as_ref());
        let cited: BTreeSet<SyllabusId> = cited.map(|source| source.syllabus_id).collect();
        let mut sources = Vec::with_capacity(cited.len());
        for id in cited {
            let found = self.state.store.find_syllabus(id).await;
            let found = found.map_err(|error| JobError::transient("database").because(error))?;
            sources.extend(found.map(|syllabus| SourceText {
                syllabus_id: id,
                subject: syllabus.subject,
                pages: syllabus.pages,
            }));
        }
        let own = replaced.source.as_ref().map(|source| source.syllabus_id);
        if sources.iter().any(|source| Some(source.syllabus_id) == own) {
            Ok(sources)
        } else {
            Err(JobError::permanent("syllabus_gone"))
        }
    }
}

impl Handler<JobTx> for RegenerateItem {
    const KIND: JobKind = REGENERATE;
    type Output = Ended;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Ended>, JobError> {
        let payload: RegeneratePayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let draft = self.state.store.definition_detail(payload.definition_id).await;
        let draft = draft
            .map_err(|error| JobError::transient("database").because(error))?
            .filter(|draft| draft.definition.status != DefinitionStatus::Archived);
        let Some(draft) = draft else {
            return Ok(Work::Discard { reason: "draft_gone" });
        };
        let Some(item) = draft.items.iter().find(|item| payload.is_about(item)) else {
            return Ok(Work::Discard {
                reason: "item_changed",
            });
        };
        let replaced = item.item.content.clone();
        let sources = self.sources(&draft, &replaced).await?;
        let seed = seed_of(&payload);
        let made = tokio::task::spawn_blocking(move || another(&sources, &draft, &replaced, seed))
            .await
            .map_err(|_| JobError::transient("panicked"))?
            .map_err(|error| JobError::permanent("nothing_usable").because(error))?;
        let new_id = ItemId(self.state.ids.new_uuid());
        let round = Round {
            item: made.item.map(|content| (new_id, content)),
            dropped: made.dropped,
        };
        failpoint::reach("regeneration.before_commit").await;
        Ok(Work::Done(Ended { payload, round }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, ended: &Ended) -> Result<(), StoreError> {
        let ctx = job_ctx(&self.state, job);
        StoreRound {
            payload: &ended.payload,
            round: &ended.round,
        }
        .apply(&ctx, tx)
        .await
    }

    fn result(&self, ended: &Ended) -> Option<Value> {
        let round = &ended.round;
        let rules: Vec<&str> = round
            .dropped
            .iter()
            .map(|dropped| dropped.rule.as_str())
            .collect();
        Some(json!({
            "assessment_definition_id": ended.payload.definition_id,
            "replaced_item_id": ended.payload.item_id,
            "item_id": round.item.as_ref().map(|(id, _)| id),
            "outcome": if round.item.is_some() { "replaced" } else { "gave_up" },
            "tries": round.dropped.len() + usize::from(round.item.is_some()),
            "refused_by": rules,
        }))
    }
}

/// Everything that is or was in the draft.
fn contents(draft: &DefinitionDetail) -> impl Iterator<Item = &ItemContent> {
    let standing = draft.items.iter().map(|item| &item.item.content);
    standing.chain(draft.replaced.iter().map(|item| &item.item.content))
}

/// Of the same cell; of the same kind if the text gives any more of it.
fn another(
    sources: &[SourceText],
    draft: &DefinitionDetail,
    replaced: &ItemContent,
    seed: u64,
) -> Result<Regenerated, generator::GenerateError> {
    let existing: Vec<ItemContent> = contents(draft).cloned().collect();
    let wanted = Wanted {
        kind: Some(replaced.body.kind()),
        topic: Some(&replaced.topic),
        cognitive_level: Some(replaced.cognitive_level),
        difficulty: Some(replaced.difficulty),
    };
    let made = generator::regenerate_one(sources, &draft.blueprint, seed, &existing, &wanted)?;
    if made.item.is_some() || !made.dropped.is_empty() {
        return Ok(made);
    }
    let any_kind = Wanted { kind: None, ..wanted };
    generator::regenerate_one(sources, &draft.blueprint, seed, &existing, &any_kind)
}

/// Another one for every round, the same however often the round is run.
fn seed_of(payload: &RegeneratePayload) -> u64 {
    let round = format!("{}:{}", payload.item_id, payload.revision);
    let digits: String = sha256_hex(round.as_bytes()).chars().take(16).collect();
    u64::from_str_radix(&digits, 16).unwrap_or(1)
}
