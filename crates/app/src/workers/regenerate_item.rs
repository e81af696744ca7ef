//! Makes another item in place of a rejected one.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::authoring::blueprint::Writer;
use domain::authoring::generator::writing::Desk;
use domain::authoring::generator::{self, Regenerated, SourceText, Wanted};
use domain::authoring::item::ItemContent;
use domain::authoring::jobs::{REGENERATE, RegeneratePayload};
use domain::authoring::{DefinitionDetail, DefinitionStatus, Round, StoreRound};
use domain::ids::{ItemId, SyllabusId};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use serde_json::{Value, json};
use storage::JobTx;

use super::{job_ctx, on_a_thread};
use crate::failpoint;
use crate::llm::{Asking, write_items};
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

    /// What a model writes instead, where the draft is one that models write.
    async fn by_a_model(
        &self,
        job: &Claim,
        payload: &RegeneratePayload,
        (sources, draft): (&Arc<[SourceText]>, &Arc<DefinitionDetail>),
        replaced: &ItemContent,
    ) -> Result<Regenerated, JobError> {
        let nothing = Regenerated {
            item: None,
            dropped: Vec::new(),
        };
        if draft.blueprint.writer == Writer::Offline {
            return Ok(nothing);
        }
        let (sources, draft, replaced) = (Arc::clone(sources), Arc::clone(draft), replaced.clone());
        let desk = on_a_thread(move || {
            let existing: Vec<ItemContent> = contents(&draft).cloned().collect();
            Desk::for_another(&sources, &draft.blueprint, &existing, &like(&replaced))
        });
        let asking = Asking {
            subject: &format!("{}/{}", payload.item_id, payload.revision),
            job: job.id,
            since: payload.asked_at,
        };
        let drafted = write_items(&self.state.llm, &desk.await?, asking).await?;
        Ok(Regenerated {
            item: drafted.written.items.into_iter().next(),
            dropped: drafted.written.dropped,
        })
    }
}

/// The description of an item.
fn like(item: &ItemContent) -> Wanted<'_> {
    Wanted {
        kind: Some(item.body.kind()),
        topic: Some(&item.topic),
        cognitive_level: Some(item.cognitive_level),
        difficulty: Some(item.difficulty),
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
        let (sources, draft) = (Arc::from(sources), Arc::new(draft));
        let mut made = self
            .by_a_model(job, &payload, (&sources, &draft), &replaced)
            .await?;
        if made.item.is_none() {
            let offline = on_a_thread(move || another(&sources, &draft, &replaced, seed)).await?;
            made.item = offline.item;
            made.dropped.extend(offline.dropped);
        }
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
    let wanted = like(replaced);
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
