//! Handlers of background jobs, one file per kind.
//!
//! `work` computes outside a transaction, `commit` writes the effect in the transaction that completes the job.

mod apply_regrade;
mod end_regrade_preview;
mod erase_again;
mod evaluate_attempt;
#[cfg(feature = "failpoints")]
mod faults_effect;
mod generate_assessment;
mod judged;
mod local_verdicts;
mod preview_regrade;
mod prune;
mod prune_jobs;
mod recommend;
mod reconcile_attempts;
mod regenerate_item;
mod regrade_code;
mod regrade_text;
mod regraded;
mod rescore_deferred;
mod score_code;
mod score_text;
mod seal_audit;
mod shelf;
mod sweep_attempts;

use domain::audit::Actor;
use domain::authoring::generator::GenerateError;
use domain::store::Ctx;
use jobs::{Claim, JobError, Registry};
use storage::JobTx;

use crate::runtime::AppState;

/// Adds the handler of every kind of job.
pub fn register(registry: Registry<JobTx>, state: &AppState) -> Registry<JobTx> {
    #[cfg(feature = "failpoints")]
    let registry = registry.with(faults_effect::FaultsEffect::new(state.clone()));
    let local = local_verdicts::LocalVerdicts::new(state);
    let registry = registry
        .with(generate_assessment::GenerateAssessment::new(state.clone()))
        .with(regenerate_item::RegenerateItem::new(state.clone()))
        .with(score_text::ScoreText::new(state.clone(), local.clone()))
        .with(score_code::ScoreCode::new(state.clone()))
        .with(rescore_deferred::RescoreDeferred::new(state.clone()))
        .with(recommend::RecommendCredentials::new(state.clone()))
        .with(evaluate_attempt::EvaluateAttempt::new(state.clone()))
        .with(preview_regrade::PreviewRegrade::new(state.clone()))
        .with(regrade_text::RegradeText::new(state.clone(), local))
        .with(regrade_code::RegradeCode::new(state.clone()))
        .with(end_regrade_preview::EndRegradePreview::new(state.clone()))
        .with(apply_regrade::ApplyRegrade::new(state.clone()))
        .with(erase_again::EraseOnceMore::new(state.clone()))
        .with(sweep_attempts::SweepAttempts::new(state.clone()))
        .with_schedule(sweep_attempts::SCHEDULE)
        .with(seal_audit::SealLog::new(state.clone()))
        .with_schedule(seal_audit::SCHEDULE)
        .with(prune::Prune::new(state.clone()))
        .with_schedule(prune::SCHEDULE)
        .with(prune_jobs::PruneJobs::new(state.clone()))
        .with_schedule(prune_jobs::SCHEDULE)
        .with(reconcile_attempts::ReconcileAttempts::new(state.clone()))
        .with_schedule(reconcile_attempts::SCHEDULE);
    if state.llm.offers().is_empty() {
        // Where no model can be asked there is nothing to come back to.
        return registry;
    }
    registry.with_schedule(rescore_deferred::SCHEDULE)
}

/// What the use cases of a job are given: the job's id ties its audit rows together.
fn job_ctx(state: &AppState, job: &Claim) -> Ctx {
    state.ctx(job.id.to_string(), Actor::System)
}

/// Computes something long beside the runtime. An error of the generator will be the same whenever it is asked.
async fn on_a_thread<T: Send + 'static>(
    compute: impl FnOnce() -> Result<T, GenerateError> + Send + 'static,
) -> Result<T, JobError> {
    tokio::task::spawn_blocking(compute)
        .await
        .map_err(|_| JobError::transient("panicked"))?
        .map_err(|error| JobError::permanent("nothing_usable").because(error))
}
