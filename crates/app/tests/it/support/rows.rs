//! What the tables say, asked past the service.

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, QueryResult, Statement, Value};
use uuid::Uuid;

/// A connection of its own.
pub(crate) struct Rows(DatabaseConnection);

impl Rows {
    pub(crate) async fn of(url: &str) -> Self {
        Self(Database::connect(url).await.unwrap())
    }

    /// How many rows `SELECT … FROM <from>` gives; `$1`, `$2` … are the ids.
    pub(crate) async fn count(&self, from: &str, ids: &[Uuid]) -> i64 {
        let found = self.query(&format!("SELECT count(*) FROM {from}"), ids).await;
        found[0].try_get_by_index(0).unwrap()
    }

    /// The first column of every row, which is text.
    pub(crate) async fn texts(&self, text: &str, ids: &[Uuid]) -> Vec<String> {
        let found = self.query(text, ids).await;
        found.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Runs a statement for its effect.
    pub(crate) async fn execute(&self, text: &str) {
        self.0.execute_unprepared(text).await.unwrap();
    }

    async fn query(&self, text: &str, ids: &[Uuid]) -> Vec<QueryResult> {
        let values = ids.iter().map(|id| Value::from(*id));
        let statement = Statement::from_sql_and_values(self.0.get_database_backend(), text, values);
        self.0.query_all_raw(statement).await.unwrap()
    }
}
