//! `touchstone jobs` as an operator runs it: beside a service that runs, and without one.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use domain::authoring::Settings;
use jobs::views::JobStatus;
use serde_json::Value;
use testkit::builders::publish_sample;
use testkit::{Backend, TestDatabase};

use crate::support::process::{Candidate, Server, program, running_jobs, wait_for};

/// The command over the database of the test; exit code, standard output and standard error.
async fn jobs(
    data: &Path,
    database: &TestDatabase,
    arguments: &[&str],
) -> Result<(Option<i32>, String, String)> {
    let arguments = [&["jobs"], arguments].concat();
    let mut command = program(data, &arguments);
    let ended = command
        .env("TOUCHSTONE_DATA_DIR", data)
        .env("TOUCHSTONE_DATABASE_URL", &database.url)
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = ended.await?;
    Ok((
        status.code(),
        String::from_utf8(stdout)?,
        String::from_utf8(stderr)?,
    ))
}

async fn json(data: &Path, database: &TestDatabase, arguments: &[&str]) -> Result<Value> {
    let (code, printed, complained) = jobs(data, database, &[arguments, &["--json"]].concat()).await?;
    ensure!(code == Some(0), "{arguments:?}: {complained}");
    Ok(serde_json::from_str(&printed)?)
}

on_both_databases!(an_operator_finds_and_ends_what_is_stuck);

async fn an_operator_finds_and_ends_what_is_stuck(backend: Backend) {
    let database = TestDatabase::new(backend).await.unwrap();
    check(&database).await.unwrap();
}

async fn check(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let data = tempfile::tempdir()?;
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "1"),
        ("TOUCHSTONE_FAILPOINTS", "score_text.work"),
    ];
    let held = Server::start(data.path(), &settings).await?;
    let (attempt, _) = Candidate::register(&held).await?.take(&published).await?;
    let stuck = wait_for("a scoring job to run", || {
        running_jobs(database, attempt, "score_text")
    })
    .await?;
    let overview = json(data.path(), database, &["overview"]).await?;
    ensure!(overview["processes"][0]["healthy"] == true, "{overview}");
    let (code, table, _) = jobs(data.path(), database, &["list", "--status", "in_progress"]).await?;
    ensure!(code == Some(0), "{table}");
    for job in &stuck {
        let id = job.id.to_string();
        ensure!(table.contains(&id), "{id} is not in {table}");
        let cancelled = json(data.path(), database, &["cancel", &id]).await?;
        ensure!(cancelled["was_running"] == true, "{cancelled}");
    }
    let (code, _, complained) = jobs(data.path(), database, &["cancel", &stuck[0].id.to_string()]).await?;
    ensure!(
        code == Some(1) && complained.contains("cancelled already"),
        "{complained}"
    );
    held.terminate().await?;
    check_without_a_service(data.path(), database, &stuck[0].id.to_string()).await
}

/// A job of the class that is retried is queued, and stays so while its queue is paused.
async fn check_without_a_service(data: &Path, database: &TestDatabase, id: &str) -> Result<()> {
    let shown = json(data, database, &["show", id]).await?;
    ensure!(
        shown["status"] == "cancelled" && shown["history"][0]["outcome"] == "cancelled",
        "{shown}"
    );
    let queue = shown["queue"].as_str().context("a job has a queue")?;
    let paused = json(data, database, &["pause", queue, "--reason", "the disk is full"]).await?;
    ensure!(paused["changed"] == true, "{paused}");
    let requeued = json(data, database, &["requeue", id]).await?;
    ensure!(requeued["requeued"] == 1, "{requeued}");
    let view = database.store.job_view(domain::job::JobId(id.parse()?)).await?;
    ensure!(
        view.is_some_and(|job| job.status == JobStatus::Queued),
        "it is queued"
    );
    let (code, _, complained) = jobs(data, database, &["retry", id]).await?;
    ensure!(
        code == Some(1) && complained.contains("the job is queued"),
        "{complained}"
    );
    let (_, table, _) = jobs(data, database, &["overview"]).await?;
    ensure!(table.contains("the disk is full"), "{table}");
    let resumed = json(data, database, &["resume", queue]).await?;
    ensure!(resumed["changed"] == true, "{resumed}");
    let (code, _, complained) = jobs(data, database, &["requeue"]).await?;
    ensure!(
        code == Some(2),
        "without a choice nothing is put back: {complained}"
    );
    let (code, printed, _) = jobs(data, database, &["requeue", "--all"]).await?;
    ensure!(
        code == Some(0) && printed.contains("0 back in their queues"),
        "{printed}"
    );
    let (_, printed, _) = jobs(data, database, &["dead-letters"]).await?;
    ensure!(printed.trim_end().ends_with("0 of 0"), "{printed}");
    Ok(())
}
