//! Rows 8, 9, 10 and 50: PostgreSQL goes away, stands still, ends connections, or is held back by a forgotten transaction.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::time::Instant;

use crate::books::{Answered, Books, tally};
use crate::checker::{check, no_dead_letters};
use crate::effects;
use crate::load::Load;
use crate::outcome::{Outcome, percentile};
use crate::signals;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const CANDIDATES: usize = 6;
/// After this much of returning at the latest, somebody has to have success.
const RECOVERY: Duration = Duration::from_secs(5);
/// Over which successes are counted.
const WINDOW: Duration = Duration::from_secs(5);
const SOON: Duration = Duration::from_mins(1);

/// Row 8: 503 at once, processes live, everything acknowledged is there.
pub(crate) async fn stopped(ground: &Ground) -> Result<Outcome> {
    outages(ground, "pg-outage", async |ground, length| {
        ground.postgres.stop_immediately()?;
        tokio::time::sleep(length).await;
        ground.postgres.start().await
    })
    .await
}

/// Row 9: requests do not pile up behind a database that does not answer.
pub(crate) async fn frozen(ground: &Ground) -> Result<Outcome> {
    outages(ground, "pg-frozen", async |ground, length| {
        let frozen = ground.postgres.freeze()?;
        tokio::time::sleep(length).await;
        ground.postgres.thaw(&frozen)
    })
    .await
}

async fn outages(
    ground: &Ground,
    name: &str,
    outage: impl AsyncFn(&Ground, Duration) -> Result<()>,
) -> Result<Outcome> {
    let stage = Stage::open(ground, name, Plan::counting(2, 2)).await?;
    let load = Load::begin(stage.doors()?, CANDIDATES, &ground.chance(name)).await?;
    let (cycles, length) = ground.form((3, Duration::from_secs(30)), (1, Duration::from_secs(12)));
    let (mut recovery, mut notes) = (Vec::new(), Vec::new());
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        effects::insert(&stage.sql, &round, 100, &json!({ "milliseconds": 100 })).await?;
        // How much is done in this time, so that it can be compared with what is done afterwards.
        tokio::time::sleep(WINDOW).await;
        let (begun, memory) = (Instant::now(), memory(&stage));
        outage(ground, length).await?;
        let back = Instant::now();
        let first = some_success(&load.books, back).await?.duration_since(back);
        ensure!(
            first <= RECOVERY,
            "the first success came {first:?} after PostgreSQL was back"
        );
        recovery.push(first);
        tokio::time::sleep_until(back + RECOVERY + WINDOW).await;
        alive(&stage)?;
        notes.push(told(
            &load.books,
            (begun, back),
            growth(memory, self::memory(&stage)),
        )?);
    }
    let books = load.end().await?;
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    let remark = format!("{} s each; {}", length.as_secs(), notes.join("; "));
    Ok(Outcome::of(cycles, verdict).recovered(recovery).remark(remark))
}

/// How requests were answered, and whether as many succeed afterwards as before.
fn told(books: &Books, (begun, back): (Instant, Instant), grown: f64) -> Result<String> {
    let during = books.since(begun);
    let successes = |from: Instant, to: Instant| {
        let answers = books.since(from);
        let success =
            |answered: &&Answered| answered.at < to && answered.status.is_some_and(|status| status < 300);
        answers.iter().filter(success).count()
    };
    let before = successes(begun - WINDOW, begun);
    let after = successes(back + RECOVERY, back + RECOVERY + WINDOW);
    Ok(format!(
        "{} ({}), {before} successes in 5 s before and {after} from 5 to 10 s after, memory {grown:+.0} %",
        judged(&during)?,
        slowest_refusal(&during)
    ))
}

/// Row 10: whoever was under way is refused or repeated, and the pools heal.
pub(crate) async fn connections_dropped(ground: &Ground) -> Result<Outcome> {
    let stage = Stage::open(ground, "backends", Plan::counting(2, 2)).await?;
    let load = Load::begin(stage.doors()?, CANDIDATES, &ground.chance("backends")).await?;
    let cycles = ground.form(50, 5);
    let mut recovery = Vec::new();
    let begun = Instant::now();
    for cycle in 0..cycles {
        effects::insert(
            &stage.sql,
            &format!("round{cycle}"),
            40,
            &json!({ "milliseconds": 20 }),
        )
        .await?;
        some_success(&load.books, Instant::now()).await?;
        drop_connections(&stage, cycle).await?;
        let ended = Instant::now();
        recovery.push(some_success(&load.books, ended).await?.duration_since(ended));
    }
    let answers = judged(&load.books.since(begun))?;
    let books = load.end().await?;
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    Ok(Outcome::of(cycles, verdict).recovered(recovery).remark(answers))
}

/// By the database, or between the two, where neither of them says so.
async fn drop_connections(stage: &Stage<'_>, cycle: u32) -> Result<()> {
    if cycle % 2 == 1 {
        stage.proxy.cut_once();
        return Ok(());
    }
    let end = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'touchstone') AS ended";
    let ended = stage.sql.number(end).await?;
    ensure!(ended > 0, "there were connections to end");
    Ok(())
}

/// Row 50: dead rows cannot be removed; jobs go on at nearly the same rate.
pub(crate) async fn old_snapshot(ground: &Ground) -> Result<Outcome> {
    let stage = Stage::open(ground, "old-snapshot", Plan::counting(1, 2)).await?;
    let before = rate(&stage, "before").await?;
    let held = stage.sql.snapshot().await?;
    let (begun, length) = (
        Instant::now(),
        ground.form(Duration::from_mins(5), Duration::from_secs(15)),
    );
    let (mut rounds, mut latest) = (0, before);
    while begun.elapsed() < length {
        rounds += 1;
        latest = rate(&stage, &format!("open{rounds}")).await?;
    }
    held.rollback().await?;
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    let remark = format!(
        "{before:.0} jobs/s before, {latest:.0} jobs/s after {} s of an open snapshot",
        length.as_secs()
    );
    Ok(Outcome::of(rounds, verdict).remark(remark))
}

/// Jobs a second of one round.
pub(super) async fn rate(stage: &Stage<'_>, round: &str) -> Result<f64> {
    const JOBS: u32 = 1_000;
    let begun = Instant::now();
    effects::insert(&stage.sql, round, JOBS, &json!({})).await?;
    effects::ended(&stage.sql, round, SOON * 3).await?;
    Ok(f64::from(JOBS) / begun.elapsed().as_secs_f64())
}

/// When the first request succeeded that was answered after `since`.
pub(super) async fn some_success(books: &Books, since: Instant) -> Result<Instant> {
    until_true("a request to succeed", SOON, async || {
        Ok(books.first_success(since).is_some())
    })
    .await?;
    Ok(books.first_success(since).unwrap_or(since))
}

/// Statuses by number; anything but success, 409, 429 and 503 is an error. Without an answer is who was given up by the client.
fn judged(answers: &[Answered]) -> Result<String> {
    let allowed = |status: u16| status < 300 || matches!(status, 409 | 429 | 503);
    let wrong = answers
        .iter()
        .filter(|answered| answered.status.is_some_and(|status| !allowed(status)));
    ensure!(
        wrong.count() == 0,
        "answers other than 503 and 429: {}",
        tally(answers)
    );
    Ok(tally(answers))
}

fn slowest_refusal(answers: &[Answered]) -> String {
    let refused = answers.iter().filter(|answered| answered.status == Some(503));
    let took: Vec<f64> = refused.map(|answered| answered.took.as_secs_f64()).collect();
    match (percentile(&took, 0.5), percentile(&took, 1.0)) {
        (Some(half), Some(most)) => format!("503 after {half:.2} s, at most {most:.2} s"),
        _ => "nothing refused".to_owned(),
    }
}

fn memory(stage: &Stage<'_>) -> u64 {
    let nodes = stage.apis.iter().chain(&stage.workers);
    nodes.filter_map(|node| signals::resident(node.process())).sum()
}

fn growth(before: u64, after: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "KiB of memory fit")]
    let growth = (after as f64 / before.max(1) as f64 - 1.0) * 100.0;
    growth
}

fn alive(stage: &Stage<'_>) -> Result<()> {
    for node in stage.apis.iter().chain(&stage.workers) {
        ensure!(signals::is_alive(node.process()), "a process did not survive");
    }
    Ok(())
}
