//! Production time: the database's clock plus monotonic time since it was asked.
//!
//! All processes of a deployment agree to within a round trip, whatever their own clocks say, and time never runs
//! backwards in a process. SQLite lives on this machine, so the machine's clock is the database's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::store::StoreError;
use domain::time::{Clock, Timestamp};
use sea_orm::{DatabaseTransaction, TransactionOptions};

use crate::database::{Backend, Database};
use crate::error::store_error;
use crate::sql::fetch_optional;

/// The first question of a connection takes two round trips, and any of them may be held up.
const QUESTIONS: usize = 4;

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

/// The database's time in microseconds and when that was. Nothing but round trips is timed: a connection that has to be waited
/// for or made would put the middle of it all far from the answer.
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
            let held = Database::begin_on(database.read(), TransactionOptions::default()).await?;
            let answer = shortest(|| time_of(&held), Instant::now).await?;
            held.rollback().await.map_err(store_error)?;
            Ok(answer)
        }
    }
}

async fn time_of(connection: &DatabaseTransaction) -> Result<i64, StoreError> {
    let row = fetch_optional(
        connection,
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS micros",
        Vec::new(),
    )
    .await?;
    row.map_or(Err(StoreError::Conflict), |row| row.get("micros"))
}

/// Asks several times and believes the answer that took the shortest round trip, as of the middle of that.
async fn shortest<Answering>(
    mut question: impl FnMut() -> Answering,
    now: impl Fn() -> Instant,
) -> Result<(i64, Instant), StoreError>
where
    Answering: Future<Output = Result<i64, StoreError>>,
{
    let mut best: Option<(Duration, i64, Instant)> = None;
    for _ in 0..QUESTIONS {
        let before = now();
        let micros = question().await?;
        let took = now().duration_since(before);
        if best.is_none_or(|(shortest, ..)| took < shortest) {
            best = Some((took, micros, before + took / 2));
        }
    }
    best.map_or(Err(StoreError::Conflict), |(_, micros, at)| Ok((micros, at)))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_was_held_up_sets_no_clock() {
        let start = Instant::now();
        let elapsed = Cell::new(Duration::ZERO);
        let passes = |millis| elapsed.set(elapsed.get() + Duration::from_millis(millis));
        let mut ways_back = [300, 2, 80, 40].into_iter();
        let question = || {
            passes(2);
            let answer = i64::try_from(elapsed.get().as_micros()).unwrap();
            passes(ways_back.next().unwrap());
            std::future::ready(Ok(answer))
        };
        let (micros, at) = shortest(question, || start + elapsed.get()).await.unwrap();
        let shown = i64::try_from(at.duration_since(start).as_micros()).unwrap();
        assert_eq!(micros, shown, "the second one was not held up");
    }
}
