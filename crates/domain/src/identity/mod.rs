//! People and machines: roles, proofs of permission, accounts, sign-ins, API keys, invitations.
//!
//! A use case asks for a proof ([`Admin`], [`Staff`], [`Candidate`]) in its fields, so a missing check does not compile.
//! Ownership is checked in the query of the thing owned: a foreign object is not found.
//! Deliberately absent: password hashing and token formats (the edge does both).

mod accounts;
mod api_keys;
mod cohorts;
mod invitations;
mod model;
mod permission;
mod ports;
mod scopes;
mod sign_ins;

pub use accounts::{
    AccountError, AddUser, ChangeUser, CreateUser, CreateUserError, IssuePasswordReset, ResetError,
    ResetPassword, SetPassword, UpgradePasswordHash,
};
pub use api_keys::{ApiKey, ApiKeyError, CreateApiKey, RevokeApiKey};
pub use cohorts::{
    ChangeCohort, Cohort, CohortError, CohortMember, CohortRepository, CohortView, CreateCohort,
    DeleteCohort, EVERYONE, MembershipChange,
};
pub use invitations::{
    CreateInvitation, Invitation, InvitationError, InviteError, Register, RevokeInvitation,
};
pub use model::{AccountChange, NewUser, PasswordReset, RefreshToken, Role, User, UserStatus};
pub use permission::{Admin, Candidate, Forbidden, Principal, Staff};
pub use ports::IdentityRepository;
pub use scopes::{Scope, Scopes};
pub use sign_ins::{
    FailedSignIn, IssueRefreshToken, NoteFailedSignIns, REUSE_GRACE, RefreshError, RefreshOutcome,
    RotateRefreshToken, SignOut,
};
