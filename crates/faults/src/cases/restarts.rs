//! Row 53: orderly ends. Nobody notices that servers are replaced, and what a worker does not end it gives back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::time::Instant;

use crate::balancer::Balancer;
use crate::books::tally;
use crate::checker::{check, no_dead_letters};
use crate::effects;
use crate::load::Load;
use crate::node::Role;
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan, Stage};
use crate::waiting::until_true;

/// 25 s of draining and some for the processors, which everybody shares here.
const DRAIN: Duration = Duration::from_secs(28);
const SOON: Duration = Duration::from_mins(1);

/// Behind a load balancer, which learns of an end only by refused connections.
pub(crate) async fn rolling(ground: &Ground) -> Result<Outcome> {
    let mut stage = Stage::open(ground, "rolling", Plan::counting(2, 2)).await?;
    let balancer = Balancer::open(addresses(&stage)?).await?;
    let load = Load::begin(vec![balancer.base()], 6, &ground.chance("rolling")).await?;
    let begun = Instant::now();
    let cycles = ground.rounds(20).max(4);
    let mut drains = Vec::new();
    for cycle in 0..cycles {
        effects::insert(
            &stage.sql,
            &format!("round{cycle}"),
            60,
            &json!({ "milliseconds": 150 }),
        )
        .await?;
        let api = stage.start(Role::Api, &[]).await?;
        stage.apis.push(api);
        balancer.set(addresses(&stage)?);
        let (code, took) = stage.apis.remove(0).terminate(DRAIN).await?;
        balancer.set(addresses(&stage)?);
        ensure!(code == 0, "a server ended with {code}");
        drains.push(took);
        let worker = stage.start(Role::Worker, &[]).await?;
        stage.workers.push(worker);
        let (code, took) = stage.workers.remove(0).terminate(DRAIN).await?;
        ensure!(code == 0, "a worker ended with {code}");
        drains.push(took);
    }
    let answers = load.books.since(begun);
    let books = load.end().await?;
    let failed = answers
        .iter()
        .filter(|answered| !answered.status.is_some_and(is_fine))
        .count();
    ensure!(failed == 0, "{failed} failed requests: {}", tally(&answers));
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    let crashed = stage.sql.count("jobs WHERE crash_count > 0").await?;
    ensure!(crashed == 0, "{crashed} jobs were taken for crashed");
    let outcome = Outcome::of(cycles * 2, verdict).recovered(drains);
    Ok(outcome.remark(format!(
        "answers {}; recovery is the time of draining",
        tally(&answers)
    )))
}

const fn is_fine(status: u16) -> bool {
    status < 300 || status == 503
}

fn addresses(stage: &Stage<'_>) -> Result<Vec<String>> {
    let addresses = stage.apis.iter().map(|api| api.address.clone());
    addresses.collect::<Option<_>>().context("servers have addresses")
}

/// The first SIGTERM lets jobs end, or gives them back when time is over; the second one ends at once.
pub(crate) async fn second_signal(ground: &Ground) -> Result<Outcome> {
    let plan = Plan::counting(1, 0)
        .with("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "1")
        .with("TOUCHSTONE__SERVER__SHUTDOWN_NOTICE_SECONDS", "0");
    let mut stage = Stage::open(ground, "drain", plan).await?;
    let cycles = ground.rounds(20).max(2);
    for cycle in 0..cycles {
        let round = format!("round{cycle}");
        effects::insert(&stage.sql, &round, 4, &json!({ "milliseconds": 2_900 })).await?;
        release(&mut stage, &round).await?;
        end_at_once(&mut stage, &round).await?;
        let last = stage.start(Role::Worker, &[]).await?;
        effects::ended(&stage.sql, &round, SOON).await?;
        let (code, _) = last.terminate(DRAIN).await?;
        ensure!(code == 0, "an idle worker ended with {code}");
    }
    stage.workers = vec![stage.start(Role::Worker, &[]).await?];
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    Ok(Outcome::of(cycles * 2, verdict)
        .remark("given back without using an attempt up; ended at once by the second signal"))
}

async fn release(stage: &mut Stage<'_>, round: &str) -> Result<()> {
    let worker = stage.start(Role::Worker, &[]).await?;
    running(stage, round).await?;
    let (code, _) = worker.terminate(DRAIN).await?;
    ensure!(code == 0, "a draining worker ended with {code}");
    let left = format!("jobs WHERE dedupe_key LIKE '{round}:%' AND state = 'ready' AND attempt = 0");
    let left = stage.sql.count(&left).await?;
    ensure!(left == 4, "{left} of 4 jobs were given back with their attempt");
    Ok(())
}

async fn end_at_once(stage: &mut Stage<'_>, round: &str) -> Result<()> {
    // A drain long enough that only the second signal can end it so soon.
    let long = [("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "30")];
    let worker = stage.start(Role::Worker, &long).await?;
    running(stage, round).await?;
    crate::signals::terminate(worker.process())?;
    // Two signals within a second are one wish.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let (code, took) = worker.terminate(DRAIN).await?;
    ensure!(
        code == 130 && took < Duration::from_secs(1),
        "ended with {code} after {took:?}"
    );
    Ok(())
}

async fn running(stage: &Stage<'_>, round: &str) -> Result<()> {
    until_true("the jobs to run", SOON, async || {
        Ok(effects::in_state(&stage.sql, round, "running").await? == 4)
    })
    .await
}
