//! Jobs of the kind that fault-test builds have: each leaves one mark in the database when its effect is committed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::sql::Sql;
use crate::waiting::until_true;

/// Inserts `count` jobs with this payload, due at once, one after the other, and with ids in that order (UUIDv7), as the program
/// does; returns when the insert is acknowledged. `round` keeps their names apart.
pub(crate) async fn insert(sql: &Sql, round: &str, count: u32, payload: &Value) -> Result<()> {
    let now = micros();
    let text = format!(
        "INSERT INTO jobs (id, kind, queue, dedupe_key, state, run_at, max_attempts, payload, created_at)
         SELECT CAST(lpad(to_hex({now} / 1000 + number / 1000), 12, '0') || '7' || lpad(to_hex(number % 1000), 3, '0')
                || '8' || substr(md5(random()::text), 1, 15) AS uuid),
            'faults_effect', 'static', '{round}:' || number, 'ready', {now} - {count} + number, 5, '{payload}', {now}
         FROM generate_series(1, {count}) AS number"
    );
    ensure!(
        sql.execute(&text).await? == u64::from(count),
        "every job is inserted"
    );
    Ok(())
}

/// Returns when all jobs have ended whose round begins so.
pub(crate) async fn ended(sql: &Sql, round: &str, limit: Duration) -> Result<()> {
    // One select per state, so that each has its index.
    let of = |state: &str| {
        format!(
            "SELECT 1 FROM jobs WHERE queue = 'static' AND state = '{state}' AND kind = 'faults_effect'
                AND dedupe_key LIKE '{round}%'"
        )
    };
    let open = ["waiting", "ready", "running"].map(of).join(" UNION ALL ");
    let open = format!("({open}) AS open");
    until_true(
        "the jobs to end",
        limit,
        async || Ok(sql.count(&open).await? == 0),
    )
    .await
}

/// Jobs of these rounds in a state.
pub(crate) async fn in_state(sql: &Sql, round: &str, state: &str) -> Result<i64> {
    sql.count(&format!(
        "jobs WHERE kind = 'faults_effect' AND dedupe_key LIKE '{round}:%' AND state = '{state}'"
    ))
    .await
}

/// The wall clock as the tables write it.
pub(crate) fn micros() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "rows are inserted past the program and its clock"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
