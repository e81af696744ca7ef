//! Who may call an operation, and how often: declared where the operation is registered, enforced before its handler runs.

use domain::identity::{Role, Scope};

use crate::rate_limits::Class;

/// What is declared for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who may call it.
    pub audience: Audience,
    /// Which allowance a call is taken from; none for probes, which supervisors send.
    pub class: Option<Class>,
}

/// Who may call an operation. What of it they may see or change is decided by proofs and queries behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Accounts with one of these roles; empty for an operation without a sign-in.
    roles: &'static [Role],
    /// API keys with this scope, too.
    scope: Option<Scope>,
}

/// Anybody, signed in or not.
pub const ANYONE: Audience = Audience {
    roles: &[],
    scope: None,
};
/// Whoever is signed in, and every API key.
pub const EVERYBODY: Audience = Audience::of(&[Role::Student, Role::Advisor, Role::Admin, Role::Service]);
/// People who are signed in.
pub const SIGNED_IN: Audience = Audience::of(&[Role::Student, Role::Advisor, Role::Admin]);
/// Students.
pub const STUDENTS: Audience = Audience::of(&[Role::Student]);
/// Advisors and admins.
pub const STAFF: Audience = Audience::of(&[Role::Advisor, Role::Admin]);
/// Admins.
pub const ADMINS: Audience = Audience::of(&[Role::Admin]);

impl Audience {
    const fn of(roles: &'static [Role]) -> Self {
        Self { roles, scope: None }
    }

    /// The same and API keys with this scope.
    #[must_use]
    pub const fn or_key(self, scope: Scope) -> Self {
        Self {
            scope: Some(scope),
            ..self
        }
    }

    /// Whether no sign-in is needed.
    #[must_use]
    pub const fn is_public(self) -> bool {
        self.roles.is_empty() && self.scope.is_none()
    }

    /// Roles of accounts that may call.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        self.roles
    }

    /// Whether API keys may call, some of them at least.
    #[must_use]
    pub fn takes_keys(self) -> bool {
        self.scope.is_some() || self.roles.contains(&Role::Service)
    }

    /// The scope with which API keys may call.
    #[must_use]
    pub const fn scope(self) -> Option<Scope> {
        self.scope
    }

    /// For reads.
    #[must_use]
    pub const fn reads(self) -> Policy {
        self.counted(Class::Reads)
    }

    /// For answers and heartbeats.
    #[must_use]
    pub const fn saves(self) -> Policy {
        self.counted(Class::Saves)
    }

    /// For what starts costly work in the background.
    #[must_use]
    pub const fn starts_work(self) -> Policy {
        self.counted(Class::AiTriggering)
    }

    /// For changes by admins.
    #[must_use]
    pub const fn administers(self) -> Policy {
        self.counted(Class::AdminWrites)
    }

    /// For signing in and what leads there: counted by address.
    #[must_use]
    pub const fn signs_in(self) -> Policy {
        self.counted(Class::LoginAddress)
    }

    /// For everything else.
    #[must_use]
    pub const fn acts(self) -> Policy {
        self.counted(Class::Other)
    }

    /// For probes.
    #[must_use]
    pub const fn uncounted(self) -> Policy {
        Policy {
            audience: self,
            class: None,
        }
    }

    const fn counted(self, class: Class) -> Policy {
        Policy {
            audience: self,
            class: Some(class),
        }
    }
}
