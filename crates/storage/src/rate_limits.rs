//! Buckets that several processes take from, and sign-ins that failed: each change is one statement.

use async_trait::async_trait;
use domain::rate_limits::{
    BucketsUnavailable, FAILURES_FORGOTTEN_AFTER, Gcra, SharedBuckets, SignInFailures, SignInSubject, Taken,
};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;

use crate::sql::{Row, execute, fetch_optional, values};
use crate::store::Store;

/// The formula of [`Gcra::take`], decided in the row: $2 how many are wanted, $3 the state of a fresh bucket after that, $4
/// now, $5 the latest state at which all that is wanted fits, $6 the latest state a grant may lead to, $7 one interval, $8 the
/// latest state that is believed.
const TAKE: &str = "INSERT INTO rate_limits AS held (bucket, granted, full_at) VALUES ($1, $2, $3)
     ON CONFLICT (bucket) DO UPDATE SET
         granted = CASE
             WHEN held.full_at <= $5 OR held.full_at > $8 THEN $2
             WHEN held.full_at <= $6 THEN ($6 - held.full_at) / $7
             ELSE 0 END,
         full_at = CASE
             WHEN held.full_at <= $4 OR held.full_at > $8 THEN $3
             WHEN held.full_at <= $5 THEN held.full_at + $2 * $7
             WHEN held.full_at <= $6 THEN held.full_at + ($6 - held.full_at) / $7 * $7
             ELSE held.full_at END
     RETURNING granted, full_at";

impl Store {
    /// Counts nothing twice: it is one statement, so that the row is locked for no longer than that.
    async fn take_from_bucket(
        &self,
        bucket: &str,
        rule: Gcra,
        now: Timestamp,
        wanted: u32,
    ) -> Result<Taken, StoreError> {
        let wanted = wanted.min(rule.requests());
        let cost = rule.interval() * wanted;
        let last = rule.last(now);
        let values = values![
            bucket,
            i64::from(wanted),
            (now + cost).as_micros(),
            now.as_micros(),
            (last - cost).as_micros(),
            last.as_micros(),
            i64::try_from(rule.interval().as_micros()).unwrap_or(i64::MAX),
            rule.latest(now).as_micros(),
        ];
        let row = fetch_optional(self.database().write(), TAKE, values).await?;
        let row = row.ok_or(StoreError::Conflict)?;
        Ok(rule.taken(row.count("granted")?, row.timestamp("full_at")?, now))
    }

    /// Until when no password of the address is looked at; none when one may be tried.
    pub async fn sign_in_lock(
        &self,
        subject: &SignInSubject,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row = fetch_optional(
            self.database().read(),
            "SELECT failures, last_failed_at FROM sign_in_failures WHERE subject = $1",
            values![subject.as_str()],
        )
        .await?;
        let failures = row.map(|row| failures(&row)).transpose()?;
        Ok(failures.and_then(|failures| failures.locked_until(now)))
    }

    /// Forgets the failures of an address whose password was right.
    pub async fn clear_sign_in_failures(&self, subject: &SignInSubject) -> Result<(), StoreError> {
        let text = "DELETE FROM sign_in_failures WHERE subject = $1";
        execute(self.database().write(), text, values![subject.as_str()]).await?;
        Ok(())
    }

    /// Removes buckets that are full and failures that are forgotten, which are both as good as absent; gives how many.
    pub async fn prune_limits(&self, now: Timestamp) -> Result<u64, StoreError> {
        let buckets = "DELETE FROM rate_limits WHERE full_at <= $1";
        let failures = "DELETE FROM sign_in_failures WHERE last_failed_at < $1";
        let forgotten = now - FAILURES_FORGOTTEN_AFTER;
        let full = execute(self.database().write(), buckets, values![now.as_micros()]).await?;
        let forgotten = execute(self.database().write(), failures, values![forgotten.as_micros()]).await?;
        Ok(full + forgotten)
    }
}

#[async_trait]
impl SharedBuckets for Store {
    async fn take(
        &self,
        bucket: &str,
        rule: Gcra,
        now: Timestamp,
        wanted: u32,
    ) -> Result<Taken, BucketsUnavailable> {
        let taken = self.take_from_bucket(bucket, rule, now, wanted).await;
        taken.map_err(|error| BucketsUnavailable(Box::new(error)))
    }

    fn place(&self) -> &'static str {
        "the database"
    }
}

/// Counts a failed sign-in.
pub(crate) async fn count_failed_sign_in(
    connection: &impl ConnectionTrait,
    subject: &SignInSubject,
    at: Timestamp,
) -> Result<(), StoreError> {
    let text = "INSERT INTO sign_in_failures AS held (subject, failures, last_failed_at) VALUES ($1, 1, $2)
         ON CONFLICT (subject) DO UPDATE SET
             failures = CASE WHEN held.last_failed_at < $3 THEN 1 ELSE held.failures + 1 END,
             last_failed_at = CASE WHEN held.last_failed_at < $2 THEN $2 ELSE held.last_failed_at END";
    let values = values![
        subject.as_str(),
        at.as_micros(),
        (at - FAILURES_FORGOTTEN_AFTER).as_micros()
    ];
    execute(connection, text, values).await?;
    Ok(())
}

fn failures(row: &Row) -> Result<SignInFailures, StoreError> {
    Ok(SignInFailures {
        count: row.count("failures")?,
        last_at: row.timestamp("last_failed_at")?,
    })
}
