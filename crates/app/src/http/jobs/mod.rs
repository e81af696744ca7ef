//! `/jobs`: what is done in the background, for those who asked for it and for operators.

mod body;
mod cancel;
mod get;
mod list;
mod retry;

pub(crate) use body::{JobBody, JobDetailBody, ListedJobBody, QueueParameter, stable_name};
use domain::identity::Staff;
use domain::ids::UserId;
use domain::job::JobId;
use domain::operations::Operator;
use utoipa_axum::routes;

use super::endpoints::Endpoints;
use super::policy::{ADMINS, SIGNED_IN, STAFF};
use super::problem::{Problem, kinds};
use crate::runtime::AppState;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.reads(), routes!(list::list))
        .with(SIGNED_IN.reads(), routes!(get::get))
        .with(STAFF.administers(), routes!(retry::retry))
        .with(STAFF.administers(), routes!(cancel::cancel))
}

/// Permission to change a job, or 404 when it is none of the caller's.
async fn operator_of(state: &AppState, staff: Staff, job_id: JobId) -> Result<Operator, Problem> {
    let job = state.store.job_view(job_id).await?;
    let requested_by = job.map(|job| job.requested_by.map(UserId));
    let operator = requested_by.and_then(|requested_by| Operator::of_job(staff, requested_by));
    operator.ok_or_else(|| Problem::of(&kinds::JOB))
}
