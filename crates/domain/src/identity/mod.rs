//! People and machines: roles, proofs of permission, accounts, refresh tokens.
//!
//! A use case asks for a proof ([`Admin`], [`Staff`], [`Candidate`]) in its fields, so a missing check does not compile.
//! Ownership is checked in the query of the thing owned: a foreign object is not found.
//! Deliberately absent: password hashing and token formats (the edge does both).

mod cohorts;
mod commands;
mod model;
mod permission;
mod ports;

pub use cohorts::{
    ChangeCohort, Cohort, CohortError, CohortMember, CohortRepository, CohortView, CreateCohort,
    DeleteCohort, EVERYONE, MembershipChange,
};
pub use commands::{
    CreateUser, CreateUserError, IssueRefreshToken, RefreshError, RefreshOutcome, RotateRefreshToken,
    SetPassword,
};
pub use model::{NewUser, RefreshToken, Role, User, UserStatus};
pub use permission::{Admin, Candidate, Forbidden, Principal, Staff};
pub use ports::IdentityRepository;
