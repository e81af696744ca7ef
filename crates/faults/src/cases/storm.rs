//! Rows 49 and 62: conflicts in heaps, and a queue that is very long.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::database::rate;
use crate::books::{Books, tally};
use crate::candidate::{Candidate, Doors, Sitting};
use crate::checker::{check, no_dead_letters};
use crate::effects;
use crate::load::people;
use crate::node::Role;
use crate::outcome::{Outcome, percentile};
use crate::stage::{Ground, Plan, Stage};

const CLIENTS: usize = 64;
const SESSIONS: usize = 10;

/// Row 49: conflicts are tried again inside; nobody sees a 500.
pub(crate) async fn serializable(ground: &Ground) -> Result<Outcome> {
    // Buckets of rate limits are not what is to be fought for here.
    let plan = Plan::counting(0, 0)
        .real_leases()
        .with("TOUCHSTONE__RATE_LIMITS__SHARED", "memory");
    let mut stage = Stage::open(ground, "serializable", plan).await?;
    let database = stage.database.clone();
    let strict = format!("ALTER DATABASE {database} SET default_transaction_isolation = 'serializable'");
    stage.sql.execute(&strict).await?;
    for role in [Role::Api, Role::Api, Role::Worker, Role::Worker] {
        let node = stage.start(role, &[]).await?;
        match role {
            Role::Worker => stage.workers.push(node),
            _ => stage.apis.push(node),
        }
    }
    let books = Arc::new(Books::default());
    let (_, doors) = Doors::open(stage.doors()?, Arc::clone(&books))?;
    let candidates = people(&doors, SESSIONS, &ground.chance("serializable")).await?;
    let rounds = ground.form(30, 2);
    let begun = Instant::now();
    for _ in 0..rounds {
        join_all(
            candidates
                .iter()
                .enumerate()
                .map(|(index, candidate)| session(candidate.clone(), index)),
        )
        .await
        .into_iter()
        .collect::<Result<Vec<()>>>()?;
    }
    let answers = books.since(begun);
    let allowed = |status: u16| status < 300 || matches!(status, 409 | 503);
    let wrong = answers
        .iter()
        .filter(|answered| answered.status.is_some_and(|status| !allowed(status)))
        .count();
    ensure!(wrong == 0, "{wrong} wrong answers: {}", tally(&answers));
    let verdict = check(&stage, Some(&books)).await?;
    no_dead_letters(&stage).await?;
    Ok(Outcome::of(rounds, verdict).remark(tally(&answers)))
}

/// One attempt with its share of the clients: all of them save and look, each submits at the end.
async fn session(mut candidate: Candidate, index: usize) -> Result<()> {
    let clients = CLIENTS / SESSIONS + usize::from(index < CLIENTS % SESSIONS);
    let mut sitting = candidate.start_anew().await?;
    let sharing = (0..clients).map(|_| share(candidate.clone(), &sitting));
    for shared in join_all(sharing).await {
        shared?;
    }
    sitting.attempt.submitted = true;
    candidate.doors().books.close(sitting.attempt);
    Ok(())
}

async fn share(mut candidate: Candidate, sitting: &Sitting) -> Result<()> {
    let (mut own, doors) = (sitting.again(), candidate.doors().clone());
    for _ in 0..4 {
        let save = candidate.saving(&mut own);
        doors.insist(&save).await?;
        let path = format!("/assessments/{}/status", own.attempt.id);
        candidate
            .doors()
            .insist(&candidate.request(Method::GET, path, None))
            .await?;
    }
    let path = format!("/assessments/{}/submit", own.attempt.id);
    candidate
        .doors()
        .insist(&candidate.request(Method::POST, path, Some(json!({}))))
        .await?;
    Ok(())
}

/// Row 62: claims from a queue of a million are as quick as from an empty one.
pub(crate) async fn backlog(ground: &Ground) -> Result<Outcome> {
    let stage = Stage::open(ground, "backlog", Plan::counting(1, 2)).await?;
    rate(&stage, "warm").await?;
    let mut rates = Vec::new();
    for round in 0..5 {
        rates.push(rate(&stage, &format!("empty{round}")).await?);
    }
    let empty = percentile(&rates, 0.5).unwrap_or(f64::NAN);
    let queued: u32 = ground.form(1_000_000, 100_000);
    effects::insert(&stage.sql, "backlog", queued, &json!({})).await?;
    // Unwritten pages and rows nobody has looked at are what the insert cost, not what a long queue costs.
    stage.sql.execute("VACUUM (ANALYZE) jobs").await?;
    stage.sql.execute("CHECKPOINT").await?;
    let begun = Instant::now();
    let before = effects::in_state(&stage.sql, "backlog", "completed").await?;
    tokio::time::sleep(ground.form(Duration::from_mins(1), Duration::from_secs(10))).await;
    let took = begun.elapsed();
    let after = effects::in_state(&stage.sql, "backlog", "completed").await?;
    let long = f64::from(u32::try_from(after - before)?) / took.as_secs_f64();
    let now = effects::micros();
    stage
        .sql
        .execute(&format!(
            "UPDATE jobs SET state = 'cancelled', finished_at = {now}
             WHERE kind = 'faults_effect' AND dedupe_key LIKE 'backlog:%' AND state = 'ready'"
        ))
        .await?;
    let verdict = check(&stage, None).await?;
    no_dead_letters(&stage).await?;
    let remark = format!(
        "{queued} queued: {long:.0} jobs/s, {empty:.0} jobs/s with an empty queue ({:.0} %)",
        long / empty * 100.0
    );
    Ok(Outcome::of(1, verdict).remark(remark))
}
