//! Rows 45 to 47: many at the same moment, and keys that are used again.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::books::Books;
use crate::candidate::{Candidate, Doors, Reply, id_of};
use crate::checker::check;
use crate::load::people;
use crate::outcome::Outcome;
use crate::stage::{Ground, Plan, Stage};

const RACERS: usize = 50;
const SLUG: &str = "backend-engineer";

/// Row 45: over two servers. One start, one submission, one set of jobs.
pub(crate) async fn one_attempt(ground: &Ground) -> Result<Outcome> {
    let (stage, candidates) = scene(ground, "submits").await?;
    let cycles = ground.rounds(200);
    for round in 0..cycles {
        let candidate = &candidates[round as usize % candidates.len()];
        let started = race(
            candidate,
            "/assessments/start",
            &json!({ "role_slug": SLUG }),
            None,
        )
        .await?;
        let counted = statuses(&started, &[200, 201, 409])?;
        ensure!(counted.get(&201) == Some(&1), "starts: {counted:?}");
        let id = one_id(&started)?;
        let submitted = race(candidate, &format!("/assessments/{id}/submit"), &json!({}), None).await?;
        let counted = statuses(&submitted, &[202, 409])?;
        ensure!(counted.get(&202) == Some(&1), "submissions: {counted:?}");
        candidate.doors().books.acknowledge();
        candidate.doors().books.acknowledge();
    }
    let verdict = check(&stage, Some(&candidates[0].doors().books)).await?;
    let attempts = stage.sql.count("attempts").await?;
    ensure!(
        attempts == i64::from(cycles),
        "{attempts} attempts after {cycles} rounds"
    );
    Ok(Outcome::of(cycles, verdict).remark(format!("{RACERS} clients over 2 servers")))
}

/// Row 46: everybody gets the one reply, or is told to wait.
pub(crate) async fn one_key(ground: &Ground) -> Result<Outcome> {
    let (stage, candidates) = scene(ground, "one-key").await?;
    let cycles = ground.rounds(200);
    for round in 0..cycles {
        let candidate = &candidates[round as usize % candidates.len()];
        let (first, second) = (format!("start-{round}"), format!("submit-{round}"));
        let body = json!({ "role_slug": SLUG });
        let started = race(candidate, "/assessments/start", &body, Some(&first)).await?;
        executed_once(&started, 201)?;
        let id = one_id(&started)?;
        let path = format!("/assessments/{id}/submit");
        let submitted = race(candidate, &path, &json!({}), Some(&second)).await?;
        executed_once(&submitted, 202)?;
        candidate.doors().books.acknowledge();
        candidate.doors().books.acknowledge();
    }
    let verdict = check(&stage, Some(&candidates[0].doors().books)).await?;
    let keys = stage.sql.count("idempotency_keys").await?;
    ensure!(keys == i64::from(cycles) * 2, "{keys} keys after {cycles} rounds");
    Ok(Outcome::of(cycles, verdict).remark(format!("{RACERS} clients over 2 servers")))
}

/// Row 47: another body is refused, another user or route is another request.
pub(crate) async fn key_reused(ground: &Ground) -> Result<Outcome> {
    let (stage, candidates) = scene(ground, "other-body").await?;
    let [one, other] = &candidates[..2] else {
        anyhow::bail!("two candidates");
    };
    let cycles = ground.rounds(50);
    for round in 0..cycles {
        let key = format!("key-{round}");
        let body = json!({ "role_slug": SLUG });
        let first = once(one, "/assessments/start", &body, &key).await?;
        let changed = json!({ "role_slug": SLUG, "metadata": { "client": "other" } });
        let refused = once(one, "/assessments/start", &changed, &key).await?;
        let elsewhere = once(other, "/assessments/start", &body, &key).await?;
        let found = [first.status, refused.status, elsewhere.status];
        ensure!(
            found == [201, 422, 201],
            "first, other body, other user: {found:?}"
        );
        let (own, foreign) = (
            id_of(&first.body["assessment_id"])?,
            id_of(&elsewhere.body["assessment_id"])?,
        );
        ensure!(own != foreign, "another user was given the reply");
        for (candidate, id) in [(one, own), (other, foreign)] {
            let submitted = once(candidate, &format!("/assessments/{id}/submit"), &json!({}), &key).await?;
            ensure!(
                (submitted.status, submitted.replayed) == (202, false),
                "another route was answered {}",
                submitted.status
            );
            candidate.doors().books.acknowledge();
        }
    }
    let verdict = check(&stage, Some(&one.doors().books)).await?;
    Ok(Outcome::of(cycles, verdict))
}

async fn scene<'ground>(ground: &'ground Ground, name: &str) -> Result<(Stage<'ground>, Vec<Candidate>)> {
    let stage = Stage::open(ground, name, Plan::counting(2, 1)).await?;
    let (_, doors) = Doors::open(stage.doors()?, Arc::new(Books::default()))?;
    let candidates = people(&doors, 10, &ground.chance(name)).await?;
    Ok((stage, candidates))
}

async fn once(candidate: &Candidate, path: &str, body: &Value, key: &str) -> Result<Reply> {
    let mut request = candidate.request(Method::POST, path.to_owned(), Some(body.clone()));
    request.key = Some(key.to_owned());
    candidate.doors().insist(&request).await
}

/// The same request from everybody at once.
async fn race(candidate: &Candidate, path: &str, body: &Value, key: Option<&str>) -> Result<Vec<Reply>> {
    let barrier = Arc::new(Barrier::new(RACERS));
    let racers = (0..RACERS).map(|_| {
        let (candidate, barrier) = (candidate.clone(), Arc::clone(&barrier));
        let (path, body, key) = (path.to_owned(), body.clone(), key.map(str::to_owned));
        tokio::spawn(async move {
            let mut request = candidate.request(Method::POST, path, Some(body));
            request.key = key;
            barrier.wait().await;
            candidate.doors().once(&request).await
        })
    });
    let mut replies = Vec::new();
    for reply in join_all(racers).await {
        replies.push(reply?.context("every request is answered")?);
    }
    Ok(replies)
}

/// How often each status came; others than these are an error.
fn statuses(replies: &[Reply], allowed: &[u16]) -> Result<BTreeMap<u16, usize>> {
    let mut counted = BTreeMap::new();
    for reply in replies {
        ensure!(
            allowed.contains(&reply.status),
            "{}: {}",
            reply.status,
            reply.body
        );
        *counted.entry(reply.status).or_default() += 1;
    }
    Ok(counted)
}

/// One was executed and the others were replayed or told to wait.
fn executed_once(replies: &[Reply], status: u16) -> Result<()> {
    let counted = statuses(replies, &[status, 409])?;
    let fresh = replies
        .iter()
        .filter(|reply| reply.status == status && !reply.replayed);
    ensure!(fresh.count() == 1, "executed other than once: {counted:?}");
    let mut bodies = replies
        .iter()
        .filter(|reply| reply.status == status)
        .map(|reply| &reply.body);
    let first = bodies.next();
    ensure!(bodies.all(|body| Some(body) == first), "the replies differ");
    Ok(())
}

fn one_id(replies: &[Reply]) -> Result<uuid::Uuid> {
    let mut ids = replies
        .iter()
        .filter(|reply| reply.status < 300)
        .map(|reply| id_of(&reply.body["assessment_id"]));
    let first = ids.next().context("somebody started")??;
    for id in ids {
        ensure!(id? == first, "two attempts were shown");
    }
    Ok(first)
}
