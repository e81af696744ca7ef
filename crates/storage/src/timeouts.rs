//! How long a statement, the wait for a lock and silence inside a transaction may last on PostgreSQL, as defaults of the account in its database.
//!
//! The server keeps them, so that they hold over every connection, also through a pooler, without a word in the session. On
//! SQLite there is one writer and `busy_timeout`.

use domain::store::StoreError;
use sea_orm::ConnectionTrait;

use crate::database::{Backend, Database};
use crate::error::store_error;
use crate::sql::fetch_all;
use crate::transaction::SqlTx;

/// What is missing of the three for this account, as statements. What somebody has set stays, whatever it is.
const MISSING: &str = "SELECT format('ALTER ROLE %I IN DATABASE %I SET %s = %L',
           current_user, current_database(), wanted.name, wanted.value) AS statement
     FROM (VALUES ('statement_timeout', '5s'), ('lock_timeout', '2s'), ('idle_in_transaction_session_timeout', '30s')) AS wanted (name, value)
     WHERE NOT EXISTS (
         SELECT 1 FROM pg_db_role_setting AS held, unnest(held.setconfig) AS line
         WHERE held.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
           AND held.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
           AND split_part(line, '=', 1) = wanted.name)
     ORDER BY wanted.name DESC";

/// Gives the account of `database` its timeouts where it has none, over the connections of `migrator`. Connections that are
/// open already go on without. Returns what it was not permitted to do, for somebody who may.
pub async fn keep(database: &Database, migrator: &Database) -> Result<Vec<String>, StoreError> {
    if database.backend() == Backend::Sqlite {
        return Ok(Vec::new());
    }
    let mut refused = Vec::new();
    for row in fetch_all(database.write(), MISSING, Vec::new()).await? {
        let statement: String = row.get("statement")?;
        let set = migrator.write().execute_unprepared(&statement).await;
        match set.map_err(store_error) {
            Ok(_) => {}
            Err(StoreError::Rejected(_)) => refused.push(statement),
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// A migration may take as long as it takes, and wait for another migrator.
pub(crate) async fn lift(tx: &SqlTx) -> Result<(), StoreError> {
    let text = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
        SET LOCAL idle_in_transaction_session_timeout = 0";
    set_local(tx, text).await
}

/// While it waits for a table nobody else gets at that table: it is better to try again.
pub(crate) async fn bound_waiting(tx: &SqlTx) -> Result<(), StoreError> {
    set_local(tx, "SET LOCAL lock_timeout = '10s'").await
}

/// Reading everything may take as long as it takes, also between two statements.
pub(crate) async fn lift_all(connection: &impl ConnectionTrait, backend: Backend) -> Result<(), StoreError> {
    let text = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
    if backend == Backend::Postgres {
        connection.execute_unprepared(text).await.map_err(store_error)?;
    }
    Ok(())
}

async fn set_local(tx: &SqlTx, text: &str) -> Result<(), StoreError> {
    if tx.backend == Backend::Postgres {
        let set = tx.connection.execute_unprepared(text).await;
        set.map_err(store_error)?;
    }
    Ok(())
}
