//! A database with ready jobs, and what measuring it takes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::job::{JobKind, Queue};
use domain::time::{Clock, Timestamp};
use jobs::{ClaimRequest, JobStore as _, Process};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement, Value};
use storage::clock::DatabaseClock;
use testkit::{Backend, TestDatabase};
use uuid::Uuid;

use crate::cpu::Used;

/// The only kind of job here.
pub(crate) const NOTHING: JobKind = JobKind {
    name: "bench_nothing",
    queue: Queue::Static,
};
/// Jobs of a claim or finish.
pub(crate) const BATCH: usize = 50;
pub(crate) const LEASE: Duration = Duration::from_secs(15);
const CONNECTIONS: u32 = 20;

/// A migrated database of its own.
pub(crate) struct Ground {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<DatabaseClock>,
    pub(crate) backend: Backend,
    /// For everything that is not the engine.
    pub(crate) connection: DatabaseConnection,
}

impl Ground {
    pub(crate) async fn new(backend: Backend) -> Result<Self> {
        let database = TestDatabase::with_connections(backend, CONNECTIONS).await?;
        let clock = Arc::new(DatabaseClock::start(database.store.database()).await?);
        let connection = single_connection(&database.url).await?;
        if backend == Backend::Postgres {
            // A million rows take longer than a request may.
            connection.execute_unprepared("SET statement_timeout = 0").await?;
        }
        Ok(Self {
            database,
            clock,
            backend,
            connection,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Empties the tables and puts `jobs` ready ones there, due one after the other, of the first `priorities` of 0, 1 and −1.
    pub(crate) async fn seed(&self, jobs: i64, priorities: i64) -> Result<()> {
        let text = match self.backend {
            Backend::Postgres => {
                self.connection
                    .execute_unprepared("TRUNCATE job_attempts, jobs")
                    .await?;
                "INSERT INTO jobs (id, kind, queue, dedupe_key, state, priority, run_at, max_attempts, payload, created_at)
                SELECT id, 'bench_nothing', 'static', id::text, 'ready',
                    CAST((n % $3 + 1) % 3 - 1 AS integer) * CAST($3 > 1 AS integer), $2 - $1 + n, 5, '{}', $2
                FROM generate_series(1, $1) AS n, LATERAL (SELECT CAST(lpad(to_hex($2 / 1000 + n / 100), 12, '0') || '7'
                    || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15) AS uuid) AS id) AS ids"
            }
            Backend::Sqlite => {
                self.connection
                    .execute_unprepared("DELETE FROM job_attempts; DELETE FROM jobs")
                    .await?;
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $1)
                INSERT INTO jobs (id, kind, queue, dedupe_key, state, priority, run_at, max_attempts, payload, created_at)
                SELECT randomblob(16), 'bench_nothing', 'static', hex(randomblob(16)), 'ready',
                    ((n % $3 + 1) % 3 - 1) * ($3 > 1), $2 - $1 + n, 5, '{}', $2 FROM numbers"
            }
        };
        let now = self.now().as_micros();
        let values = [Value::from(jobs), now.into(), priorities.into()];
        let statement = Statement::from_sql_and_values(self.connection.get_database_backend(), text, values);
        self.connection.execute_raw(statement).await?;
        let settle = match self.backend {
            Backend::Postgres => "VACUUM (ANALYZE) jobs, job_attempts",
            Backend::Sqlite => "ANALYZE",
        };
        self.connection.execute_unprepared(settle).await?;
        Ok(())
    }

    /// Fails unless this many jobs are completed and as many attempts say so.
    pub(crate) async fn require_completed(&self, jobs: i64) -> Result<()> {
        for table in ["jobs WHERE state", "job_attempts WHERE outcome"] {
            let completed = self.database.count(&format!("{table} = 'completed'")).await?;
            ensure!(completed == jobs, "{completed} of {jobs}: {table} = 'completed'");
        }
        Ok(())
    }

    /// A process that may claim.
    pub(crate) async fn process(&self) -> Result<Process> {
        let process = Process {
            id: new_id(),
            host: "bench".to_owned(),
        };
        self.database.store.register_process(&process, self.now()).await?;
        Ok(process)
    }

    /// A claim of [`BATCH`] jobs.
    pub(crate) fn request(&self, owner: Uuid) -> ClaimRequest {
        ClaimRequest {
            slots: vec![(NOTHING.queue, BATCH)],
            suspect: true,
            owner,
            now: self.now(),
            lease: LEASE,
            unclaimed_since: None,
        }
    }

    /// CPU of this process and of the backends of this database so far.
    pub(crate) async fn cpu(&self) -> Result<Cpu> {
        let backends = match self.backend {
            Backend::Sqlite => Some(Used::default()),
            Backend::Postgres => Used::by_backends(&self.backends().await?),
        };
        Ok(Cpu {
            process: Used::by_process(std::process::id())?,
            backends: backends.context("the backends of PostgreSQL are not processes of this machine")?,
        })
    }

    async fn backends(&self) -> Result<Vec<u32>> {
        let text = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()";
        let statement = Statement::from_string(self.connection.get_database_backend(), text);
        let rows = self.connection.query_all_raw(statement).await?;
        rows.iter()
            .map(|row| Ok(u32::try_from(row.try_get::<i32>("", "pid")?)?))
            .collect()
    }
}

/// One connection, not a pool.
pub(crate) async fn single_connection(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// CPU time at an instant.
pub(crate) struct Cpu {
    process: Used,
    backends: Used,
}

impl Cpu {
    /// Microseconds from `earlier` to this, of this process and of the database.
    pub(crate) fn since(&self, earlier: &Self) -> (f64, f64) {
        (
            self.process.since(&earlier.process),
            self.backends.since(&earlier.backends),
        )
    }
}

/// The id of a job, a process or an owner.
#[expect(clippy::disallowed_methods, reason = "this program has no IdSource port")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
