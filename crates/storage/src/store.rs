//! `store.run(&use_case)`: begin, run, commit, and again from the start when another transaction got in the way.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::jobs::Announcer;
use domain::audit::AuditKey;
use domain::store::{Ctx, StoreError, UseCase, UseCaseError};
use sea_orm::{SqliteTransactionMode, TransactionOptions};
use tokio::sync::Notify;
use tracing::Instrument;

use crate::attempts_group::GroupedSaves;
use crate::database::Database;
use crate::idempotency::{self, IdempotencySlot, Idempotent, StoredReply};
use crate::jobs::{LaneFloors, Plenty};
use crate::kept_versions::KeptVersions;
use crate::llm_group::GroupedCalls;
use crate::transaction::SqlTx;

/// Runs before a conflict is given back to the caller.
const TRIES: u32 = 5;

/// The storage of one process. Cloning shares connections.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
    wake: Arc<Notify>,
    relay: Arc<OnceLock<Announcer>>,
    audit_key: Arc<OnceLock<AuditKey>>,
    saves: Arc<GroupedSaves>,
    calls: Arc<GroupedCalls>,
    lane_floors: Arc<LaneFloors>,
    plenty: Arc<Plenty>,
    versions: KeptVersions,
}

impl Store {
    /// Wraps open connections.
    pub fn new(database: Database) -> Self {
        Self {
            database: Arc::new(database),
            wake: Arc::new(Notify::new()),
            relay: Arc::default(),
            audit_key: Arc::default(),
            saves: Arc::default(),
            calls: Arc::default(),
            lane_floors: Arc::default(),
            plenty: Arc::default(),
            versions: KeptVersions::default(),
        }
    }

    /// The same storage, with reads outside of transactions from another copy of the database.
    pub(crate) fn reading_from(&self, copy: &Database) -> Self {
        Self {
            database: Arc::new(self.database.reading_from(copy)),
            ..self.clone()
        }
    }

    /// The connections.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Signalled after every commit that inserted a job.
    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Tells the relay of this process what commits of this store and its clones have made ready. The first one stays.
    pub fn announce_to(&self, relay: Announcer) {
        self.relay.get_or_init(|| relay);
    }

    /// Gives this store and its clones the key of the audit log: rows are signed from now on and can be sealed. The first
    /// key stays.
    pub fn set_audit_key(&self, key: AuditKey) {
        self.audit_key.get_or_init(|| key);
    }

    /// The key of the audit log, once it was given.
    pub(crate) fn audit_key(&self) -> Option<&AuditKey> {
        self.audit_key.get()
    }

    /// Saves of answers on their way.
    pub(crate) fn saves(&self) -> &GroupedSaves {
        &self.saves
    }

    /// Entries of the journal of calls on their way.
    pub(crate) fn calls(&self) -> &GroupedCalls {
        &self.calls
    }

    /// Where looks for jobs may begin.
    pub(crate) fn lane_floors(&self) -> &LaneFloors {
        &self.lane_floors
    }

    /// Where claims of jobs may go on without a look.
    pub(crate) fn plenty(&self) -> &Plenty {
        &self.plenty
    }

    /// What is kept of published versions.
    pub(crate) fn versions(&self) -> &KeptVersions {
        &self.versions
    }

    /// Runs a use case in one transaction.
    pub async fn run<U: UseCase>(&self, use_case: &U, ctx: &Ctx) -> Result<U::Out, U::Err> {
        self.retrying::<U, _, _>(|| async {
            let mut tx = self.begin().await?;
            match use_case.run(ctx, &mut tx).await {
                Ok(out) => {
                    self.commit(tx).await?;
                    Ok(out)
                }
                Err(refusal) => {
                    tx.roll_back().await?;
                    Err(refusal)
                }
            }
        })
        .await
    }

    /// Runs a use case at most once per idempotency key: the key is claimed and the reply stored in its own transaction.
    /// `reply` gives what is to be replayed, `None` for outcomes that are not stored (refusals that had to persist).
    pub async fn run_idempotent<U: UseCase>(
        &self,
        use_case: &U,
        ctx: &Ctx,
        slot: &IdempotencySlot,
        reply: impl Fn(&U::Out) -> Option<StoredReply> + Send + Sync,
    ) -> Result<Idempotent<U::Out>, U::Err> {
        let reply = &reply;
        self.retrying::<U, _, _>(|| async move {
            let mut tx = self.begin().await?;
            if let Some(earlier) = idempotency::claim(&tx, slot, ctx.now()).await? {
                tx.roll_back().await?;
                return Ok(earlier);
            }
            match use_case.run(ctx, &mut tx).await {
                Ok(out) => {
                    idempotency::settle(&tx, slot, reply(&out).as_ref()).await?;
                    self.commit(tx).await?;
                    Ok(Idempotent::Done(out))
                }
                Err(refusal) => {
                    tx.roll_back().await?;
                    Err(refusal)
                }
            }
        })
        .await
    }

    /// Begins a write transaction. PostgreSQL: READ COMMITTED; SQLite: IMMEDIATE, so that a read never has to be upgraded.
    pub(crate) async fn begin(&self) -> Result<SqlTx, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let backend = self.database.backend();
        let connection = Database::begin_on(self.database.write(), options).await?;
        let audit_key = Arc::clone(&self.audit_key);
        Ok(SqlTx::new(connection, backend, audit_key, self.versions.clone()))
    }

    /// Commits and wakes the workers of this process when there is something for them.
    pub(crate) async fn commit(&self, tx: SqlTx) -> Result<(), StoreError> {
        if let Some(ready) = tx.commit().await? {
            self.plenty.forget();
            self.wake.notify_waiters();
            self.wake.notify_one();
            if let Some(relay) = self.relay.get() {
                relay.announce(ready);
            }
        }
        Ok(())
    }

    async fn retrying<U, T, F>(&self, attempt: impl Fn() -> F + Send + Sync) -> Result<T, U::Err>
    where
        U: UseCase,
        F: Future<Output = Result<T, U::Err>> + Send,
    {
        let span = tracing::debug_span!("transaction", use_case = U::NAME);
        retrying(move || attempt().instrument(span.clone())).await
    }
}

/// Runs something again from the start as long as another transaction gets in the way, five times at most.
pub(crate) async fn retrying<T, E, F>(attempt: impl Fn() -> F + Send) -> Result<T, E>
where
    E: UseCaseError,
    F: Future<Output = Result<T, E>> + Send,
{
    let mut tried = 1;
    loop {
        match attempt().await {
            Err(error) if tried < TRIES && error.store_error().is_some_and(is_worth_another_try) => {
                tokio::time::sleep(full_jitter(tried)).await;
                tried += 1;
            }
            done => return done,
        }
    }
}

/// A unique violation counts as a conflict: the second run finds the other transaction's row and refuses in words.
const fn is_worth_another_try(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict | StoreError::Constraint { .. })
}

/// Somewhere between nothing and 10 ms × 2ⁿ.
fn full_jitter(tried: u32) -> Duration {
    let ceiling = 10_000_u64 << tried.min(6);
    Duration::from_micros(rand::random_range(0..ceiling))
}
