//! What the tables say, asked past the program and past all proxies.

use std::time::Duration;

use anyhow::{Context, Result};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, IsolationLevel,
    QueryResult, Statement, TransactionTrait as _,
};

/// A few connections of our own to one database.
#[derive(Clone)]
pub(crate) struct Sql(DatabaseConnection);

impl Sql {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        // Bulk inserts take longer than the program may.
        let mut options = ConnectOptions::new(format!("{url}?options=-c%20statement_timeout%3D0"));
        options
            .max_connections(4)
            .min_connections(0)
            .acquire_timeout(Duration::from_secs(20))
            .sqlx_logging(false);
        Ok(Self(Database::connect(options).await?))
    }

    /// `SELECT count(*) FROM <from>`.
    pub(crate) async fn count(&self, from: &str) -> Result<i64> {
        self.number(&format!("SELECT count(*) FROM {from}")).await
    }

    /// The first column of the only row.
    pub(crate) async fn number(&self, text: &str) -> Result<i64> {
        let rows = self.rows(text).await?;
        let row = rows.first().context("the statement gives a row")?;
        Ok(row.try_get_by_index(0)?)
    }

    /// The first column of every row.
    pub(crate) async fn texts(&self, text: &str) -> Result<Vec<String>> {
        let rows = self.rows(text).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    pub(crate) async fn rows(&self, text: &str) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_string(self.0.get_database_backend(), text);
        self.0
            .query_all_raw(statement)
            .await
            .with_context(|| format!("`{}`", text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// Runs statements for their effect.
    pub(crate) async fn execute(&self, text: &str) -> Result<u64> {
        let done = self.0.execute_unprepared(text).await;
        Ok(done.with_context(|| text.to_owned())?.rows_affected())
    }

    /// A transaction with a snapshot, open until it is rolled back.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let held = self
            .0
            .begin_with_config(Some(IsolationLevel::RepeatableRead), None)
            .await?;
        held.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0")
            .await?;
        held.execute_unprepared("SELECT count(*) FROM jobs").await?;
        Ok(held)
    }

    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.0.close().await?)
    }
}
