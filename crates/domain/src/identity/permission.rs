//! Proofs of permission: values that only a check can make.

use super::model::Role;
use crate::audit::Actor;
use crate::ids::UserId;

/// Whoever a verified token names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user_id: UserId,
    /// With which role.
    pub role: Role,
}

/// The role does not suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs the role {needed}; the account has {role}", role = has.as_str())]
pub struct Forbidden {
    /// What would do.
    pub needed: &'static str,
    /// What there is.
    pub has: Role,
}

/// Proof that the caller is an admin.
#[derive(Clone, Copy, Debug)]
pub struct Admin(Principal);

/// Proof that the caller is an advisor or an admin.
#[derive(Clone, Copy, Debug)]
pub struct Staff(Principal);

/// Proof that the caller takes assessments.
#[derive(Clone, Copy, Debug)]
pub struct Candidate(Principal);

impl Principal {
    /// For audit rows.
    pub const fn actor(self) -> Actor {
        Actor::User {
            id: self.user_id,
            role: self.role.as_str(),
        }
    }

    /// Proves the role admin.
    pub const fn admin(self) -> Result<Admin, Forbidden> {
        match self.role {
            Role::Admin => Ok(Admin(self)),
            Role::Student | Role::Advisor | Role::Service => Err(Forbidden {
                needed: "admin",
                has: self.role,
            }),
        }
    }

    /// Proves the role advisor or admin.
    pub const fn staff(self) -> Result<Staff, Forbidden> {
        match self.role {
            Role::Admin | Role::Advisor => Ok(Staff(self)),
            Role::Student | Role::Service => Err(Forbidden {
                needed: "advisor or admin",
                has: self.role,
            }),
        }
    }

    /// Proves the role student.
    pub const fn candidate(self) -> Result<Candidate, Forbidden> {
        match self.role {
            Role::Student => Ok(Candidate(self)),
            Role::Admin | Role::Advisor | Role::Service => Err(Forbidden {
                needed: "student",
                has: self.role,
            }),
        }
    }
}

impl Admin {
    /// Who it is.
    pub const fn user_id(self) -> UserId {
        self.0.user_id
    }
}

impl Staff {
    /// Who it is.
    pub const fn user_id(self) -> UserId {
        self.0.user_id
    }

    /// Whether it is an admin, who is not confined to cohorts.
    pub const fn sees_all(self) -> bool {
        matches!(self.0.role, Role::Admin)
    }
}

impl Candidate {
    /// Who it is.
    pub const fn user_id(self) -> UserId {
        self.0.user_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_proves_exactly_its_permissions() {
        let proofs = Role::ALL.map(|role| {
            let principal = Principal {
                user_id: UserId(uuid::Uuid::nil()),
                role,
            };
            (
                principal.admin().is_ok(),
                principal.staff().is_ok(),
                principal.candidate().is_ok(),
            )
        });
        assert_eq!(
            proofs,
            [
                (false, false, true),
                (false, true, false),
                (true, true, false),
                (false, false, false)
            ]
        );
    }
}
