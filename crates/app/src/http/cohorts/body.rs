//! Shapes of cohorts.

use chrono::{DateTime, Utc};
use domain::identity::{Cohort, CohortView};
use domain::ids::{DefinitionId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A group of people with the assessments assigned to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CohortBody {
    /// Which.
    cohort_id: Uuid,
    /// What people read; unique.
    name: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Latest change.
    updated_at: DateTime<Utc>,
}

/// A cohort with its size and assignments.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CohortDetailBody {
    #[serde(flatten)]
    cohort: CohortBody,
    /// How many students are in it; they may take its assessments.
    candidates: u32,
    /// How many advisors; they see its candidates' attempts at its assessments.
    advisors: u32,
    /// The `assessment_definition_id`s (of tracks: `role_id`s) assigned to it.
    assessments: Vec<Uuid>,
}

impl From<&Cohort> for CohortBody {
    fn from(cohort: &Cohort) -> Self {
        Self {
            cohort_id: cohort.id.0,
            name: cohort.name.clone(),
            created_at: cohort.created_at.to_datetime(),
            updated_at: cohort.updated_at.to_datetime(),
        }
    }
}

impl From<CohortView> for CohortDetailBody {
    fn from(view: CohortView) -> Self {
        Self {
            cohort: CohortBody::from(&view.cohort),
            candidates: view.candidates,
            advisors: view.advisors,
            assessments: view.assessments.into_iter().map(|id| id.0).collect(),
        }
    }
}

pub(super) fn users(ids: &[Uuid]) -> Vec<UserId> {
    ids.iter().copied().map(UserId).collect()
}

pub(super) fn definitions(ids: &[Uuid]) -> Vec<DefinitionId> {
    ids.iter().copied().map(DefinitionId).collect()
}
