//! Who may call an operation, and how often: declared where the operation is registered, enforced before its handler runs.

use domain::identity::{Role, Scope};

use crate::rate_limits::Class;

/// What is declared for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Who may call it.
    pub(crate) audience: Audience,
    /// Which allowance a call is taken from; none for probes, which supervisors send.
    pub(crate) class: Option<Class>,
}

/// Who may call an operation. What of it they may see or change is decided by proofs and queries behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Audience {
    /// Accounts with one of these roles; empty for an operation without a sign-in.
    roles: &'static [Role],
    /// API keys with this scope, too.
    scope: Option<Scope>,
}

/// Anybody, signed in or not.
pub(crate) const ANYONE: Audience = Audience {
    roles: &[],
    scope: None,
};
/// Whoever is signed in, and every API key.
pub(crate) const EVERYBODY: Audience =
    Audience::of(&[Role::Student, Role::Advisor, Role::Admin, Role::Service]);
/// People who are signed in.
pub(crate) const SIGNED_IN: Audience = Audience::of(&[Role::Student, Role::Advisor, Role::Admin]);
/// Students.
pub(crate) const STUDENTS: Audience = Audience::of(&[Role::Student]);
/// Advisors and admins.
pub(crate) const STAFF: Audience = Audience::of(&[Role::Advisor, Role::Admin]);
/// Admins.
pub(crate) const ADMINS: Audience = Audience::of(&[Role::Admin]);

impl Audience {
    const fn of(roles: &'static [Role]) -> Self {
        Self { roles, scope: None }
    }

    /// The same and API keys with this scope.
    pub(crate) const fn or_key(self, scope: Scope) -> Self {
        Self {
            scope: Some(scope),
            ..self
        }
    }

    /// Whether no sign-in is needed.
    pub(crate) const fn is_public(self) -> bool {
        self.roles.is_empty() && self.scope.is_none()
    }

    /// Roles of accounts that may call.
    pub(crate) const fn roles(self) -> &'static [Role] {
        self.roles
    }

    /// Whether API keys may call, some of them at least.
    pub(crate) fn takes_keys(self) -> bool {
        self.scope.is_some() || self.roles.contains(&Role::Service)
    }

    /// The scope with which API keys may call.
    pub(crate) const fn scope(self) -> Option<Scope> {
        self.scope
    }

    /// For reads.
    pub(crate) const fn reads(self) -> Policy {
        self.counted(Class::Reads)
    }

    /// For answers and heartbeats.
    pub(crate) const fn saves(self) -> Policy {
        self.counted(Class::Saves)
    }

    /// For what starts costly work in the background.
    pub(crate) const fn starts_work(self) -> Policy {
        self.counted(Class::AiTriggering)
    }

    /// For changes by admins.
    pub(crate) const fn administers(self) -> Policy {
        self.counted(Class::AdminWrites)
    }

    /// For signing in and what leads there: counted by address.
    pub(crate) const fn signs_in(self) -> Policy {
        self.counted(Class::LoginAddress)
    }

    /// For everything else.
    pub(crate) const fn acts(self) -> Policy {
        self.counted(Class::Other)
    }

    /// For probes.
    pub(crate) const fn uncounted(self) -> Policy {
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
