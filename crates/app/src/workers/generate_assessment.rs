//! Makes a draft from syllabi.

use domain::authoring::StoreGenerated;
use domain::authoring::generator::{self, CoverageRow, GeneratedAssessment, SourceText};
use domain::authoring::jobs::{GENERATE, GeneratePayload};
use domain::job::{JobKind, StoreError};
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use serde_json::{Value, json};
use storage::JobTx;

use super::job_ctx;
use crate::runtime::AppState;

pub(super) struct GenerateAssessment {
    state: AppState,
}

pub(super) struct Draft {
    payload: GeneratePayload,
    generated: GeneratedAssessment,
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
}

impl Handler<JobTx> for GenerateAssessment {
    const KIND: JobKind = GENERATE;
    type Output = Draft;

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<Draft>, JobError> {
        let payload: GeneratePayload = serde_json::from_value(job.payload.clone())
            .map_err(|error| JobError::permanent("payload").because(error))?;
        let sources = self.sources(&payload).await?;
        let (blueprint, seed) = (payload.blueprint.clone(), seed_of(&payload.generation_key));
        let bank = self.state.store.banked_items(&payload.syllabus_ids).await;
        let bank = bank.map_err(|error| JobError::transient("database").because(error))?;
        let made = move || generator::generate_with(&sources, &blueprint, seed, &bank);
        let generated = tokio::task::spawn_blocking(made)
            .await
            .map_err(|_| JobError::transient("panicked"))?
            .map_err(|error| JobError::permanent("nothing_usable").because(error))?;
        Ok(Work::Done(Draft { payload, generated }))
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
        let items: usize = draft
            .generated
            .sections
            .iter()
            .map(|section| section.items.len())
            .sum();
        Some(json!({
            "assessment_definition_id": draft.payload.definition_id,
            "items": items,
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
