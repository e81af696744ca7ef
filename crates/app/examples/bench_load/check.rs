//! After the load: everything that was acknowledged is there, once, and nothing is left to do.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::TryStreamExt as _;
use sea_orm::sqlx::postgres::PgPool;
use sea_orm::sqlx::{Row as _, query, query_scalar};
use serde_json::Value;
use uuid::Uuid;

use crate::paper::{Paper, fingerprint};
use crate::world::World;

const LEFT: &str = "SELECT count(*) FROM jobs WHERE created_at >= $1 AND subject_id IS NOT NULL
     AND state NOT IN ('completed', 'failed', 'cancelled')";

/// What was found.
#[derive(Default)]
pub(crate) struct Findings {
    /// Looked at.
    pub(crate) answers: u64,
    pub(crate) attempts: u64,
    pub(crate) submitted: u64,
    /// From the end of the load until no job was left.
    pub(crate) drained_after: Duration,
    /// What is wrong, by kind.
    pub(crate) wrong: Vec<(&'static str, i64)>,
}

impl Findings {
    /// Whether nothing is wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.iter().all(|(_, count)| *count == 0)
    }
}

/// Waits for the jobs, at most `limit`; gives how long it took and how many are left.
pub(crate) async fn drain(world: &World, limit: Duration) -> Result<(Duration, i64)> {
    let began = Instant::now();
    loop {
        let left: i64 = query_scalar(LEFT)
            .bind(world.began_at.as_micros())
            .fetch_one(&world.pool)
            .await?;
        if left == 0 || began.elapsed() > limit {
            return Ok((began.elapsed(), left));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Compares the users' books with the database.
pub(crate) async fn check<'a>(
    world: &World,
    papers: impl Iterator<Item = &'a Paper>,
    drained: (Duration, i64),
) -> Result<Findings> {
    let papers: HashMap<Uuid, &Paper> = papers.map(|paper| (paper.attempt, paper)).collect();
    let submitted = papers.values().filter(|paper| paper.submitted).count();
    let mut findings = Findings {
        attempts: papers.len() as u64,
        submitted: submitted as u64,
        drained_after: drained.0,
        ..Findings::default()
    };
    let lost = lost_answers(world, &papers, &mut findings).await?;
    findings.wrong = vec![
        ("jobs left behind", drained.1),
        ("acknowledged answers that are not there", lost),
        ("attempts that nobody was told of", unknown(world, &papers).await?),
        (
            "submitted attempts without a score",
            unscored(world, &papers).await?,
        ),
    ];
    for (what, text) in COUNTED {
        let count = query_scalar(text)
            .bind(world.began_at.as_micros())
            .fetch_one(&world.pool)
            .await
            .context(what)?;
        findings.wrong.push((what, count));
    }
    Ok(findings)
}

/// Each counts what must not be, of what began with the run.
const COUNTED: [(&str, &str); 5] = [
    (
        "jobs that failed",
        "SELECT count(*) FROM jobs WHERE created_at >= $1 AND state IN ('failed', 'cancelled')",
    ),
    (
        "attempts with two evaluations",
        "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE created_at >= $1 AND kind = 'evaluate_attempt'
            GROUP BY subject_id HAVING count(*) > 1) twice",
    ),
    (
        "items scored twice by one scorer",
        "SELECT count(*) FROM (SELECT 1 FROM score_records WHERE created_at >= $1
            GROUP BY attempt_id, item_version_id, scorer HAVING count(*) > 1) twice",
    ),
    (
        "scored attempts with items that do not count",
        "SELECT count(*) FROM attempts a WHERE a.opted_in_at >= $1 AND a.scoring = 'done'
            AND a.item_count <> (SELECT count(*) FROM resolutions r WHERE r.attempt_id = a.id)",
    ),
    (
        "attempts submitted twice, by the audit log",
        "SELECT count(*) FROM (SELECT 1 FROM audit_log WHERE created_at >= $1 AND action = 'attempts.submitted'
            GROUP BY resource_id HAVING count(*) > 1) twice",
    ),
];

async fn lost_answers(world: &World, papers: &HashMap<Uuid, &Paper>, findings: &mut Findings) -> Result<i64> {
    let mut stored: HashMap<(Uuid, Uuid), u64> = HashMap::new();
    let mut rows = query(
        "SELECT r.attempt_id, v.item_id, r.answer FROM responses r JOIN item_versions v ON v.id = r.item_version_id
         WHERE r.saved_at >= $1",
    )
    .bind(world.began_at.as_micros())
    .fetch(&world.pool);
    while let Some(row) = rows.try_next().await? {
        let answer: Value = serde_json::from_str(row.try_get("answer")?)?;
        let key = (row.try_get("attempt_id")?, row.try_get("item_id")?);
        stored.insert(key, fingerprint(&answer));
    }
    let mut lost = 0;
    for paper in papers.values() {
        for question in &paper.questions {
            let Some(acknowledged) = question.acknowledged else {
                continue;
            };
            findings.answers += 1;
            let found = stored.get(&(paper.attempt, question.id));
            let right =
                found.is_some_and(|found| *found == acknowledged || question.uncertain.contains(found));
            lost += i64::from(!right);
        }
    }
    Ok(lost)
}

/// A start whose answer was lost is resumed by the next one, so that every attempt is in the book of somebody.
async fn unknown(world: &World, papers: &HashMap<Uuid, &Paper>) -> Result<i64> {
    let ids = ids(
        &world.pool,
        "SELECT id FROM attempts WHERE opted_in_at >= $1",
        world,
    )
    .await?;
    let unknown = ids.iter().filter(|id| !papers.contains_key(id)).count();
    Ok(i64::try_from(unknown)?)
}

async fn unscored(world: &World, papers: &HashMap<Uuid, &Paper>) -> Result<i64> {
    let scored =
        "SELECT id FROM attempts WHERE opted_in_at >= $1 AND state = 'completed' AND scoring = 'done'";
    let scored = ids(&world.pool, scored, world).await?;
    let submitted = papers.values().filter(|paper| paper.submitted);
    let unscored = submitted.filter(|paper| !scored.contains(&paper.attempt)).count();
    Ok(i64::try_from(unscored)?)
}

async fn ids(pool: &PgPool, text: &'static str, world: &World) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = query_scalar(text)
        .bind(world.began_at.as_micros())
        .fetch_all(pool)
        .await?;
    Ok(ids.into_iter().collect())
}
