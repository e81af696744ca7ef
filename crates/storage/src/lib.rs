//! SQLite and PostgreSQL behind the ports of the domain: one file per slice, one SQL text for both.
//!
//! Architecture invariants: the SQL database is the only truth; statements bind their instants and never ask the database
//! for the time (except [`clock`]); every state change repeats the expected state in its `WHERE`; every write transaction on
//! SQLite begins IMMEDIATE on the one writer connection.

mod api_keys;
mod attempts;
mod attempts_form;
mod attempts_group;
mod attempts_queries;
mod attempts_row;
mod attempts_saving;
mod attempts_watch;
mod audit;
mod audit_chain;
mod audit_queries;
mod authoring;
mod authoring_queries;
mod authoring_reuse;
mod authoring_review;
mod authoring_versions;
mod bank;
mod bank_queries;
mod catalog;
mod catalog_queries;
pub mod clock;
mod cohorts;
mod cohorts_queries;
mod conditions;
mod database;
mod deferred_scores;
mod dialect;
mod error;
mod exemplar_queries;
mod idempotency;
mod identity;
mod identity_queries;
mod inquiries;
mod jobs;
mod kept_versions;
mod llm_calls;
mod llm_calls_queries;
mod llm_group;
mod llm_group_rows;
pub mod migrations;
pub mod personal_data;
mod privacy;
mod privacy_queries;
#[cfg(test)]
mod query_plans;
mod rate_limits;
mod recommendations;
mod recommendations_queries;
mod regrades;
mod regrades_queries;
mod replica;
mod reports_queries;
mod reports_reviews;
mod reviews;
mod reviews_queries;
mod scoring;
mod secrets;
mod sign_ins;
mod sql;
mod store;
mod timekeeping;
pub mod timeouts;
mod transaction;

pub use attempts_watch::{WATCHED_AT_ONCE, WatchedAttempt, WatchedJob};
pub use audit_queries::VerifyAuditError;
pub use database::{Backend, ConnectError, Database, DatabaseOptions};
pub use idempotency::{IdempotencySlot, Idempotent, StoredReply};
pub use identity_queries::UserFilter;
pub use jobs::{JobTx, SqlBeatConnector};
pub use replica::Replica;
pub use secrets::{
    LockedSecrets, SecretPurpose, SigningAlgorithm, StoredSecret, WRAPPED_COLUMNS, WrappedColumn, WrappedText,
};
pub use sign_ins::{SignInOf, SignInState};
pub use store::Store;
pub use transaction::SqlTx;
