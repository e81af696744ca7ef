//! `/ops`: what is stuck, and what puts it right.

mod body;
mod dead_letters;
mod models;
mod overview;
mod pauses;
mod queues;
mod requeue;

pub(crate) use body::{DeadLetterBody, OverviewBody, QueueBody, RequeuedBody};
use utoipa_axum::routes;

use super::endpoints::Endpoints;
use super::policy::ADMINS;

pub(super) fn routes() -> Endpoints {
    Endpoints::new()
        .with(ADMINS.reads(), routes!(overview::overview))
        .with(ADMINS.reads(), routes!(models::models))
        .with(ADMINS.reads(), routes!(queues::queues))
        .with(ADMINS.administers(), routes!(pauses::pause))
        .with(ADMINS.administers(), routes!(pauses::resume))
        .with(ADMINS.reads(), routes!(dead_letters::dead_letters))
        .with(ADMINS.administers(), routes!(requeue::requeue))
}
