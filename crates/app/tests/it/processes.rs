//! Several real processes over one PostgreSQL and one Redis, and how one of them leaves.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use domain::attempts::Viewer;
use domain::authoring::Settings;
use domain::ids::AttemptId;
use jobs::views::JobStatus;
use serde_json::Value;
use testkit::builders::publish_sample;
use testkit::redis::{key_prefix, shared_url};
use testkit::{Backend, TestDatabase};
use tokio::process::{Child, Command};

use super::support::http_client;
use super::support::process::{Candidate, LIMIT, Server, program, wait_for};

async fn api(data: &Path, settings: &[(&str, &str)]) -> Result<Server> {
    let alone = [("TOUCHSTONE__JOBS__IN_PROCESS", "false")];
    Server::start(data, &[settings, &alone[..]].concat()).await
}

fn worker(data: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Result<Child> {
    let mut command = program(data, &[&["worker"][..], arguments].concat());
    command.env("TOUCHSTONE_DATA_DIR", data);
    command.envs(settings.iter().copied());
    Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

async fn signal(id: u32, name: &str) -> Result<()> {
    let sent = Command::new("kill").args([name, &id.to_string()]).status();
    ensure!(sent.await?.success(), "no signal was sent");
    Ok(())
}

async fn is_scored(database: &TestDatabase, attempt: AttemptId) -> Result<Option<()>> {
    let status = database.store.attempt_status(attempt, Viewer::Admin).await?;
    let status = status.context("the attempt is there")?;
    Ok(status.attempt.scored_at.map(|_| ()))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apis_and_two_workers_take_a_sitting_in_turns() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    take_in_turns(&database).await.unwrap();
}

async fn take_in_turns(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let directory = tempfile::tempdir()?;
    let (redis, prefix) = (shared_url()?, key_prefix());
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE_REDIS_URL", redis.as_str()),
        ("TOUCHSTONE__REDIS__PREFIX", prefix.as_str()),
    ];
    let one = api(directory.path(), &settings).await?;
    let other = api(directory.path(), &settings).await?;
    // What starts the scoring, and what scores texts: neither can do it alone.
    let mut workers = [
        worker(
            directory.path(),
            &settings,
            &["--queues", "static,coding,maintenance"],
        )?,
        worker(
            directory.path(),
            &settings,
            &["--queues", "llm", "--concurrency", "llm=2"],
        )?,
    ];
    let here = Candidate::register(&one).await?;
    let there = here.moved_to(&other);
    let (attempt, _) = here.answer_all(&published).await?;
    let submitted = there.complete_once(attempt, "the-end").await?;
    ensure!(submitted == (202, false), "{submitted:?}");
    // The other one knows of it.
    let replayed = here.complete_once(attempt, "the-end").await?;
    ensure!(replayed == (202, true), "{replayed:?}");
    wait_for("the attempt to be scored", || is_scored(database, attempt)).await?;
    for job in database.store.jobs_for_subject(attempt.0).await? {
        ensure!(
            job.status == JobStatus::Completed,
            "{} ended as {:?}",
            job.kind,
            job.status
        );
    }
    let both = database.count("worker_processes").await?;
    ensure!(both == 2, "{both} processes worked");
    for worker in &mut workers {
        signal(worker.id().context("the worker runs")?, "-TERM").await?;
        let ended = tokio::time::timeout(LIMIT, worker.wait()).await??;
        ensure!(ended.success(), "a worker ended with {ended}");
    }
    ensure!(one.terminate().await?.status.success() && other.terminate().await?.status.success());
    Ok(())
}

#[tokio::test]
async fn a_worker_is_told_which_queues_there_are() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, code, words) in [
        (["--queues", "lmm"], 2, "static, llm, coding"),
        (["--concurrency", "llm=0"], 2, "1 to 1000"),
    ] {
        let mut command = program(
            directory.path(),
            &[&["worker"][..], arguments.as_slice()].concat(),
        );
        let ended = command
            .env("TOUCHSTONE_DATA_DIR", directory.path())
            .output()
            .await
            .unwrap();
        let complained = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{complained}");
        assert!(complained.contains(words), "{complained}");
    }
    let mut command = program(directory.path(), &["worker", "--queues", "llm"]);
    command.env("TOUCHSTONE_DATA_DIR", directory.path());
    command.env("TOUCHSTONE__JOBS__CONCURRENCY__LLM", "0");
    let ended = command.output().await.unwrap();
    let complained = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{complained}");
    assert!(complained.contains("--concurrency llm=4"), "{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_says_so_before_it_stops_listening() {
    leave().await.unwrap();
}

async fn leave() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let settings = [
        ("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "120"),
        ("TOUCHSTONE__SERVER__SHUTDOWN_NOTICE_SECONDS", "100"),
    ];
    let server = Server::start(directory.path(), &settings).await?;
    let id = server.id().context("the server runs")?;
    let http = http_client();
    let address = format!("{}/readyz", server.base.replace("/api/v1", ""));
    let says = |wanted: (u16, &'static str)| {
        let asked = http.get(&address).send();
        async move {
            let reply = asked.await?;
            let status = reply.status().as_u16();
            let body: Value = reply.json().await?;
            let said = (status, body["status"].as_str().unwrap_or_default());
            Ok::<_, anyhow::Error>((said == wanted).then_some(()))
        }
    };
    wait_for("the server to be ready", || says((200, "ok"))).await?;
    signal(id, "-TERM").await?;
    let first = Instant::now();
    wait_for("the server to say that it leaves", || says((503, "stopping"))).await?;
    // Whoever does not know yet is served, also over a new connection; none is left for a request that comes too late.
    Candidate::register(&server).await?;
    let reply = http.get(&address).send().await?;
    assert_eq!(reply.headers()["connection"], "close");
    // A signal within a second of the first one is taken for the same wish.
    tokio::time::sleep(Duration::from_millis(1_100).saturating_sub(first.elapsed())).await;
    let stopped = server.terminate().await?;
    ensure!(
        stopped.status.code() == Some(130),
        "it ended with {}",
        stopped.status
    );
    Ok(())
}
