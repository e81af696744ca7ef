//! Rows 7, R3 and R4: workers that stand still or die with jobs in their hands, in several stages side by side.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::checker::{Verdict, check, no_dead_letters};
use crate::effects;
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

const LANES: u32 = 4;
const SOON: Duration = Duration::from_secs(90);
/// Row 7.
const LONG_FREEZE: Duration = Duration::from_secs(45);

/// Counting with short leases, and once 45 s at the real one.
pub(crate) async fn freezes(ground: &Ground) -> Result<Outcome> {
    let cycles = ground.rounds(200).div_ceil(LANES);
    let lanes = (0..LANES).map(|lane| freeze_lane(ground, format!("freezes-{lane}"), cycles));
    let (verdicts, real) = tokio::try_join!(try_join_all(lanes), long_freeze(ground))?;
    let verdict = sum(verdicts.into_iter().chain([real]));
    let remark = "every late write was refused; one freeze of 45 s at a lease of 15 s among them";
    Ok(Outcome::of(cycles * LANES + 1, verdict).remark(remark))
}

async fn freeze_lane(ground: &Ground, name: String, cycles: u32) -> Result<Verdict> {
    let stage = Stage::open(ground, &name, Plan::counting(0, 2)).await?;
    for cycle in 0..cycles {
        freeze_once(&stage, cycle, Duration::ZERO).await?;
    }
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    Ok(verdict)
}

async fn long_freeze(ground: &Ground) -> Result<Verdict> {
    let stage = Stage::open(ground, "freeze-real", Plan::counting(0, 2).real_leases()).await?;
    freeze_once(&stage, 0, LONG_FREEZE).await?;
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    Ok(verdict)
}

/// One worker takes jobs and stands still until another one has done them, at least for `length`; then it wants to write.
async fn freeze_once(stage: &Stage<'_>, cycle: u32, length: Duration) -> Result<()> {
    const JOBS: u32 = 3;
    let round = format!("round{cycle}");
    let victim = cycle as usize % 2;
    let (owner, other) = (&stage.workers[victim], &stage.workers[1 - victim]);
    other.freeze()?;
    effects::insert(
        &stage.sql,
        &round,
        JOBS,
        &json!({ "milliseconds": 1_000, "ledger": true }),
    )
    .await?;
    let taken = until_true("the jobs to be taken", SOON, async || {
        Ok(effects::in_state(&stage.sql, &round, "running").await? == i64::from(JOBS))
    })
    .await;
    let frozen = owner.freeze();
    let frozen_at = Instant::now();
    other.thaw()?;
    taken?;
    frozen?;
    let done = effects::ended(&stage.sql, &round, SOON).await;
    tokio::time::sleep(length.saturating_sub(frozen_at.elapsed())).await;
    owner.thaw()?;
    done?;
    let late = format!(
        "job_attempts a JOIN jobs j ON j.id = a.job_id WHERE j.dedupe_key LIKE '{round}:%' AND j.kind = 'faults_effect'
         AND a.fence = 1 AND a.outcome = 'stale'"
    );
    until_true("the late writes to be refused", SOON, async || {
        Ok(stage.sql.count(&late).await? == i64::from(JOBS))
    })
    .await
}

/// R3: from the kill until the job's next claim, at the real lease.
pub(crate) async fn rescue_time(ground: &Ground) -> Result<Outcome> {
    let lanes = ground.form(5, 3);
    let cycles = ground.form(2, 1);
    let rescued = (0..lanes).map(|lane| rescue_lane(ground, format!("rescue-{lane}"), cycles));
    let lanes_done = try_join_all(rescued).await?;
    let spans: Vec<Duration> = lanes_done.iter().flat_map(|(_, spans)| spans.clone()).collect();
    let verdict = sum(lanes_done.into_iter().map(|(verdict, _)| verdict));
    let outcome = Outcome::of(lanes * cycles, verdict).recovered(spans);
    let most = outcome.percentile(0.99).unwrap_or(0.0);
    ensure!(most <= 25.0, "a rescue took {most:.1} s");
    Ok(outcome.remark("lease 15 s, beat 5 s"))
}

async fn rescue_lane(ground: &Ground, name: String, cycles: u32) -> Result<(Verdict, Vec<Duration>)> {
    let mut stage = Stage::open(ground, &name, Plan::counting(0, 2).real_leases()).await?;
    let mut chance = ground.chance(&name);
    let mut spans = Vec::new();
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        // So that the kill does not always come at the same moment of the beat.
        tokio::time::sleep(chance.up_to(Duration::from_secs(5))).await;
        stage.workers[1].freeze()?;
        effects::insert(&stage.sql, &round, 1, &json!({ "milliseconds": 2_000 })).await?;
        let taken = until_true("the job to be taken", SOON, async || {
            Ok(effects::in_state(&stage.sql, &round, "running").await? == 1)
        })
        .await;
        stage.workers[1].thaw()?;
        taken?;
        let killed_at = Instant::now();
        stage.workers.swap_remove(0).kill().await?;
        let again =
            format!("jobs WHERE kind = 'faults_effect' AND dedupe_key LIKE '{round}:%' AND fence = 2");
        until_true("the job to run again", SOON, async || {
            Ok(stage.sql.count(&again).await? == 1)
        })
        .await?;
        spans.push(killed_at.elapsed());
        effects::ended(&stage.sql, &round, SOON).await?;
        let worker = stage.start(crate::node::Role::Worker, &[]).await?;
        stage.workers.push(worker);
    }
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    Ok((verdict, spans))
}

pub(super) fn sum(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().fold(Verdict::default(), |sum, one| Verdict {
        acknowledged: sum.acknowledged + one.acknowledged,
        lost: sum.lost + one.lost,
        duplicated: sum.duplicated + one.duplicated,
    })
}
