//! The real program, killed without warning while it scores.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use domain::attempts::{ResultItem, Viewer};
use domain::audit::Actor;
use domain::authoring::{CreateTrack, NewTrack, Settings, Skill};
use domain::ids::AttemptId;
use jobs::views::{JobStatus, JobView};
use serde_json::Value;
use testkit::TestDatabase;
use testkit::builders::{self, every_kind, publish_sample};
use uuid::Uuid;

use super::support::process::{Candidate, Server, running_jobs, wait_for};

const JOINS: &str = "sql-joins";

testkit::both_databases!(
    a_killed_server_loses_no_answer_and_scores_nothing_twice,
    a_killed_search_of_the_catalogue_is_made_again_and_kept_once,
);

async fn a_killed_server_loses_no_answer_and_scores_nothing_twice(database: TestDatabase) {
    scoring(&database).await.unwrap();
}

async fn a_killed_search_of_the_catalogue_is_made_again_and_kept_once(database: TestDatabase) {
    searching(&database).await.unwrap();
}

async fn scoring(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let directory = tempfile::tempdir()?;
    let held = start(database, directory.path(), "score_text.work").await?;
    let client = Candidate::register(&held).await?;
    let (attempt, sent) = client.take(&published).await?;

    let running = wait_for("a scoring job to run", || {
        running_jobs(database, attempt, "score_text")
    })
    .await?;
    held.kill().await?;
    ensure!(
        kept_answers(database, attempt).await? == sent,
        "an acknowledged answer is missing or different"
    );

    let restarted = start(database, directory.path(), "").await?;
    wait_for("the attempt to be scored", || scored(database, attempt)).await?;
    for before in &running {
        made_again(database, before).await?;
    }
    let records = database
        .count(&format!(
            "score_records WHERE attempt_id = {}",
            literal(database, attempt)
        ))
        .await?;
    ensure!(
        usize::try_from(records)? == published.items().count(),
        "{records} records for {} items",
        sent.len()
    );
    restarted.kill().await
}

async fn searching(database: &TestDatabase) -> Result<()> {
    publish_joins(database).await?;
    let directory = tempfile::tempdir()?;
    let held = start(database, directory.path(), "recommend.work").await?;
    let attempt = Candidate::register(&held).await?.submit_track("data").await?;
    let looks = || running_jobs(database, attempt, "recommend");
    let running = wait_for("the search to run", looks).await?;
    held.kill().await?;
    ensure!(
        scored(database, attempt).await?.is_none() && database.count("recommendations").await? == 0,
        "nothing has been looked for"
    );

    let restarted = start(database, directory.path(), "").await?;
    wait_for("the attempt to be scored", || scored(database, attempt)).await?;
    for before in &running {
        made_again(database, before).await?;
    }
    for table in ["recommendations", "recommendation_items"] {
        let rows = database.count(table).await?;
        ensure!(rows == 1, "{rows} {table}");
    }
    restarted.kill().await
}

/// A track that is about one skill, and a course that teaches it.
async fn publish_joins(database: &TestDatabase) -> Result<()> {
    let mut items = every_kind();
    for item in &mut items {
        item.skills = vec![JOINS.to_owned()];
    }
    let create = CreateTrack {
        admin: builders::admin(database).await?,
        track: NewTrack {
            slug: "data".to_owned(),
            title: "Data".to_owned(),
            description: String::new(),
            skills: vec![Skill {
                skill: JOINS.to_owned(),
                name: "SQL joins".to_owned(),
                target_level: 80.0,
            }],
            settings: Settings::default(),
            items,
        },
    };
    let ctx = builders::ctx(database, Actor::System);
    database.store.run(&create, &ctx).await?;
    builders::credential(database, builders::credential_content("Joining tables", &[JOINS])).await?;
    Ok(())
}

/// That a job which ran when its process was killed was claimed once more, and ended so.
async fn made_again(database: &TestDatabase, before: &JobView) -> Result<()> {
    let after = database
        .store
        .job_view(before.id)
        .await?
        .context("the job is there")?;
    let fence = |view: &JobView| view.attempts.last().map(|claim| claim.fence);
    ensure!(
        after.status == JobStatus::Completed,
        "{} ended as {:?}",
        after.kind,
        after.status
    );
    ensure!(
        fence(&after) > fence(before),
        "it finished at the fence it was killed at"
    );
    ensure!(
        after.attempts.len() > before.attempts.len(),
        "the second claim has no row of its own"
    );
    ensure!(
        after.attempts[0].outcome == "lost",
        "the first claim reads {}",
        after.attempts[0].outcome
    );
    Ok(())
}

/// A server whose leases end soon after it.
async fn start(database: &TestDatabase, data: &Path, failpoints: &str) -> Result<Server> {
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE__JOBS__LEASE_SECONDS", "2"),
        ("TOUCHSTONE__JOBS__BEAT_SECONDS", "1"),
        ("TOUCHSTONE_FAILPOINTS", failpoints),
    ];
    Server::start(data, &settings).await
}

async fn kept_answers(database: &TestDatabase, attempt: AttemptId) -> Result<BTreeMap<Uuid, Value>> {
    let result = database
        .store
        .attempt_result(attempt, Viewer::Admin)
        .await?
        .context("the attempt is there")?;
    let answer = |item: &ResultItem| Some((item.item.item_id.0, item.response.as_ref()?.answer.clone()));
    Ok(result.items.iter().filter_map(answer).collect())
}

async fn scored(database: &TestDatabase, attempt: AttemptId) -> Result<Option<()>> {
    let status = database
        .store
        .attempt_status(attempt, Viewer::Admin)
        .await?
        .context("the attempt is there")?;
    Ok(status.attempt.scored_at.map(|_| ()))
}

/// An id as the database writes it in a statement.
fn literal(database: &TestDatabase, attempt: AttemptId) -> String {
    if database.url.starts_with("sqlite") {
        format!("x'{}'", attempt.0.simple())
    } else {
        format!("'{attempt}'")
    }
}
