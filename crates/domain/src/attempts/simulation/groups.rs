//! Cohorts: who is in them and what is assigned to them, in memory.

use async_trait::async_trait;

use super::catalogue::{ASSESSMENTS, cohort_id, number_of};
use super::memory::{Memory, constraint};
use super::steps::{ADMIN, COHORTS};
use crate::identity::{Cohort, CohortRepository};
use crate::ids::{CohortId, DefinitionId, UserId};
use crate::store::StoreError;
use crate::time::Timestamp;

/// Candidates and advisors; an admin is in no cohort.
pub(super) const MEMBERS: usize = ADMIN;

/// One cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) members: [bool; MEMBERS],
    pub(super) assigned: [bool; ASSESSMENTS],
}

/// All cohorts.
pub(super) type Groups = [Group; COHORTS];

/// The first cohort has all candidates, the first advisor and all assessments; the second a little of each.
pub(super) const AT_FIRST: Groups = [
    Group {
        members: [true, true, true, true, false],
        assigned: [true; ASSESSMENTS],
    },
    Group {
        members: [false, true, false, false, true],
        assigned: [true, false, true],
    },
];

fn cohort(number: usize) -> Cohort {
    Cohort {
        id: cohort_id(number),
        name: number.to_string(),
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
    }
}

/// What no move of this simulation does.
fn unused() -> StoreError {
    StoreError::Rejected("no move makes or removes cohorts".into())
}

impl Memory {
    fn group(&mut self, id: CohortId) -> Result<&mut Group, StoreError> {
        let number = number_of(id.0);
        self.small
            .groups
            .get_mut(number)
            .ok_or_else(|| constraint("cohort_id"))
    }
}

#[async_trait]
impl CohortRepository for Memory {
    async fn find_cohort(&mut self, id: CohortId) -> Result<Option<Cohort>, StoreError> {
        Ok((0..COHORTS).map(cohort).find(|cohort| cohort.id == id))
    }

    async fn insert_cohort(&mut self, _: &Cohort) -> Result<(), StoreError> {
        Err(unused())
    }

    async fn rename_cohort(&mut self, id: CohortId, name: &str, _: Timestamp) -> Result<bool, StoreError> {
        if name == number_of(id.0).to_string() {
            Ok(self.group(id).is_ok())
        } else {
            Err(unused())
        }
    }

    async fn delete_cohort(&mut self, _: CohortId) -> Result<bool, StoreError> {
        Err(unused())
    }

    async fn add_member(&mut self, id: CohortId, user: UserId) -> Result<bool, StoreError> {
        match self.group(id)?.members.get_mut(number_of(user.0)) {
            Some(member) => *member = true,
            None => return Ok(false),
        }
        Ok(true)
    }

    async fn remove_member(&mut self, id: CohortId, user: UserId) -> Result<(), StoreError> {
        if let Some(member) = self.group(id)?.members.get_mut(number_of(user.0)) {
            *member = false;
        }
        Ok(())
    }

    async fn assign(&mut self, id: CohortId, definition: DefinitionId) -> Result<bool, StoreError> {
        match self.group(id)?.assigned.get_mut(number_of(definition.0)) {
            Some(assigned) => *assigned = true,
            None => return Ok(false),
        }
        Ok(true)
    }

    async fn unassign(&mut self, id: CohortId, definition: DefinitionId) -> Result<(), StoreError> {
        if let Some(assigned) = self.group(id)?.assigned.get_mut(number_of(definition.0)) {
            *assigned = false;
        }
        Ok(())
    }

    async fn is_assigned(&mut self, user: UserId, definition: DefinitionId) -> Result<bool, StoreError> {
        let (user, definition) = (number_of(user.0), number_of(definition.0));
        Ok(self
            .small
            .groups
            .iter()
            .any(|group| group.members[user] && group.assigned[definition]))
    }

    async fn share_cohort(&mut self, one: UserId, other: UserId) -> Result<bool, StoreError> {
        let is_in = |group: &Group, user: UserId| group.members.get(number_of(user.0)) == Some(&true);
        Ok(self
            .small
            .groups
            .iter()
            .any(|group| is_in(group, one) && is_in(group, other)))
    }
}
