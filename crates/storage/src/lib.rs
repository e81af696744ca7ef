//! SQLite and PostgreSQL behind the ports of the domain: one file per slice, one SQL text for both.
//!
//! Architecture invariants: the SQL database is the only truth; statements bind their instants and never ask the database
//! for the time (except [`clock`]); every state change repeats the expected state in its `WHERE`; every write transaction on
//! SQLite begins IMMEDIATE on the one writer connection.

mod attempts;
mod attempts_queries;
mod audit;
mod authoring;
mod authoring_queries;
pub mod clock;
mod database;
mod dialect;
mod error;
mod idempotency;
mod identity;
mod identity_queries;
mod jobs;
pub mod migrations;
pub mod personal_data;
mod reports_queries;
mod scoring;
mod sql;
mod store;
mod transaction;

pub use database::{Backend, ConnectError, Database, DatabaseOptions};
pub use idempotency::{IdempotencySlot, Idempotent, StoredReply};
pub use jobs::{JobTx, SqlBeatConnector};
pub use store::Store;
pub use transaction::SqlTx;
