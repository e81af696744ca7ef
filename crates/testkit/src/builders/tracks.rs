//! Tracks with their banks, cohorts with their people, and proofs of staff.

use anyhow::Result;
use domain::audit::Actor;
use domain::authoring::item::ItemContent;
use domain::authoring::{CreateTrack, NewTrack, Settings, Track};
use domain::identity::{CreateCohort, MembershipChange, Role, Staff};
use domain::ids::{CohortId, DefinitionId, UserId};

use super::{admin, ctx, every_kind, new_kinds, principal};
use crate::TestDatabase;

/// A bank of fifteen questions: seven scored by rules, two texts, four profiles, a program and a file.
pub fn bank() -> Vec<ItemContent> {
    [every_kind(), new_kinds()].concat()
}

/// A track with these questions, assigned to everyone, made by the first admin. It can be taken unless `items` is empty.
pub async fn track(
    database: &TestDatabase,
    slug: &str,
    items: Vec<ItemContent>,
    settings: Settings,
) -> Result<Track> {
    let create = CreateTrack {
        admin: admin(database).await?,
        track: NewTrack {
            slug: slug.to_owned(),
            title: format!("Track {slug}"),
            description: "What the role is about.".to_owned(),
            skills: Vec::new(),
            settings,
            items,
        },
    };
    Ok(database.store.run(&create, &ctx(database, Actor::System)).await?)
}

/// A cohort with these people and assignments, made by the first admin. They stay in `everyone` as well.
pub async fn cohort(
    database: &TestDatabase,
    name: &str,
    members: &[UserId],
    assessments: &[DefinitionId],
) -> Result<CohortId> {
    let create = CreateCohort {
        admin: admin(database).await?,
        name: name.to_owned(),
        change: MembershipChange {
            add_members: members.to_vec(),
            add_assessments: assessments.to_vec(),
            ..MembershipChange::default()
        },
    };
    let cohort = database.store.run(&create, &ctx(database, Actor::System)).await?;
    Ok(cohort.id)
}

/// Proof of the advisor with that number.
pub async fn advisor(database: &TestDatabase, number: u32) -> Result<Staff> {
    Ok(principal(database, Role::Advisor, number).await?.staff()?)
}

/// Proof of the first admin as staff.
pub async fn staff_admin(database: &TestDatabase) -> Result<Staff> {
    Ok(principal(database, Role::Admin, 1).await?.staff()?)
}
