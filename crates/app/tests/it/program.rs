//! The real program as people start it: the demonstration, the first start, the stop.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use domain::authoring::Settings;
use jobs::views::JobStatus;
use serde_json::json;
use tempfile::TempDir;
use testkit::builders::publish_sample;
use testkit::{Backend, TestDatabase};

use super::support::process::{Candidate, LIMIT, Server, is_profile, program, running_jobs, wait_for};
use super::support::{SYLLABUS, http_client};

/// What the shipped PDF was made from.
const SYLLABUS_TEXT: &[u8] = include_bytes!("../../assets/demo/syllabus.md");

/// `touchstone demo --exit` in an empty directory, which has to stay empty.
async fn demo(syllabus: Option<&Path>) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path(), &["demo", "--exit"]);
    command.env("TOUCHSTONE_DATA_DIR", directory.path().join("data"));
    if let Some(syllabus) = syllabus {
        command.args([OsStr::new("--syllabus"), syllabus.as_os_str()]);
    }
    let ended = tokio::time::timeout(LIMIT, command.output()).await;
    let left = std::fs::read_dir(directory.path()).unwrap();
    let left: Vec<PathBuf> = left
        .map(|entry| entry.unwrap().path())
        .filter(|path| !is_profile(path))
        .collect();
    assert!(
        left.is_empty(),
        "the demonstration left files where it was started: {left:?}"
    );
    ended.unwrap().unwrap()
}

fn file(directory: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn assert_promises_reached(ended: &Output) {
    let printed = String::from_utf8_lossy(&ended.stdout);
    let complained = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{complained}");
    for promise in ["strong script", "weak script", "blank script"] {
        let line = printed.lines().find(|line| line.contains(promise));
        assert!(
            line.is_some_and(|line| line.contains("reached")),
            "{promise}: {printed}"
        );
    }
    assert!(!printed.contains("not reached"), "{printed}");
}

#[tokio::test]
async fn the_demonstration_reaches_its_promises_and_leaves_nothing() {
    assert_promises_reached(&demo(None).await);
}

#[tokio::test]
async fn the_demonstration_takes_a_text_file() {
    let directory = tempfile::tempdir().unwrap();
    let text = file(&directory, "syllabus.txt", SYLLABUS_TEXT);
    assert_promises_reached(&demo(Some(&text)).await);
}

#[tokio::test]
async fn the_demonstration_says_in_one_line_why_a_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00word/document.xml".as_slice();
    let half = &SYLLABUS[..SYLLABUS.len() / 2];
    let cases = [
        ("renamed.pdf", zip, "SYLLABUS_UNSUPPORTED", "zip archive"),
        ("empty.pdf", &[], "SYLLABUS_EMPTY", "empty: choose a file"),
        ("half.pdf", half, "SYLLABUS_MALFORMED", "damaged"),
    ];
    for (name, bytes, code, words) in cases {
        let refused = demo(Some(&file(&directory, name, bytes))).await;
        let complained = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{name}: {complained}");
        let lines: Vec<&str> = complained
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        assert_eq!(lines.len(), 1, "{name}: {complained}");
        assert!(
            lines[0].contains(name) && lines[0].contains(code) && lines[0].contains(words),
            "{complained}"
        );
    }
}

#[tokio::test]
async fn only_the_first_start_tells_the_password_of_the_administrator() {
    check_first_start().await.unwrap();
}

async fn check_first_start() -> Result<()> {
    let data = tempfile::tempdir()?;
    let first = Server::start(data.path(), &[]).await?;
    let told: Vec<&String> = first
        .printed()
        .iter()
        .filter(|line| line.contains("password"))
        .collect();
    ensure!(told.len() == 1, "told {} times", told.len());
    let words: Vec<&str> = told[0].split(' ').collect();
    let ["administrator", email, "with", "password", password, ..] = words[..] else {
        anyhow::bail!("the account is told in another way: {}", told[0]);
    };
    let (email, password) = (email.to_owned(), password.to_owned());
    let status = http_client()
        .post(format!("{}/auth/login", first.base))
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await?
        .status();
    ensure!(status == 200, "signing in answered {status}");
    let stopped = first.terminate().await?;
    ensure!(stopped.status.success(), "it ended with {}", stopped.status);
    ensure!(
        stopped.printed.matches(&password).count() == 1 && !stopped.logged.contains(&password),
        "the password stands in more than one place"
    );

    let stopped = Server::start(data.path(), &[]).await?.terminate().await?;
    ensure!(stopped.status.success(), "it ended with {}", stopped.status);
    ensure!(!stopped.printed.contains("password"), "{}", stopped.printed);
    ensure!(
        !stopped.printed.contains(&password) && !stopped.logged.contains(&password),
        "a second start knows the password"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_gives_back_the_jobs_it_could_not_end() {
    let database = TestDatabase::new(Backend::Sqlite).await.unwrap();
    check_stop(&database).await.unwrap();
}

async fn check_stop(database: &TestDatabase) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let data = tempfile::tempdir()?;
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE__SERVER__SHUTDOWN_SECONDS", "1"),
        ("TOUCHSTONE_FAILPOINTS", "score_text.work"),
    ];
    let held = Server::start(data.path(), &settings).await?;
    let (attempt, _) = Candidate::register(&held).await?.take(&published).await?;
    let running = wait_for("a scoring job to run", || {
        running_jobs(database, attempt, "score_text")
    })
    .await?;
    let stopped = held.terminate().await?;
    ensure!(
        stopped.status.success(),
        "it ended with {}: {}",
        stopped.status,
        stopped.logged
    );
    for before in &running {
        ensure!(before.attempt == 1, "the claim counts as a try while it runs");
        let after = database
            .store
            .job_view(before.id)
            .await?
            .context("the job is there")?;
        let outcomes: Vec<&str> = after
            .attempts
            .iter()
            .map(|claim| claim.outcome.as_str())
            .collect();
        ensure!(
            after.status == JobStatus::Queued && after.attempt == 0 && outcomes == ["released"],
            "{} is {:?} at try {} after {outcomes:?}",
            after.kind,
            after.status,
            after.attempt
        );
    }
    Ok(())
}
