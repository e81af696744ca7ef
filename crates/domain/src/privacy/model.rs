//! What comes of an export and of an erasure, and who may ask for one.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::identity::{Principal, Role};
use crate::ids::UserId;
use crate::time::Timestamp;

/// Proof that the caller may read everything that is kept of a person: their own, or anybody's as an admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MayExport(UserId);

impl MayExport {
    /// None when it is somebody else's and the caller no admin: for them there is no such account.
    pub fn of(principal: Principal, subject: UserId) -> Option<Self> {
        let may = principal.user_id == subject || principal.role == Role::Admin;
        may.then_some(Self(subject))
    }

    /// Whose.
    pub const fn subject(self) -> UserId {
        self.0
    }
}

/// Everything that is kept of a person and may be told to them.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonalExport {
    /// Whose.
    pub user_id: UserId,
    /// When it was read.
    pub exported_at: Timestamp,
    /// Rows by table; tables without any are left out.
    pub tables: BTreeMap<&'static str, Vec<Map<String, Value>>>,
}

/// What erasure did. All zero when there was nothing left to erase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Attempts taken out of the count because they were not ended or not scored.
    pub attempts_voided: u64,
    /// Jobs for the person that will not run, or whose result will be refused.
    pub jobs_cancelled: u64,
    /// Rows changed or deleted, by table.
    pub rows: BTreeMap<&'static str, u64>,
}

impl Erased {
    /// Whether there was nothing left.
    pub fn is_nothing(&self) -> bool {
        self.attempts_voided == 0 && self.jobs_cancelled == 0 && self.rows.values().all(|rows| *rows == 0)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn people_export_their_own_and_admins_anybodys() {
        let own = UserId(Uuid::from_u128(1));
        let foreign = UserId(Uuid::from_u128(2));
        for role in Role::ALL {
            let principal = Principal { user_id: own, role };
            let subject = |subject| MayExport::of(principal, subject).map(MayExport::subject);
            assert_eq!(subject(own), Some(own));
            assert_eq!(
                subject(foreign),
                (role == Role::Admin).then_some(foreign),
                "{role:?}"
            );
        }
    }

    #[test]
    fn rows_that_were_looked_at_in_vain_are_nothing() {
        let mut erased = Erased::default();
        erased.rows.insert("users", 0);
        assert!(erased.is_nothing());
        erased.rows.insert("responses", 1);
        assert!(!erased.is_nothing());
        let voided = Erased {
            attempts_voided: 1,
            ..Erased::default()
        };
        assert!(!voided.is_nothing());
    }
}
