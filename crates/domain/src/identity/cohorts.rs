//! Cohorts: who sees whom, and who may take what.
//!
//! A cohort holds students (its candidates), advisors, and assigned assessments. A candidate may take what is assigned to
//! a cohort of theirs; an advisor sees attempts of a cohort's candidates at the cohort's assessments. Whoever and whatever
//! is new joins [`EVERYONE`], so that a small school never has to think of cohorts.

use async_trait::async_trait;
use serde_json::json;
use uuid::Uuid;

use super::model::Role;
use super::permission::Admin;
use crate::audit::AuditEntry;
use crate::ids::{CohortId, DefinitionId, UserId};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};
use crate::time::Timestamp;

/// The cohort that new accounts and assessments join. It cannot be deleted, but people can be taken out.
pub const EVERYONE: CohortId = CohortId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// A group of people with the assessments assigned to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Which.
    pub id: CohortId,
    /// What people read; unique.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Latest change.
    pub updated_at: Timestamp,
}

/// A cohort with its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortView {
    /// The cohort.
    pub cohort: Cohort,
    /// How many students are in it.
    pub candidates: u32,
    /// How many advisors.
    pub advisors: u32,
    /// What is assigned to it.
    pub assessments: Vec<DefinitionId>,
}

/// Somebody in a cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortMember {
    /// Who.
    pub user_id: UserId,
    /// What people read.
    pub display_name: String,
    /// Candidate or advisor.
    pub role: Role,
}

/// Cohorts inside a transaction.
#[async_trait]
pub trait CohortRepository: Send {
    /// The cohort, locked until the transaction ends.
    async fn find_cohort(&mut self, id: CohortId) -> Result<Option<Cohort>, StoreError>;
    /// Adds a cohort.
    async fn insert_cohort(&mut self, cohort: &Cohort) -> Result<(), StoreError>;
    /// Renames it; false when it is gone.
    async fn rename_cohort(&mut self, id: CohortId, name: &str, now: Timestamp) -> Result<bool, StoreError>;
    /// Removes it with its memberships and assignments.
    async fn delete_cohort(&mut self, id: CohortId) -> Result<bool, StoreError>;
    /// Puts a person in; false when there is no such student or advisor. Being in already is fine.
    async fn add_member(&mut self, id: CohortId, user: UserId) -> Result<bool, StoreError>;
    /// Takes a person out.
    async fn remove_member(&mut self, id: CohortId, user: UserId) -> Result<(), StoreError>;
    /// Assigns an assessment; false when there is none. Being assigned already is fine.
    async fn assign(&mut self, id: CohortId, definition: DefinitionId) -> Result<bool, StoreError>;
    /// Takes an assignment back.
    async fn unassign(&mut self, id: CohortId, definition: DefinitionId) -> Result<(), StoreError>;
    /// Whether the assessment is assigned to a cohort the user is in.
    async fn is_assigned(&mut self, user: UserId, definition: DefinitionId) -> Result<bool, StoreError>;
    /// Whether the two are in one cohort.
    async fn share_cohort(&mut self, one: UserId, other: UserId) -> Result<bool, StoreError>;
}

/// Why a cohort is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    /// There is no such cohort.
    #[error("there is no such cohort")]
    NotFound,
    /// Another cohort has the name.
    #[error("another cohort has this name")]
    NameTaken,
    /// `everyone` stays.
    #[error("the cohort `everyone` can neither be renamed nor deleted")]
    Everyone,
    /// Neither a student nor an advisor has this id.
    #[error("no student or advisor has the id {id}")]
    NoSuchMember {
        /// Place in the list of members to add, from 0.
        index: usize,
        /// The id.
        id: UserId,
    },
    /// No assessment has this id.
    #[error("no assessment has the id {id}")]
    NoSuchAssessment {
        /// Place in the list of assessments to add, from 0.
        index: usize,
        /// The id.
        id: DefinitionId,
    },
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for CohortError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::NameTaken
            | Self::Everyone
            | Self::NoSuchMember { .. }
            | Self::NoSuchAssessment { .. } => None,
        }
    }
}

/// Who and what comes in or goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembershipChange {
    /// Come in.
    pub add_members: Vec<UserId>,
    /// Go out.
    pub remove_members: Vec<UserId>,
    /// Are assigned.
    pub add_assessments: Vec<DefinitionId>,
    /// Are no longer.
    pub remove_assessments: Vec<DefinitionId>,
}

impl MembershipChange {
    async fn apply(&self, tx: &mut dyn Tx, id: CohortId) -> Result<(), CohortError> {
        for (index, user) in self.add_members.iter().enumerate() {
            if !tx.cohorts().add_member(id, *user).await? {
                return Err(CohortError::NoSuchMember { index, id: *user });
            }
        }
        for user in &self.remove_members {
            tx.cohorts().remove_member(id, *user).await?;
        }
        for (index, definition) in self.add_assessments.iter().enumerate() {
            if !tx.cohorts().assign(id, *definition).await? {
                return Err(CohortError::NoSuchAssessment {
                    index,
                    id: *definition,
                });
            }
        }
        for definition in &self.remove_assessments {
            tx.cohorts().unassign(id, *definition).await?;
        }
        Ok(())
    }

    fn counts(&self) -> serde_json::Value {
        json!({
            "members_added": self.add_members.len(), "members_removed": self.remove_members.len(),
            "assessments_added": self.add_assessments.len(), "assessments_removed": self.remove_assessments.len(),
        })
    }
}

/// Makes a cohort.
pub struct CreateCohort {
    /// Who may.
    pub admin: Admin,
    /// What people read.
    pub name: String,
    /// Who and what is in from the beginning.
    pub change: MembershipChange,
}

#[async_trait]
impl UseCase for CreateCohort {
    const NAME: &'static str = "cohorts.create";
    type Out = Cohort;
    type Err = CohortError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Cohort, CohortError> {
        let now = ctx.now();
        let cohort = Cohort {
            id: CohortId(ctx.new_uuid()),
            name: self.name.trim().to_owned(),
            created_at: now,
            updated_at: now,
        };
        tx.cohorts().insert_cohort(&cohort).await.map_err(name_taken)?;
        self.change.apply(tx, cohort.id).await?;
        let entry =
            AuditEntry::new(ctx, "cohorts.created", "cohort", Some(cohort.id.0)).with(self.change.counts());
        tx.audit().record(entry).await?;
        Ok(cohort)
    }
}

/// Renames a cohort, and changes who and what is in it.
pub struct ChangeCohort {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub cohort_id: CohortId,
    /// A new name.
    pub name: Option<String>,
    /// Who and what comes in or goes out.
    pub change: MembershipChange,
}

#[async_trait]
impl UseCase for ChangeCohort {
    const NAME: &'static str = "cohorts.change";
    type Out = Cohort;
    type Err = CohortError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Cohort, CohortError> {
        let found = tx.cohorts().find_cohort(self.cohort_id).await?;
        let cohort = found.ok_or(CohortError::NotFound)?;
        let name = self.name.as_deref().map_or(cohort.name.as_str(), str::trim);
        if cohort.id == EVERYONE && name != cohort.name {
            return Err(CohortError::Everyone);
        }
        let renamed = tx.cohorts().rename_cohort(cohort.id, name, ctx.now()).await;
        if !renamed.map_err(name_taken)? {
            return Err(CohortError::NotFound);
        }
        self.change.apply(tx, cohort.id).await?;
        let entry =
            AuditEntry::new(ctx, "cohorts.changed", "cohort", Some(cohort.id.0)).with(self.change.counts());
        tx.audit().record(entry).await?;
        Ok(Cohort {
            name: name.to_owned(),
            updated_at: ctx.now(),
            ..cohort
        })
    }
}

/// Removes a cohort; its people and assessments stay.
pub struct DeleteCohort {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub cohort_id: CohortId,
}

#[async_trait]
impl UseCase for DeleteCohort {
    const NAME: &'static str = "cohorts.delete";
    type Out = ();
    type Err = CohortError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), CohortError> {
        if self.cohort_id == EVERYONE {
            return Err(CohortError::Everyone);
        }
        if !tx.cohorts().delete_cohort(self.cohort_id).await? {
            return Err(CohortError::NotFound);
        }
        let entry = AuditEntry::new(ctx, "cohorts.deleted", "cohort", Some(self.cohort_id.0));
        tx.audit().record(entry).await?;
        Ok(())
    }
}

fn name_taken(error: StoreError) -> CohortError {
    match error {
        StoreError::Constraint { name } if name == "cohorts_name" => CohortError::NameTaken,
        other => CohortError::Store(other),
    }
}
