//! Real databases for tests: SQLite files copied from a migrated template, PostgreSQL databases cloned from one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, Database as SeaOrm, Statement};
use storage::{Backend, Database, DatabaseOptions, Store, migrations};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::clock::{CountedIds, ManualClock};

/// Set by `cargo xtask test`.
const POSTGRES_URL: &str = "TOUCHSTONE_TEST_POSTGRES_URL";

const REPLICATED_URL: &str = "TOUCHSTONE_TEST_REPLICATED_URL";
const REPLICA_URL: &str = "TOUCHSTONE_TEST_REPLICA_URL";

static SQLITE_TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COUNTER: AtomicU32 = AtomicU32::new(1);

/// A migrated, empty database of its own, with a clock and ids set by hand.
pub struct TestDatabase {
    /// The storage under test.
    pub store: Store,
    /// Stands still until a test moves it.
    pub clock: Arc<ManualClock>,
    /// Counts.
    pub ids: Arc<CountedIds>,
    /// For connecting again, or from another process.
    pub url: String,
    directory: Option<TempDir>,
}

impl TestDatabase {
    /// A database of the given kind with a pool of ten.
    pub async fn new(backend: Backend) -> Result<Self> {
        Self::with_connections(backend, 10).await
    }

    /// A database of the given kind with a pool of `max_connections`.
    pub async fn with_connections(backend: Backend, max_connections: u32) -> Result<Self> {
        let (url, directory) = match backend {
            Backend::Sqlite => {
                let template = SQLITE_TEMPLATE.get_or_try_init(sqlite_template).await?;
                let directory = tempfile::tempdir()?;
                let file = directory.path().join("touchstone.db");
                std::fs::copy(template, &file)?;
                (sqlite_url(&file), Some(directory))
            }
            Backend::Postgres => {
                let template = POSTGRES_TEMPLATE.get_or_try_init(postgres_template).await?;
                let name = format!("{template}_{}", COUNTER.fetch_add(1, Ordering::Relaxed));
                administer(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
                (database_url(&name)?, None)
            }
        };
        // Fifty clients may queue for ten connections on a busy machine; that is not what is being tested.
        let options = DatabaseOptions {
            max_connections,
            acquire_timeout: Duration::from_secs(30),
            url: url.clone(),
        };
        let store = Store::new(Database::connect(options).await?);
        Ok(Self {
            store,
            clock: ManualClock::new(),
            ids: CountedIds::new(),
            url,
            directory,
        })
    }

    /// A database of the server that has a replica, and the URL of its copy there.
    pub async fn replicated() -> Result<(Self, String)> {
        let name = format!(
            "replicated_{}_{}",
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let server = variable(REPLICATED_URL)?;
        let connection = SeaOrm::connect(&server).await?;
        connection
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await?;
        connection.close().await?;
        let url = on_server(&server, &name)?;
        migrate(url.clone()).await?;
        let database = Self {
            store: Store::new(Database::connect(DatabaseOptions::new(url.clone())).await?),
            clock: ManualClock::new(),
            ids: CountedIds::new(),
            url,
            directory: None,
        };
        Ok((database, on_server(&variable(REPLICA_URL)?, &name)?))
    }

    /// The same database over connections of its own, as another process has it; clock and ids are shared. Must not outlive
    /// the first handle, which removes an SQLite file.
    pub async fn beside(&self) -> Result<Self> {
        let options = DatabaseOptions {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(30),
            url: self.url.clone(),
        };
        Ok(Self {
            store: Store::new(Database::connect(options).await?),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            url: self.url.clone(),
            directory: None,
        })
    }

    /// How many rows `SELECT count(*) FROM …` finds, by a connection of its own.
    pub async fn count(&self, from: &str) -> Result<i64> {
        let connection = SeaOrm::connect(&self.url).await?;
        let text = format!("SELECT count(*) AS count FROM {from}");
        let statement = Statement::from_string(connection.get_database_backend(), text);
        let row = connection
            .query_one_raw(statement)
            .await?
            .context("a count has one row")?;
        let count = row.try_get("", "count")?;
        connection.close().await?;
        Ok(count)
    }

    /// The directory of an SQLite database, removed with it.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_ref().map(TempDir::path)
    }
}

/// Runs one statement as the administrator of the PostgreSQL server of this test run.
pub async fn administer(statement: &str) -> Result<()> {
    let connection = SeaOrm::connect(postgres_server()?).await?;
    connection.execute_unprepared(statement).await?;
    connection.close().await?;
    Ok(())
}

/// The URL of a database on the PostgreSQL server of this test run.
pub fn database_url(name: &str) -> Result<String> {
    on_server(&postgres_server()?, name)
}

fn on_server(server: &str, name: &str) -> Result<String> {
    let (base, _) = server
        .rsplit_once('/')
        .context("the PostgreSQL URL has no database")?;
    Ok(format!("{base}/{name}"))
}

fn postgres_server() -> Result<String> {
    variable(POSTGRES_URL)
}

fn variable(name: &str) -> Result<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test command hands over its server in the environment"
    )]
    std::env::var(name).with_context(|| format!("{name} is not set: run the tests with `cargo xtask test`"))
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// One migrated file per test process, in a directory that outlives the tests and is removed with the temp directory.
async fn sqlite_template() -> Result<PathBuf> {
    let file = tempfile::tempdir()?.keep().join("template.db");
    migrate(sqlite_url(&file)).await?;
    Ok(file)
}

async fn postgres_template() -> Result<String> {
    let name = format!("template_{}", std::process::id());
    administer(&format!("CREATE DATABASE {name}")).await?;
    migrate(database_url(&name)?).await?;
    Ok(name)
}

async fn migrate(url: String) -> Result<()> {
    let options = DatabaseOptions {
        max_connections: 1,
        ..DatabaseOptions::new(url)
    };
    let store = Store::new(Database::connect(options).await?);
    migrations::migrate(&store, &*ManualClock::new()).await?;
    // A template can be copied only when nobody is connected and the write-ahead log is merged.
    store.database().close().await?;
    Ok(())
}
