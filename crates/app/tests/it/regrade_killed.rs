//! The real program, killed between two batches of changes: the next process makes the rest, and each change is made once.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use domain::attempts::{NewResponse, Submit, Take, Touched};
use domain::audit::Actor;
use domain::authoring::item::{ItemBody, ItemContent, Negative};
use domain::authoring::{ChangeQuestion, Settings, VersionContent};
use domain::identity::Role;
use domain::ids::{DefinitionId, RegradeId};
use domain::regrades::{APPLY_BATCH, Apply, Outcome, Policy, Preview, RegradeState, Scope};
use domain::store::UseCase;
use serde_json::json;
use testkit::TestDatabase;
use testkit::builders::{self, every_kind};

use super::support::process::{Server, wait_for};

testkit::both_databases!(changes_are_made_once_although_the_process_dies_between_them);

/// More changes than one batch has: two for each student.
const STUDENTS: u32 = APPLY_BATCH / 2 + 1;
const CHANGES: i64 = STUDENTS as i64 * 2;

async fn changes_are_made_once_although_the_process_dies_between_them(database: TestDatabase) {
    check(&database).await.unwrap();
}

async fn check(database: &TestDatabase) -> Result<()> {
    let (definition, version) = taken_by_many(database).await?;
    let directory = tempfile::tempdir()?;
    let held = start(database, directory.path(), "apply_regrade.work@2").await?;
    wait_for("every attempt to be scored", || all_scored(database)).await?;
    keys_become_false(database, &version).await?;
    let admin = builders::admin(database).await?;
    let preview = Preview {
        admin,
        scope: Scope::Definition(definition),
        policy: Policy::BothWays,
    };
    let regrade = run(database, &preview).await?.id;
    wait_for("the preview", || in_state(database, regrade, RegradeState::Ready)).await?;
    let apply = Apply {
        admin,
        regrade_id: regrade,
    };
    run(database, &apply).await?;
    let reached = || async { Ok(held.logged()?.contains("apply_regrade.work").then_some(())) };
    wait_for("the second batch", reached).await?;
    held.kill().await?;
    ensure!(
        made(database).await? == i64::from(APPLY_BATCH),
        "one batch is made"
    );

    let restarted = start(database, directory.path(), "").await?;
    wait_for("the rest", || in_state(database, regrade, RegradeState::Applied)).await?;
    restarted.kill().await?;
    ensure!(made(database).await? == CHANGES, "every change is made once");
    let audited = database
        .count("audit_log WHERE action = 'regrades.changed'")
        .await?;
    ensure!(audited == CHANGES, "{audited} rows in the log");
    let counting =
        "resolutions r JOIN score_records s ON s.id = r.score_record_id WHERE s.cause LIKE 'regrade:%'";
    ensure!(database.count(counting).await? == CHANGES, "all of them count");
    let summary = database.store.regrade(regrade).await?.context("it is there")?;
    ensure!(
        summary.tally.of(Outcome::Superseded) == 0,
        "none is in another's way"
    );
    Ok(())
}

/// Records that regrades have made.
async fn made(database: &TestDatabase) -> Result<i64> {
    database.count("score_records WHERE cause LIKE 'regrade:%'").await
}

async fn run<U>(database: &TestDatabase, use_case: &U) -> Result<U::Out>
where
    U: UseCase,
    U::Err: std::error::Error + Send + Sync + 'static,
{
    let ctx = builders::ctx(database, Actor::System);
    Ok(database.store.run(use_case, &ctx).await?)
}

/// A track of two statements, which many students say are true.
async fn taken_by_many(database: &TestDatabase) -> Result<(DefinitionId, VersionContent)> {
    let settings = Settings {
        mix: None,
        ..Settings::for_tracks()
    };
    let statements = ["It is so.", "So it is."].map(|stem| statement(stem, true));
    let track = builders::track(database, "statements", statements.to_vec(), settings).await?;
    let version = track.definition.published_version_id.context("it is published")?;
    let version = database
        .store
        .version_content(version)
        .await?
        .context("it is frozen")?;
    for number in 1..=STUDENTS {
        take(database, track.definition.id, &version, number).await?;
    }
    Ok((track.definition.id, version))
}

fn statement(stem: &str, key: bool) -> ItemContent {
    ItemContent {
        stem: stem.to_owned(),
        body: ItemBody::TrueFalse {
            key,
            negative: Negative::default(),
        },
        ..every_kind().remove(0)
    }
}

async fn take(
    database: &TestDatabase,
    definition_id: DefinitionId,
    version: &VersionContent,
    number: u32,
) -> Result<()> {
    let principal = builders::principal(database, Role::Student, number).await?;
    let candidate = principal.candidate()?;
    let take = Take {
        candidate,
        definition_id,
        access_code: None,
        metadata: None,
    };
    let Touched::Alive(taken) = run(database, &take).await? else {
        anyhow::bail!("it has just begun");
    };
    let answer = |item: &domain::authoring::VersionedItem| NewResponse {
        item_version_id: item.item_version_id,
        answer: json!(true),
        written_at: None,
    };
    let submit = Submit {
        candidate,
        attempt_id: taken.attempt.id,
        answers: version.items.iter().map(answer).collect(),
    };
    run(database, &submit).await?;
    Ok(())
}

/// Both statements are false from now on.
async fn keys_become_false(database: &TestDatabase, version: &VersionContent) -> Result<()> {
    let admin = builders::admin(database).await?;
    for item in &version.items {
        let change = ChangeQuestion {
            admin,
            item_id: item.item_id,
            seen_version: None,
            content: Some(statement(&item.content.stem, false)),
            tracks: None,
            reason: None,
        };
        run(database, &change).await?;
    }
    Ok(())
}

async fn all_scored(database: &TestDatabase) -> Result<Option<()>> {
    let left = database.count("attempts WHERE scoring <> 'done'").await?;
    Ok((left == 0).then_some(()))
}

async fn in_state(database: &TestDatabase, id: RegradeId, state: RegradeState) -> Result<Option<()>> {
    let summary = database.store.regrade(id).await?.context("it is there")?;
    Ok((summary.regrade.state == state).then_some(()))
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
