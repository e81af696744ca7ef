//! SQLite and PostgreSQL behind one pair of types, connected the way the program connects.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow, Postgres};
use sea_orm::sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sea_orm::sqlx::{AssertSqlSafe, Decode, Row as _, Type, query};
use uuid::Uuid;

use crate::given::{self, GivenRow};

/// Connections of a pool, the program's default.
const CONNECTIONS: u32 = 20;

/// A value to bind; the two databases insist on its type.
pub(crate) enum Value {
    Id(Uuid),
    OptionalId(Option<Uuid>),
    Integer(i64),
    OptionalInteger(Option<i64>),
    Small(i32),
    Text(String),
    OptionalText(Option<String>),
    OptionalReal(Option<f64>),
    Flag(bool),
}

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

from! {
    Uuid => Id,
    Option<Uuid> => OptionalId,
    i64 => Integer,
    Option<i64> => OptionalInteger,
    i32 => Small,
    String => Text,
    Option<String> => OptionalText,
    Option<f64> => OptionalReal,
    bool => Flag,
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// Lists values of different types.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(crate::connection::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! bound {
    ($database:ty, $text:expr, $values:expr) => {{
        let mut statement = query::<$database>(AssertSqlSafe($text.to_owned()));
        for value in $values {
            statement = match value {
                Value::Id(value) => statement.bind(value),
                Value::OptionalId(value) => statement.bind(value),
                Value::Integer(value) => statement.bind(value),
                Value::OptionalInteger(value) => statement.bind(value),
                Value::Small(value) => statement.bind(value),
                Value::Text(value) => statement.bind(value),
                Value::OptionalText(value) => statement.bind(value),
                Value::OptionalReal(value) => statement.bind(value),
                Value::Flag(value) => statement.bind(value),
            };
        }
        statement
    }};
}

/// One row of a result.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column.
    pub(crate) fn get<T>(&self, column: &str) -> anyhow::Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => Ok(row.try_get(column)?),
            Self::Postgres(row) => Ok(row.try_get(column)?),
        }
    }
}

/// Pools: one writer and several readers of SQLite, one pool of PostgreSQL.
pub(crate) enum Database {
    Sqlite { write: SqlitePool, read: SqlitePool },
    Postgres(PgPool),
}

impl Database {
    /// Connects by the scheme of the URL.
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        if !url.starts_with("sqlite:") {
            let options = PgConnectOptions::from_str(url)?.application_name("bench_baseline");
            let pool = PgPoolOptions::new().test_before_acquire(false);
            let pool = pool.max_connections(CONNECTIONS);
            return Ok(Self::Postgres(pool.connect_with(options).await?));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let write = SqlitePoolOptions::new().test_before_acquire(false);
        let write = write.max_connections(1);
        Ok(Self::Sqlite {
            write: write.connect_with(options.clone()).await?,
            read: SqlitePoolOptions::new()
                .test_before_acquire(false)
                .max_connections(CONNECTIONS)
                .connect_lazy_with(options),
        })
    }

    /// Appended to a `SELECT` whose row is about to be changed.
    pub(crate) const fn locking(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "",
            Self::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Rows of a statement outside a transaction.
    pub(crate) async fn rows(&self, text: &str, values: Vec<Value>) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Sqlite { read, .. } => {
                let rows = bound!(Sqlite, text, values).fetch_all(read).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => {
                let rows = bound!(Postgres, text, values).fetch_all(pool).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The only row of a statement outside a transaction.
    pub(crate) async fn row(&self, text: &str, values: Vec<Value>) -> anyhow::Result<Row> {
        let mut rows = self.rows(text, values).await?;
        rows.pop().context("a row is missing")
    }

    /// IMMEDIATE on SQLite, READ COMMITTED on PostgreSQL.
    pub(crate) async fn begin(&self) -> anyhow::Result<Transaction> {
        match self {
            Self::Sqlite { write, .. } => Ok(Transaction::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => Ok(Transaction::Postgres(pool.begin().await?)),
        }
    }
}

/// An open transaction.
pub(crate) enum Transaction {
    Sqlite(sea_orm::sqlx::Transaction<'static, Sqlite>),
    Postgres(sea_orm::sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    /// Rows of a statement.
    pub(crate) async fn rows(&mut self, text: &str, values: Vec<Value>) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Sqlite(transaction) => {
                let rows = bound!(Sqlite, text, values).fetch_all(&mut **transaction).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(transaction) => {
                let rows = bound!(Postgres, text, values)
                    .fetch_all(&mut **transaction)
                    .await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The only row of a statement.
    pub(crate) async fn row(&mut self, text: &str, values: Vec<Value>) -> anyhow::Result<Row> {
        let mut rows = self.rows(text, values).await?;
        rows.pop().context("a row is missing")
    }

    /// One statement for rows that travel as JSON, `$1`, and what it returns.
    pub(crate) async fn rows_of<R: GivenRow>(
        &mut self,
        statement: fn(&str) -> String,
        rows: &[R],
        further: Vec<Value>,
    ) -> anyhow::Result<Vec<Row>> {
        let relation = match self {
            Self::Sqlite(_) => given::on_sqlite(R::COLUMNS),
            Self::Postgres(_) => given::on_postgres(R::COLUMNS),
        };
        let mut values = values![serde_json::to_string(rows)?];
        values.extend(further);
        self.rows(&statement(&relation), values).await
    }

    /// Runs a statement without rows.
    pub(crate) async fn execute(&mut self, text: &str, values: Vec<Value>) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(transaction) => {
                bound!(Sqlite, text, values).execute(&mut **transaction).await?;
            }
            Self::Postgres(transaction) => {
                bound!(Postgres, text, values).execute(&mut **transaction).await?;
            }
        }
        Ok(())
    }

    /// Makes it durable.
    pub(crate) async fn commit(self) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await?,
            Self::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}
