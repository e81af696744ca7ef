//! Schema migrations: SQL texts in order, applied once each, one migrator at a time.
//!
//! A migration is one text for both databases plus what only one of them understands. Each runs in a transaction together
//! with its row in `schema_migrations`, so a failed one leaves nothing behind. Two migrators exclude each other by a lock:
//! on PostgreSQL the row lock of the single row of `schema_lock`, on SQLite the write transaction itself.

use domain::store::StoreError;
use domain::time::{Clock, Timestamp};
use sea_orm::ConnectionTrait;

use crate::database::Backend;
use crate::error::store_error;
use crate::sql::{execute, fetch_all, fetch_optional, values};
use crate::store::{Store, retrying};
use crate::timeouts;
use crate::transaction::SqlTx;

struct Migration {
    version: i32,
    name: &'static str,
    both: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const MIGRATIONS: [Migration; 16] = [
    Migration {
        version: 1,
        name: "initial",
        both: include_str!("../migrations/0001_initial.sql"),
        sqlite: include_str!("../migrations/0001_initial.sqlite.sql"),
        postgres: include_str!("../migrations/0001_initial.postgres.sql"),
    },
    Migration {
        version: 2,
        name: "attempts_complete",
        both: include_str!("../migrations/0002_attempts_complete.sql"),
        sqlite: include_str!("../migrations/0002_attempts_complete.sqlite.sql"),
        postgres: include_str!("../migrations/0002_attempts_complete.postgres.sql"),
    },
    Migration {
        version: 3,
        name: "accounts",
        both: include_str!("../migrations/0003_accounts.sql"),
        sqlite: include_str!("../migrations/0003_accounts.sqlite.sql"),
        postgres: include_str!("../migrations/0003_accounts.postgres.sql"),
    },
    Migration {
        version: 4,
        name: "audit_chain",
        both: include_str!("../migrations/0004_audit_chain.sql"),
        sqlite: include_str!("../migrations/0004_audit_chain.sqlite.sql"),
        postgres: include_str!("../migrations/0004_audit_chain.postgres.sql"),
    },
    Migration {
        version: 5,
        name: "rate_limits",
        both: include_str!("../migrations/0005_rate_limits.sql"),
        sqlite: include_str!("../migrations/0005_rate_limits.sqlite.sql"),
        postgres: include_str!("../migrations/0005_rate_limits.postgres.sql"),
    },
    Migration {
        version: 6,
        name: "erasure",
        both: include_str!("../migrations/0006_erasure.sql"),
        sqlite: include_str!("../migrations/0006_erasure.sqlite.sql"),
        postgres: include_str!("../migrations/0006_erasure.postgres.sql"),
    },
    Migration {
        version: 7,
        name: "item_review",
        both: include_str!("../migrations/0007_item_review.sql"),
        sqlite: include_str!("../migrations/0007_item_review.sqlite.sql"),
        postgres: include_str!("../migrations/0007_item_review.postgres.sql"),
    },
    Migration {
        version: 8,
        name: "job_engine",
        both: include_str!("../migrations/0008_job_engine.sql"),
        sqlite: include_str!("../migrations/0008_job_engine.sqlite.sql"),
        postgres: include_str!("../migrations/0008_job_engine.postgres.sql"),
    },
    Migration {
        version: 9,
        name: "lighter_writes",
        both: include_str!("../migrations/0009_lighter_writes.sql"),
        sqlite: include_str!("../migrations/0009_lighter_writes.sqlite.sql"),
        postgres: include_str!("../migrations/0009_lighter_writes.postgres.sql"),
    },
    Migration {
        version: 10,
        name: "reasons",
        both: include_str!("../migrations/0010_reasons.sql"),
        sqlite: include_str!("../migrations/0010_reasons.sqlite.sql"),
        postgres: include_str!("../migrations/0010_reasons.postgres.sql"),
    },
    Migration {
        version: 11,
        name: "reviews",
        both: include_str!("../migrations/0011_reviews.sql"),
        sqlite: include_str!("../migrations/0011_reviews.sqlite.sql"),
        postgres: include_str!("../migrations/0011_reviews.postgres.sql"),
    },
    Migration {
        version: 12,
        name: "llm_calls",
        both: include_str!("../migrations/0012_llm_calls.sql"),
        sqlite: include_str!("../migrations/0012_llm_calls.sqlite.sql"),
        postgres: include_str!("../migrations/0012_llm_calls.postgres.sql"),
    },
    Migration {
        version: 13,
        name: "regrades",
        both: include_str!("../migrations/0013_regrades.sql"),
        sqlite: include_str!("../migrations/0013_regrades.sqlite.sql"),
        postgres: include_str!("../migrations/0013_regrades.postgres.sql"),
    },
    Migration {
        version: 14,
        name: "catalog",
        both: include_str!("../migrations/0014_catalog.sql"),
        sqlite: include_str!("../migrations/0014_catalog.sqlite.sql"),
        postgres: include_str!("../migrations/0014_catalog.postgres.sql"),
    },
    Migration {
        version: 15,
        name: "recommendations",
        both: include_str!("../migrations/0015_recommendations.sql"),
        sqlite: include_str!("../migrations/0015_recommendations.sqlite.sql"),
        postgres: include_str!("../migrations/0015_recommendations.postgres.sql"),
    },
    Migration {
        version: 16,
        name: "overseen_fails",
        both: include_str!("../migrations/0016_overseen_fails.sql"),
        sqlite: include_str!("../migrations/0016_overseen_fails.sqlite.sql"),
        postgres: include_str!("../migrations/0016_overseen_fails.postgres.sql"),
    },
];

/// Applies what is missing and returns the names of what was applied.
pub async fn migrate(store: &Store, clock: &dyn Clock) -> Result<Vec<&'static str>, StoreError> {
    migrate_until(store, clock, i32::MAX).await
}

/// The same for migrations up to version `last`: the schema an upgrade starts from.
pub async fn migrate_until(
    store: &Store,
    clock: &dyn Clock,
    last: i32,
) -> Result<Vec<&'static str>, StoreError> {
    prepare(store).await?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.version <= last) {
        if retrying(|| apply_if_missing(store, migration, clock.now())).await? {
            applied.push(migration.name);
        }
    }
    Ok(applied)
}

/// Whether it was missing.
async fn apply_if_missing(store: &Store, migration: &Migration, now: Timestamp) -> Result<bool, StoreError> {
    let tx = store.begin().await?;
    timeouts::lift(&tx).await?;
    // Waits for a concurrent migrator; what it applied is visible afterwards.
    execute(
        &tx.connection,
        "UPDATE schema_lock SET held = held WHERE id = 1",
        Vec::new(),
    )
    .await?;
    timeouts::bound_waiting(&tx).await?;
    if is_applied(&tx, migration.version).await? {
        tx.roll_back().await?;
        return Ok(false);
    }
    apply(&tx, migration, now).await?;
    store.commit(tx).await?;
    Ok(true)
}

/// Versions that this program knows and the database does not have; a start refuses when there are any.
pub async fn pending(store: &Store) -> Result<Vec<&'static str>, StoreError> {
    let done = match fetch_all(
        store.database().read(),
        "SELECT version FROM schema_migrations",
        Vec::new(),
    )
    .await
    {
        Ok(rows) => rows
            .iter()
            .map(|row| row.get::<i32>("version"))
            .collect::<Result<Vec<_>, _>>()?,
        Err(StoreError::Rejected(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(MIGRATIONS
        .iter()
        .filter(|migration| !done.contains(&migration.version))
        .map(|found| found.name)
        .collect())
}

async fn prepare(store: &Store) -> Result<(), StoreError> {
    // Two first starts at once may collide inside CREATE TABLE IF NOT EXISTS on PostgreSQL; the loser finds it done.
    // The last one only reads where the row is there: an insert would wait for a migrator that holds it.
    const STATEMENTS: [&str; 3] = [
        "CREATE TABLE IF NOT EXISTS schema_migrations (
             version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS schema_lock (id INTEGER PRIMARY KEY, held INTEGER NOT NULL)",
        "INSERT INTO schema_lock (id, held) SELECT 1, 0 WHERE NOT EXISTS (SELECT id FROM schema_lock) ON CONFLICT (id) DO NOTHING",
    ];
    for statement in STATEMENTS {
        match execute(store.database().write(), statement, Vec::new()).await {
            Ok(_) => {}
            Err(StoreError::Constraint { .. } | StoreError::Rejected(_)) => {
                execute(store.database().write(), statement, Vec::new()).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn is_applied(tx: &SqlTx, version: i32) -> Result<bool, StoreError> {
    let row = fetch_optional(
        &tx.connection,
        "SELECT name FROM schema_migrations WHERE version = $1",
        values![version],
    )
    .await?;
    Ok(row.is_some())
}

async fn apply(tx: &SqlTx, migration: &Migration, now: Timestamp) -> Result<(), StoreError> {
    let own = match tx.backend {
        Backend::Sqlite => migration.sqlite,
        Backend::Postgres => migration.postgres,
    };
    for text in [migration.both, own] {
        tx.connection
            .execute_unprepared(text)
            .await
            .map_err(store_error)?;
    }
    execute(
        &tx.connection,
        "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)",
        values![migration.version, migration.name, now.as_micros()],
    )
    .await?;
    Ok(())
}
