//! Statements as text: `$1` placeholders are understood by both databases.

use std::time::Duration;

use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, TryGetable, Value};

use crate::error::store_error;

/// Lists bind values of different types.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(sea_orm::Value::from($value)),*] };
}
pub(crate) use values;

/// Runs a statement and returns the number of rows it changed.
pub(crate) async fn execute(
    connection: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let result = connection
        .execute_raw(statement(connection.get_database_backend(), text, values))
        .await;
    Ok(result.map_err(store_error)?.rows_affected())
}

/// The first row, if there is one.
pub(crate) async fn fetch_optional(
    connection: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<Row>, StoreError> {
    let row = connection
        .query_one_raw(statement(connection.get_database_backend(), text, values))
        .await;
    Ok(row.map_err(store_error)?.map(Row))
}

/// All rows.
pub(crate) async fn fetch_all(
    connection: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<Row>, StoreError> {
    let rows = connection
        .query_all_raw(statement(connection.get_database_backend(), text, values))
        .await;
    Ok(rows.map_err(store_error)?.into_iter().map(Row).collect())
}

/// The single number of a counting query.
pub(crate) async fn fetch_count(
    connection: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<u64, StoreError> {
    let row = fetch_optional(connection, text, values).await?;
    let count = row.map_or(Ok(0), |row| row.get::<i64>("count"))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn statement(backend: DbBackend, text: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(backend, text, values)
}

/// One row of a result.
pub(crate) struct Row(QueryResult);

impl Row {
    /// The value of a column.
    pub(crate) fn get<T: TryGetable>(&self, column: &str) -> Result<T, StoreError> {
        self.0.try_get("", column).map_err(store_error)
    }

    /// An instant.
    pub(crate) fn timestamp(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp::from_micros)
    }

    /// An instant that may not have come.
    pub(crate) fn optional_timestamp(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_micros))
    }

    /// A count or number that is never negative.
    pub(crate) fn count(&self, column: &str) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.get::<i64>(column)?).unwrap_or(0))
    }

    /// A count in an INTEGER column.
    pub(crate) fn small_count(&self, column: &str) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.get::<i32>(column)?).unwrap_or(0))
    }

    /// A span of time in microseconds.
    pub(crate) fn span(&self, column: &str) -> Result<Duration, StoreError> {
        let micros = self.get::<i64>(column)?;
        Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }

    /// A stored enum name turned into its value, or the row is inconsistent.
    pub(crate) fn parse<T>(
        &self,
        table: &'static str,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let name: String = self.get(column)?;
        parse(&name).ok_or_else(|| self.inconsistent(table, column))
    }

    /// A stored JSON document.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        table: &'static str,
        column: &'static str,
    ) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|_| self.inconsistent(table, column))
    }

    /// Says that this row cannot be.
    pub(crate) fn inconsistent(&self, table: &'static str, column: &'static str) -> StoreError {
        let id = self
            .get::<uuid::Uuid>("id")
            .map_or_else(|_| "an unnamed row".to_owned(), |id| id.to_string());
        StoreError::Inconsistent { table, column, id }
    }
}

/// A value as the JSON text that is stored.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Rejected(Box::new(error)))
}
