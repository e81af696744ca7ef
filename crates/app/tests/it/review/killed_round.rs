//! The real program, killed when it has made another item and not yet stored it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use domain::audit::Actor;
use domain::authoring::blueprint::Blueprint;
use domain::authoring::generator::{self, SourceText};
use domain::authoring::{AddSyllabi, NewSyllabus, RequestRegeneration};
use domain::identity::Role;
use domain::ids::DefinitionId;
use jobs::views::JobStatus;
use testkit::{TestDatabase, builders};

use super::regeneration::TEXT;
use crate::support::process::{Server, wait_for};

testkit::both_databases!(a_killed_round_is_run_again_and_makes_one_item);

async fn a_killed_round_is_run_again_and_makes_one_item(database: TestDatabase) {
    killed(&database).await.unwrap();
}

async fn killed(database: &TestDatabase) -> Result<()> {
    let (definition_id, request) = asked_for(database).await?;
    let advisor = builders::principal(database, Role::Advisor, 1).await?;
    let ctx = builders::ctx(database, advisor.actor());
    let job = database.store.run(&request, &ctx).await?.id;
    let directory = tempfile::tempdir()?;
    let held = start(database, directory.path(), "regeneration.before_commit").await?;
    let status = async || {
        Ok(database
            .store
            .job_view(job)
            .await?
            .context("the job is there")?
            .status)
    };
    let is = async |wanted: JobStatus| {
        let now: Result<JobStatus> = status().await;
        now.map(|now| (now == wanted).then_some(()))
    };
    wait_for("the round to run", || is(JobStatus::InProgress)).await?;
    // A server installs the shipped tracks when it starts.
    let items = database.count("items").await?;
    held.kill().await?;
    ensure!(database.count("replaced_items").await? == 0, "it has committed");

    let restarted = start(database, directory.path(), "").await?;
    wait_for("the round to end", || is(JobStatus::Completed)).await?;
    restarted.kill().await?;
    let claims = database.store.job_view(job).await?.context("the job is there")?;
    ensure!(claims.attempts.len() == 2, "{} claims", claims.attempts.len());
    ensure!(
        database.count("items").await? == items + 1,
        "not one new item: {:?}",
        claims.result
    );
    let detail = database.store.definition_detail(definition_id).await?;
    let detail = detail.context("the draft is there")?;
    ensure!(detail.replaced.len() == 1, "{} replaced", detail.replaced.len());
    let standing = detail.items.iter().map(|item| item.item.item_id);
    ensure!(
        standing
            .filter(|id| *id == detail.replaced[0].replaced_by)
            .count()
            == 1,
        "the new item does not stand in the draft"
    );
    Ok(())
}

/// A draft made from the text, and the request for another item in place of its first.
async fn asked_for(database: &TestDatabase) -> Result<(DefinitionId, RequestRegeneration)> {
    let add = AddSyllabi {
        admin: builders::admin(database).await?,
        syllabi: vec![NewSyllabus {
            subject: "Databases".to_owned(),
            file_name: "locks.md".to_owned(),
            media_type: "text/markdown".to_owned(),
            pages: vec![TEXT.to_owned()],
        }],
    };
    let ctx = builders::ctx(database, Actor::System);
    let syllabus = database.store.run(&add, &ctx).await?.remove(0);
    let source = SourceText {
        syllabus_id: syllabus.id,
        subject: syllabus.subject,
        pages: syllabus.pages,
    };
    // Few items, so that the text gives more.
    let blueprint = Blueprint {
        items_per_section: 2,
        ..Blueprint::default()
    };
    let made = generator::generate(&[source], &blueprint, 1)?;
    let sections = made.sections.into_iter().map(|section| section.items).collect();
    let definition_id = builders::draft(database, sections).await?;
    let detail = database.store.definition_detail(definition_id).await?;
    let item = detail.context("the draft is there")?.items.remove(0);
    let request = RequestRegeneration {
        staff: builders::principal(database, Role::Advisor, 1).await?.staff()?,
        definition_id,
        item_id: item.item.item_id,
        seen_revision: None,
        reason: Some("too easy".to_owned()),
    };
    Ok((definition_id, request))
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
