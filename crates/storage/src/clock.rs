//! Production time: the database's clock plus monotonic time since it was asked.
//!
//! All processes of a deployment agree to within a round trip, whatever their own clocks say, and time never runs
//! backwards in a process. SQLite lives on this machine, so the machine's clock is the database's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::store::StoreError;
use domain::time::{Clock, Timestamp};

use crate::database::{Backend, Database};
use crate::sql::fetch_optional;

/// See the module.
pub struct DatabaseClock {
    reference: RwLock<(i64, Instant)>,
    latest: AtomicI64,
}

impl DatabaseClock {
    /// Asks the database once.
    pub async fn start(database: &Database) -> Result<Self, StoreError> {
        let reference = ask(database).await?;
        Ok(Self {
            reference: RwLock::new(reference),
            latest: AtomicI64::new(reference.0),
        })
    }

    /// Asks the database again; to be called every ten seconds.
    pub async fn refresh(&self, database: &Database) -> Result<(), StoreError> {
        let reference = ask(database).await?;
        *self.reference.write().unwrap_or_else(PoisonError::into_inner) = reference;
        Ok(())
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let (micros, asked_at) = *self.reference.read().unwrap_or_else(PoisonError::into_inner);
        let elapsed = i64::try_from(asked_at.elapsed().as_micros()).unwrap_or(i64::MAX);
        let now = micros.saturating_add(elapsed);
        Timestamp::from_micros(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }
}

/// The database's time in microseconds and when it was asked, taken in the middle of the round trip.
async fn ask(database: &Database) -> Result<(i64, Instant), StoreError> {
    match database.backend() {
        Backend::Sqlite => {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Ok((
                i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX),
                Instant::now(),
            ))
        }
        Backend::Postgres => {
            let before = Instant::now();
            let row = fetch_optional(
                database.read(),
                "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS micros",
                Vec::new(),
            )
            .await?;
            let micros = row.map_or(Err(StoreError::Conflict), |row| row.get::<i64>("micros"))?;
            Ok((micros, before + before.elapsed() / 2))
        }
    }
}
