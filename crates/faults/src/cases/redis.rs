//! Rows 11 to 16: Redis only hastens jobs. It may be flushed, stopped, filled, set back and shuffled; the database decides.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::time::Instant;

use super::cycles::{Victim, kill_all};
use crate::books::tally;
use crate::checker::{check, no_dead_letters};
use crate::effects;
use crate::load::Load;
use crate::outcome::Outcome;
use crate::proxy::Mode;
use crate::redis::Redis;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const SOON: Duration = Duration::from_mins(1);
/// Between two jobs' batches.
const PACE: Duration = Duration::from_millis(500);

/// Row 11: nothing is refused, and jobs flow by the database.
pub(crate) async fn stopped(ground: &Ground) -> Result<Outcome> {
    let length = ground.form(Duration::from_secs(30), Duration::from_secs(12));
    trouble(
        ground,
        Trouble::named("redis-outage"),
        length,
        async |stage, length| {
            stage.redis()?.stop().await?;
            jobs_for(stage, "without", length).await?;
            stage.redis()?.up().await?;
            jobs_for(stage, "after", PACE * 4).await?;
            Ok(1)
        },
    )
    .await
}

/// Row 12 and R6.
pub(crate) async fn flushed(ground: &Ground) -> Result<Outcome> {
    let every = ground.form(Duration::from_secs(10), Duration::from_secs(5));
    trouble(ground, Trouble::named("flushes"), every, async |stage, every| {
        let cycles = stage.ground.form(60, 4);
        for cycle in 0..cycles {
            jobs_for(stage, &format!("flush{cycle}"), every).await?;
            stage.redis()?.flush().await?;
        }
        Ok(cycles)
    })
    .await
}

/// Row 14: it takes nothing more.
pub(crate) async fn full(ground: &Ground) -> Result<Outcome> {
    let length = ground.form(Duration::from_secs(30), Duration::from_secs(8));
    trouble(
        ground,
        Trouble::named("redis-full"),
        length,
        async |stage, length| {
            let redis = stage.redis()?;
            redis.ask(&["CONFIG", "SET", "maxmemory", "1"]).await?;
            jobs_for(stage, "full", length).await?;
            stage.redis()?.ask(&["CONFIG", "SET", "maxmemory", "0"]).await?;
            jobs_for(stage, "emptied", PACE * 4).await?;
            Ok(1)
        },
    )
    .await
}

/// Row 13: entries of jobs that ended long ago come back.
pub(crate) async fn set_back(ground: &Ground) -> Result<Outcome> {
    trouble(
        ground,
        Trouble::named("old-file"),
        PACE * 4,
        async |stage, length| {
            let kept = stage.recipe.directory.join("old");
            // Entries that wait: nobody takes them while the workers stand still.
            for worker in &stage.workers {
                worker.freeze()?;
            }
            effects::insert(&stage.sql, "old", 50, &json!({})).await?;
            until_true("the jobs to be published", SOON, async || {
                Ok(stage
                    .sql
                    .count("jobs WHERE dedupe_key LIKE 'old:%' AND published_at IS NOT NULL")
                    .await?
                    == 50)
            })
            .await?;
            // Written every second; and a copy of a file that grows is one of an earlier moment.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            copy(&stage.redis()?.files(), &kept)?;
            for worker in &stage.workers {
                worker.thaw()?;
            }
            effects::ended(&stage.sql, "old", SOON).await?;
            stage.redis()?.stop().await?;
            let files = stage.redis()?.files();
            std::fs::remove_dir_all(&files)?;
            copy(&kept, &files)?;
            stage.redis()?.up().await?;
            jobs_for(stage, "new", length).await?;
            Ok(1)
        },
    )
    .await
}

/// Row 15: fifty deliveries, one execution.
pub(crate) async fn duplicates(ground: &Ground) -> Result<Outcome> {
    const COPIES: usize = 50;
    let mut stage = Stage::open(ground, "duplicates", Plan::counting(1, 2).on_redis()).await?;
    let cycles = ground.rounds(50);
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        effects::insert(
            &stage.sql,
            &round,
            1,
            &json!({ "milliseconds": 20, "ledger": true }),
        )
        .await?;
        let id = stage
            .sql
            .texts(&format!(
                "SELECT id::text FROM jobs WHERE dedupe_key = '{round}:1' AND kind = 'faults_effect'"
            ))
            .await?;
        let id = id.first().context("the job is there")?;
        deliver(stage.redis()?, id, COPIES).await?;
        effects::ended(&stage.sql, &round, SOON).await?;
    }
    until_true("all deliveries to be taken", SOON, async || {
        let left = stage.redis.as_ref().context("there is a Redis")?;
        Ok(left.ask(&["LLEN", "touchstone:static:wait"]).await? == ":0\r\n")
    })
    .await?;
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    let claims = stage
        .sql
        .count("job_attempts a JOIN jobs j ON j.id = a.job_id WHERE j.kind = 'faults_effect'")
        .await?;
    ensure!(claims == i64::from(cycles), "{claims} claims of {cycles} jobs");
    Ok(Outcome::of(cycles, verdict).remark(format!("{COPIES} deliveries each, one claim each")))
}

async fn deliver(redis: &Redis, job: &str, copies: usize) -> Result<()> {
    let data = format!("{{\"job\":\"{job}\"}}");
    let options = r#"{"attempts":1,"removeOnComplete":true,"removeOnFail":true}"#;
    for copy in 0..copies {
        let name = format!("{job}-x{copy}");
        let key = format!("touchstone:static:{name}");
        let fields = ["name", "job", "data", &data, "opts", options];
        let numbers = ["timestamp", "0", "delay", "0", "priority", "0"];
        let words: Vec<&str> = ["HSET", &key].into_iter().chain(fields).chain(numbers).collect();
        redis.ask(&words).await?;
        redis.ask(&["LPUSH", "touchstone:static:wait", &name]).await?;
    }
    redis.ask(&["ZADD", "touchstone:static:marker", "0", "0"]).await?;
    Ok(())
}

/// Row 16: what arrives arrives late and out of order; stages of an attempt keep theirs. One candidate is more than such a
/// line carries; more of them are more than these two processors score, and would show that instead. Until workers know that
/// deliveries lag, a job waits for those for ten seconds, and then for the next look.
pub(crate) async fn shuffled(ground: &Ground) -> Result<Outcome> {
    let length = ground.form(Duration::from_mins(1), Duration::from_secs(8));
    let late = Trouble {
        candidates: 1,
        latest: Duration::from_secs(11),
        ..Trouble::named("shuffled")
    };
    trouble(ground, late, length, async |stage, length| {
        stage
            .redis()?
            .proxy
            .set(Mode::Shuffle(Duration::from_millis(150)));
        jobs_for(stage, "shuffled", length).await?;
        stage.redis()?.proxy.set(Mode::Pass);
        Ok(1)
    })
    .await
}

/// R1 with jobs dispatched by Redis: 50 kills of Redis, and some of everything else.
pub(crate) async fn kills(ground: &Ground) -> Result<Outcome> {
    let mut victims = Vec::new();
    for (victim, count) in [
        (Victim::Redis, 50),
        (Victim::Worker, 10),
        (Victim::Api, 10),
        (Victim::Postgres, 10),
    ] {
        victims.extend((0..ground.rounds(count)).map(|_| victim));
    }
    kill_all(ground, "redis-kills", Plan::counting(2, 2).on_redis(), victims).await
}

/// What goes on while something happens to Redis.
struct Trouble {
    name: &'static str,
    /// Each submits as fast as it is answered.
    candidates: usize,
    /// The p99 of how late jobs may begin.
    latest: Duration,
}

impl Trouble {
    const fn named(name: &'static str) -> Self {
        Self {
            name,
            candidates: 4,
            latest: Duration::from_secs(10),
        }
    }
}

/// Candidates and jobs while something happens to Redis: nobody is refused, nothing is lost or late.
async fn trouble(
    ground: &Ground,
    Trouble {
        name,
        candidates,
        latest,
    }: Trouble,
    length: Duration,
    happen: impl AsyncFn(&mut Stage<'_>, Duration) -> Result<u32>,
) -> Result<Outcome> {
    let mut stage = Stage::open(ground, name, Plan::counting(2, 2).on_redis()).await?;
    let load = Load::begin(stage.doors()?, candidates, &ground.chance(name)).await?;
    jobs_for(&stage, "before", PACE * 2).await?;
    let begun = Instant::now();
    let cycles = happen(&mut stage, length).await?;
    let answers = load.books.since(begun);
    let books = load.end().await?;
    let refused = answers
        .iter()
        .filter(|answered| answered.status.is_none_or(|status| status >= 300))
        .count();
    ensure!(
        refused == 0,
        "{refused} requests were refused: {}",
        tally(&answers)
    );
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    let late = stage
        .sql
        .number(
            "SELECT coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY started_at - run_at), 0)::bigint
             FROM jobs WHERE kind = 'faults_effect'",
        )
        .await?;
    let late = Duration::from_micros(u64::try_from(late).unwrap_or(0));
    ensure!(late <= latest, "jobs began up to {late:.2?} late (p99)");
    Ok(Outcome::of(cycles, verdict).remark(format!(
        "answers {}; p99 of the wait for a worker {late:.2?}",
        tally(&answers)
    )))
}

/// Jobs in batches for this long, at least once.
async fn jobs_for(stage: &Stage<'_>, round: &str, length: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut batch = 0;
    loop {
        batch += 1;
        effects::insert(
            &stage.sql,
            &format!("{round}-{batch}"),
            20,
            &json!({ "milliseconds": 10 }),
        )
        .await?;
        if begun.elapsed() >= length {
            return effects::ended(&stage.sql, round, SOON).await;
        }
        tokio::time::sleep(PACE).await;
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
