//! The real program, killed just before and just after a commit (rows 5 and 6 of the faults): what was not acknowledged may be
//! sent again with its key, and happens once.

use std::path::Path;

use anyhow::{Result, ensure};
use domain::authoring::Settings;
use domain::ids::AttemptId;
use testkit::TestDatabase;
use testkit::builders::publish_sample;

use super::support::process::{Candidate, Server, wait_for};

testkit::both_databases!(
    killed_before_the_commit_nothing_has_happened,
    killed_after_the_commit_the_reply_is_replayed,
);

async fn killed_before_the_commit_nothing_has_happened(database: TestDatabase) {
    let none = Effects {
        submitted: 0,
        jobs: 0,
        keys: 0,
    };
    check(&database, "idempotency.before_commit", none, false)
        .await
        .unwrap();
}

async fn killed_after_the_commit_the_reply_is_replayed(database: TestDatabase) {
    let all = Effects {
        submitted: 1,
        jobs: 1,
        keys: 1,
    };
    check(&database, "idempotency.before_reply", all, true)
        .await
        .unwrap();
}

/// Rows that a submission leaves.
#[derive(Debug, PartialEq, Eq)]
struct Effects {
    submitted: i64,
    jobs: i64,
    keys: i64,
}

impl Effects {
    async fn of(database: &TestDatabase) -> Result<Self> {
        Ok(Self {
            submitted: database.count("attempts WHERE submitted_at IS NOT NULL").await?,
            jobs: database.count("jobs WHERE kind = 'evaluate_attempt'").await?,
            keys: database.count("idempotency_keys").await?,
        })
    }
}

/// The process hangs at `point` and is killed there; `left` is what it leaves, and the repetition is replayed or not.
async fn check(database: &TestDatabase, point: &str, left: Effects, replayed: bool) -> Result<()> {
    let published = publish_sample(database, Settings::default()).await?;
    let directory = tempfile::tempdir()?;
    let held = start(database, directory.path(), point).await?;
    let candidate = Candidate::register(&held).await?;
    let (attempt, _) = candidate.answer_all(&published).await?;
    let unanswered = candidate.complete_once(attempt, "whole-1");
    let killing = async {
        let reached = || async { Ok(held.logged()?.contains(point).then_some(())) };
        wait_for("the point to be reached", reached).await?;
        held.kill().await
    };
    let (reply, killed) = tokio::join!(unanswered, killing);
    killed?;
    ensure!(reply.is_err(), "a killed server answered {reply:?}");
    ensure!(
        Effects::of(database).await? == left,
        "{:?}",
        Effects::of(database).await?
    );

    let restarted = start(database, directory.path(), "").await?;
    repeat(&candidate.moved_to(&restarted), attempt, replayed).await?;
    let once = Effects {
        submitted: 1,
        jobs: 1,
        keys: 1,
    };
    ensure!(
        Effects::of(database).await? == once,
        "{:?}",
        Effects::of(database).await?
    );
    restarted.kill().await
}

/// Sends the same again, twice.
async fn repeat(candidate: &Candidate, attempt: AttemptId, replayed: bool) -> Result<()> {
    let first = candidate.complete_once(attempt, "whole-1").await?;
    ensure!(first == (202, replayed), "the repetition was answered {first:?}");
    let second = candidate.complete_once(attempt, "whole-1").await?;
    ensure!(
        second == (202, true),
        "the second repetition was answered {second:?}"
    );
    Ok(())
}

async fn start(database: &TestDatabase, data: &Path, failpoints: &str) -> Result<Server> {
    let settings = [
        ("TOUCHSTONE_DATABASE_URL", database.url.as_str()),
        ("TOUCHSTONE_FAILPOINTS", failpoints),
    ];
    Server::start(data, &settings).await
}
