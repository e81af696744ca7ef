//! Who may put background work right.

use crate::identity::{Admin, Staff};
use crate::ids::UserId;

/// Proof that somebody operates the service, or the one job that is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator(Option<UserId>);

impl Operator {
    /// Whoever can start the program beside its database.
    pub const fn of_command_line() -> Self {
        Self(None)
    }

    /// For one job: admins, and advisors for what they asked for themselves.
    pub fn of_job(staff: Staff, requested_by: Option<UserId>) -> Option<Self> {
        let may = staff.sees_all() || requested_by == Some(staff.user_id());
        may.then_some(Self(Some(staff.user_id())))
    }

    /// Who it is; none for the command line.
    pub const fn user_id(self) -> Option<UserId> {
        self.0
    }
}

impl From<Admin> for Operator {
    fn from(admin: Admin) -> Self {
        Self(Some(admin.user_id()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::{Principal, Role};

    fn staff(role: Role) -> Staff {
        let user_id = UserId(Uuid::from_u128(1));
        Principal { user_id, role }.staff().unwrap()
    }

    #[test]
    fn advisors_operate_their_own_jobs_and_admins_all() {
        let (own, foreign) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let may = |role, by| Operator::of_job(staff(role), by).is_some();
        assert_eq!(
            [Some(own), Some(foreign), None].map(|by| (may(Role::Advisor, by), may(Role::Admin, by))),
            [(true, true), (false, true), (false, true)]
        );
        assert_eq!(Operator::of_command_line().user_id(), None);
    }
}
