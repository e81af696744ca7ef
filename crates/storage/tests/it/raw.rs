//! Statements that go round the store: for what only the database itself can say, and for states no use case reaches yet.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbErr, QueryResult, Statement};
use testkit::{Backend, TestDatabase};
use uuid::Uuid;

/// A connection of its own to the same database.
pub(crate) async fn connect(database: &TestDatabase) -> DatabaseConnection {
    Database::connect(&database.url).await.unwrap()
}

/// An id as this database writes it in a statement.
pub(crate) fn id(backend: Backend, id: Uuid) -> String {
    match backend {
        Backend::Sqlite => format!("X'{}'", id.simple()),
        Backend::Postgres => format!("'{id}'"),
    }
}

/// All rows of a query.
pub(crate) async fn rows(connection: &DatabaseConnection, text: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(connection.get_database_backend(), text);
    connection.query_all_raw(statement).await.unwrap()
}

/// The first column of every row, which is text.
pub(crate) async fn texts(database: &TestDatabase, text: &str) -> Vec<String> {
    let connection = connect(database).await;
    let found = rows(&connection, text).await;
    let found = found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    connection.close().await.unwrap();
    found
}

/// How many rows `FROM …` gives.
pub(crate) async fn count(database: &TestDatabase, from: &str) -> i64 {
    let connection = connect(database).await;
    let found = rows(&connection, &format!("SELECT count(*) FROM {from}")).await;
    connection.close().await.unwrap();
    found[0].try_get_by_index(0).unwrap()
}

/// Runs one statement and returns the number of rows it changed, or the database's refusal.
pub(crate) async fn execute(database: &TestDatabase, text: &str) -> Result<u64, DbErr> {
    let connection = connect(database).await;
    let changed = connection
        .execute_unprepared(text)
        .await
        .map(|result| result.rows_affected());
    connection.close().await.unwrap();
    changed
}

/// Returns when a transaction waits for another one, and gives up after ten seconds. On SQLite the second one waits for the
/// only writing connection, from its first statement on: nothing can be seen of it, and nothing can go by it.
pub(crate) async fn until_somebody_waits(database: &TestDatabase) {
    if database.store.database().backend() == Backend::Sqlite {
        return;
    }
    let connection = connect(database).await;
    let waiting =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let limit = tokio::time::Instant::now() + Duration::from_secs(10);
    while rows(&connection, waiting).await.is_empty() {
        assert!(tokio::time::Instant::now() < limit, "nobody waits");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    connection.close().await.unwrap();
}
