//! Makes a draft from syllabi, by rules or with items that language models write.

use std::sync::Arc;
use std::time::Duration;

use domain::authoring::StoreGenerated;
use domain::authoring::blueprint::Writer;
use domain::authoring::generator::writing::Desk;
use domain::authoring::generator::{self, BankedItem, CoverageRow, GeneratedAssessment, SourceText, Supply};
use domain::authoring::jobs::{GENERATE, GeneratePayload};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use serde_json::{Value, json};
use storage::JobTx;

use super::{job_ctx, on_a_thread};
use crate::llm::{Asking, Drafted, write_items};
use crate::runtime::AppState;

pub(super) struct GenerateAssessment {
    state: AppState,
}

pub(super) struct Draft {
    payload: GeneratePayload,
    generated: GeneratedAssessment,
    /// What models gave, if they were asked.
    by_models: Option<Drafted>,
}

impl GenerateAssessment {
    pub(super) const fn new(state: AppState) -> Self {
        Self { state }
    }

    async fn sources(&self, payload: &GeneratePayload) -> Result<Vec<SourceText>, JobError> {
        let mut sources = Vec::with_capacity(payload.syllabus_ids.len());
        for id in &payload.syllabus_ids {
            let found = self.state.store.find_syllabus(*id).await;
            let syllabus = found
                .map_err(|error| JobError::transient("database").because(error))?
                .ok_or_else(|| JobError::permanent("syllabus_gone"))?;
            sources.push(SourceText {
                syllabus_id: *id,
                subject: syllabus.subject,
                pages: syllabus.pages,
            });
        }
        Ok(sources)
    }

    /// What models write, if the blueprint asks for them.
    async fn by_models(
        &self,
        job: &Claim,
        payload: &GeneratePayload,
        (sources, bank): (&Arc<[SourceText]>, &Arc<[BankedItem]>),
    ) -> Result<Option<Drafted>, JobError> {
        if payload.blueprint.writer == Writer::Offline {
            return Ok(None);
        }
        let (sources, bank) = (Arc::clone(sources), Arc::clone(bank));
        let blueprint = payload.blueprint.clone();
        let asking = Asking {
            subject: &payload.definition_id.to_string(),
            job: job.id,
            since: payload.asked_at,
        };
        let desk = on_a_thread(move || Desk::open(&sources, &blueprint, &bank)).await?;
        let drafted = write_items(&self.state.llm, &desk, asking).await?;
        Ok(Some(drafted))
    }
}

impl Handler<JobTx> for GenerateAssessment {
    const KIND: JobKind = GENERATE;
    /// Models may take a minute for every question, and answers that came are kept.
    const DEADLINE: Duration = Duration::from_mins(30);
    type Output = Draft;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Draft>, JobError> {
        let payload: GeneratePayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let sources: Arc<[SourceText]> = self.sources(&payload).await?.into();
        let (blueprint, seed) = (payload.blueprint.clone(), seed_of(&payload.generation_key));
        let bank = self.state.store.banked_items(&payload.syllabus_ids).await;
        let bank: Arc<[BankedItem]> = bank
            .map_err(|error| JobError::transient("database").because(error))?
            .into();
        let by_models = self.by_models(job, &payload, (&sources, &bank)).await?;
        let written = by_models.as_ref().map(|drafted| drafted.written.clone());
        let written = written.unwrap_or_default();
        let generated = on_a_thread(move || {
            let supply = Supply {
                bank: &bank,
                written: &written.items,
            };
            let mut made = generator::generate_with(&sources, &blueprint, seed, supply)?;
            made.also_dropped(written.dropped);
            Ok(made)
        });
        let generated = generated.await?;
        Ok(Work::Done(Draft {
            payload,
            generated,
            by_models,
        }))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, draft: &Draft) -> Result<(), StoreError> {
        let ctx = job_ctx(&self.state, job);
        StoreGenerated {
            payload: &draft.payload,
            generated: &draft.generated,
        }
        .apply(&ctx, tx)
        .await
    }

    fn result(&self, draft: &Draft) -> Option<Value> {
        let sections = draft.generated.sections.iter();
        let items: Vec<_> = sections.flat_map(|section| &section.items).collect();
        let written = items.iter().filter(|item| item.written_by.is_some());
        let missing = draft.by_models.as_ref().and_then(|drafted| drafted.missing);
        Some(json!({
            "assessment_definition_id": draft.payload.definition_id,
            "items": items.len(),
            "written_by_models": written.count(),
            "degraded_reasons": missing.iter().map(|reason| reason.as_str()).collect::<Vec<_>>(),
            "reused": draft.generated.reused.len(),
            "dropped": draft.generated.dropped.len(),
            "missing": draft.generated.coverage.iter().map(CoverageRow::missing).sum::<usize>(),
            "coverage": draft.generated.coverage,
        }))
    }
}

/// The same texts and blueprint give the same items in the same order.
fn seed_of(generation_key: &str) -> u64 {
    let digits: String = generation_key.chars().take(16).collect();
    u64::from_str_radix(&digits, 16).unwrap_or(1)
}
