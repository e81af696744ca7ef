//! Connections: for SQLite one writer and several readers, for PostgreSQL one pool.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use domain::store::StoreError;
use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions,
    TransactionTrait as _,
};
use tracing::Instrument as _;

use crate::error::store_error;

/// A connection that nobody has used for this long is asked whether it is still there. Asking each time would double the round
/// trips; whoever meets a connection that broke since is told that the database is unavailable, and the pool drops it.
const TESTED_AFTER: Duration = Duration::from_secs(1);

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded, one file, one writer.
    Sqlite,
    /// A server, many writers.
    Postgres,
}

/// How to connect.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// `sqlite:path/to/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections to PostgreSQL, or readers of SQLite.
    pub max_connections: u32,
    /// How long a request may wait for a connection before it is told to come back.
    pub acquire_timeout: Duration,
}

impl DatabaseOptions {
    /// Twenty connections, two seconds of waiting.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 20,
            acquire_timeout: Duration::from_secs(2),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither `sqlite:` nor `postgres:`.
    #[error("the database URL must begin with sqlite: or postgres:")]
    UnknownScheme,
    /// The directory of the SQLite file cannot be made.
    #[error("cannot create the directory of {}", path.display())]
    Directory {
        /// The database file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The driver refused.
    #[error("cannot open the database")]
    Driver(#[from] sea_orm::sqlx::Error),
}

/// Open connections. Cloning shares them.
#[derive(Clone)]
pub struct Database {
    backend: Backend,
    options: DatabaseOptions,
    write: DatabaseConnection,
    read: DatabaseConnection,
}

impl Database {
    /// Connects, creating an SQLite file that does not exist.
    pub async fn connect(options: DatabaseOptions) -> Result<Self, ConnectError> {
        if options.url.starts_with("sqlite:") {
            Self::connect_sqlite(options).await
        } else if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
            Self::connect_postgres(options).await
        } else {
            Err(ConnectError::UnknownScheme)
        }
    }

    /// PostgreSQL, without waiting for it: connections are made when they are needed.
    pub fn connect_lazily(options: DatabaseOptions) -> Result<Self, ConnectError> {
        let (connect, pool) = postgres_pool(&options)?;
        Ok(Self::over_postgres(options, pool.connect_lazy_with(connect)))
    }

    /// These connections for writing, those of `copy` for reading.
    pub(crate) fn reading_from(&self, copy: &Self) -> Self {
        Self {
            read: copy.read.clone(),
            ..self.clone()
        }
    }

    /// A second handle with connections of its own, for the beat thread: nothing it does waits for a request.
    pub async fn reconnect(&self, max_connections: u32) -> Result<Self, ConnectError> {
        Self::connect(DatabaseOptions {
            max_connections,
            ..self.options.clone()
        })
        .await
    }

    /// Which database this is.
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Closes all connections; SQLite merges its write-ahead log.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.read.close_by_ref().await.map_err(store_error)?;
        self.write.close_by_ref().await.map_err(store_error)
    }

    /// The connections that may write.
    pub(crate) const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// The connections for reads outside a transaction.
    pub(crate) const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Begins a transaction on connections of this database, in a task of its own. The driver forgets a `BEGIN` whose caller is gone
    /// before the answer: the connection went back within a transaction that nobody ends, and what others wrote there in single
    /// statements was acknowledged and lost. The task waits for the answer, in the line for connections too, and a transaction that
    /// nobody takes is rolled back.
    pub(crate) async fn begin_on(
        connections: &DatabaseConnection,
        options: TransactionOptions,
    ) -> Result<DatabaseTransaction, StoreError> {
        let connections = connections.clone();
        let begin = async move { connections.begin_with_options(options).await };
        tokio::spawn(begin.in_current_span())
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?
            .map_err(store_error)
    }

    /// Tells `seen` of every statement that has run.
    #[cfg(test)]
    pub(crate) fn watched_by(
        mut self,
        seen: impl Fn(&sea_orm::Statement) + Clone + Send + Sync + 'static,
    ) -> Self {
        for connection in [&mut self.write, &mut self.read] {
            let seen = seen.clone();
            connection.set_metric_callback(move |info| seen(info.statement));
        }
        self
    }

    async fn connect_sqlite(options: DatabaseOptions) -> Result<Self, ConnectError> {
        let connect = SqliteConnectOptions::from_str(&options.url)?
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let path = connect.get_filename().to_path_buf();
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|source| ConnectError::Directory {
                path: path.clone(),
                source,
            })?;
        }
        // One writer: waiting happens in the pool, first come first served, instead of in SQLite's busy loop.
        let write = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .max_connections(1)
            .acquire_timeout(options.acquire_timeout.max(Duration::from_secs(5)))
            .connect_with(connect.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .connect_lazy_with(connect);
        Ok(Self {
            backend: Backend::Sqlite,
            options,
            write: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            read: SqlxSqliteConnector::from_sqlx_sqlite_pool(read),
        })
    }

    async fn connect_postgres(options: DatabaseOptions) -> Result<Self, ConnectError> {
        let (connect, pool) = postgres_pool(&options)?;
        let pool = pool.connect_with(connect).await?;
        Ok(Self::over_postgres(options, pool))
    }

    fn over_postgres(options: DatabaseOptions, pool: PgPool) -> Self {
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        Self {
            backend: Backend::Postgres,
            options,
            write: connection.clone(),
            read: connection,
        }
    }
}

fn postgres_pool(options: &DatabaseOptions) -> Result<(PgConnectOptions, PgPoolOptions), ConnectError> {
    let connect = PgConnectOptions::from_str(&options.url)?.application_name("touchstone");
    let pool = PgPoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move { Ok(idle.idle_for < TESTED_AFTER || connection.ping().await.is_ok()) })
        })
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout);
    Ok((connect, pool))
}
