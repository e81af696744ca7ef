//! R1 and R2: kill -9 again and again under load; everything acknowledged is there, and there once.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::time::Instant;

use super::database::some_success;
use crate::chance::Chance;
use crate::checker::{check, no_dead_letters, quiet};
use crate::effects;
use crate::load::Load;
use crate::node::Role;
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const SOON: Duration = Duration::from_mins(2);
/// Cycles after which everything is let come to its end and counted.
const STRETCH: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Worker,
    Api,
    Postgres,
    Redis,
}

/// 100 workers, 100 API servers, 50 times PostgreSQL in the full form.
pub(crate) async fn kills(ground: &Ground) -> Result<Outcome> {
    let mut victims = Vec::new();
    for (victim, count) in [(Victim::Worker, 100), (Victim::Api, 100), (Victim::Postgres, 50)] {
        victims.extend((0..ground.rounds(count)).map(|_| victim));
    }
    kill_all(ground, "kills", Plan::counting(2, 2), victims).await
}

/// Kills these in an order that the seed decides.
pub(super) async fn kill_all(
    ground: &Ground,
    name: &str,
    plan: Plan,
    mut victims: Vec<Victim>,
) -> Result<Outcome> {
    let mut stage = Stage::open(ground, name, plan).await?;
    let mut chance = ground.chance(name);
    let load = Load::begin(stage.doors()?, 6, &chance).await?;
    let cycles = u32::try_from(victims.len())?;
    // 100,000 jobs in the full form.
    let jobs = ground.form(400, 100);
    let mut recovery = Vec::new();
    for cycle in 0..cycles {
        let victim = victims.swap_remove(chance.below(victims.len()));
        let payload = json!({ "milliseconds": chance.below(20), "ledger": cycle % 8 == 0 });
        effects::insert(&stage.sql, &format!("round{cycle}"), jobs, &payload).await?;
        tokio::time::sleep(chance.up_to(Duration::from_millis(400))).await;
        let killed_at = Instant::now();
        kill(&mut stage, &load, victim, &mut chance).await?;
        recovery.push(
            some_success(&load.books, killed_at)
                .await?
                .duration_since(killed_at),
        );
        if victim == Victim::Worker {
            suspects_done(&stage).await?;
        }
        if cycle % STRETCH == STRETCH - 1 {
            effects::ended(&stage.sql, "round", SOON).await?;
        }
    }
    let books = load.end().await?;
    quiet(&stage).await?;
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    let (tags, calls) = stage.ledger.totals();
    let saved: usize = books.attempts().iter().map(|attempt| attempt.saved.len()).sum();
    let remark = format!(
        "{} jobs, {} attempts, {saved} answers compared; {calls} outside calls for {tags} jobs; recovery is the time from the kill \
         to the next success",
        stage.sql.count("jobs WHERE kind <> 'faults_mark'").await?,
        books.attempts().len(),
    );
    Ok(Outcome::of(cycles, verdict).recovered(recovery).remark(remark))
}

async fn kill(stage: &mut Stage<'_>, load: &Load, victim: Victim, chance: &mut Chance) -> Result<()> {
    match victim {
        Victim::Worker => stage.replace_worker(chance.below(2)).await,
        Victim::Api => {
            stage.apis.swap_remove(chance.below(2)).kill().await?;
            load.move_to(stage.doors()?);
            let api = stage.start(Role::Api, &[]).await?;
            stage.apis.push(api);
            load.move_to(stage.doors()?);
            Ok(())
        }
        Victim::Postgres => {
            stage.ground.postgres.kill().await?;
            stage.ground.postgres.start().await
        }
        Victim::Redis => {
            if let Some(redis) = &mut stage.redis {
                redis.kill().await?;
                redis.up().await?;
            }
            Ok(())
        }
    }
}

/// A job that was running in three dying processes is put aside, rightly; the harness is not to make that happen by killing
/// faster than suspects are tried one by one.
pub(super) async fn suspects_done(stage: &Stage<'_>) -> Result<()> {
    let suspects = "(SELECT 1 FROM jobs WHERE state = 'ready' AND crash_count > 0
        UNION ALL SELECT 1 FROM jobs WHERE state = 'running' AND (crash_count > 0 OR NOT EXISTS (
            SELECT 1 FROM worker_processes w WHERE w.id = jobs.owner AND w.last_beat_at > $now - 1500000))) AS suspects";
    until_true("jobs of the dead worker to be done", SOON, async || {
        let from = suspects.replace("$now", &effects::micros().to_string());
        Ok(stage.sql.count(&from).await? == 0)
    })
    .await
}
