//! Driver errors sorted by what the caller can do about them.

use domain::store::{StatementTimeout, StoreError};
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

use crate::dialect;

/// Maps a SeaORM error.
pub(crate) fn store_error(error: DbErr) -> StoreError {
    match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => StoreError::Unavailable(Box::new(error)),
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            match classify(inner) {
                Class::Unavailable => StoreError::Unavailable(Box::new(error)),
                Class::TimedOut => StoreError::Unavailable(Box::new(StatementTimeout(Box::new(error)))),
                Class::Conflict => StoreError::Conflict,
                Class::Constraint(name) => StoreError::Constraint { name },
                Class::Rejected => StoreError::Rejected(Box::new(error)),
            }
        }
        _ => StoreError::Rejected(Box::new(error)),
    }
}

enum Class {
    Unavailable,
    TimedOut,
    Conflict,
    Constraint(String),
    Rejected,
}

fn classify(error: &sqlx::Error) -> Class {
    let database = match error {
        sqlx::Error::Database(database) => database,
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => return Class::Unavailable,
        _ => return Class::Rejected,
    };
    let code = database.code().unwrap_or_default();
    match code.as_ref() {
        // PostgreSQL: serialization failure, deadlock, lock timeout. SQLite: BUSY in its variants, LOCKED.
        "40001" | "40P01" | "55P03" | "5" | "6" | "261" | "262" | "517" => Class::Conflict,
        // SQLite: UNIQUE, PRIMARY KEY, CHECK, FOREIGN KEY, NOT NULL, trigger.
        "2067" | "1555" | "275" | "787" | "1299" | "1811" => {
            Class::Constraint(dialect::sqlite_constraint_name(database.message()))
        }
        _ if code.starts_with("23") => Class::Constraint(
            database
                .constraint()
                .unwrap_or_else(|| database.message())
                .to_owned(),
        ),
        "57014" => Class::TimedOut,
        // Connection trouble, out of resources, shut-down, silent for too long in a transaction, read-only; SQLite: FULL, IOERR, READONLY, CANTOPEN.
        "25P03" | "25006" | "13" | "10" | "8" | "14" => Class::Unavailable,
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P") => {
            Class::Unavailable
        }
        _ => Class::Rejected,
    }
}
