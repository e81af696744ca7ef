//! What tests begin with, made through the real use cases: accounts, a published assessment with an item of every kind.

mod catalog;
mod items;
mod tracks;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use domain::attempts::NewResponse;
use domain::audit::Actor;
use domain::authoring::blueprint::Blueprint;
use domain::authoring::generator::{GeneratedAssessment, GeneratedSection};
use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::jobs::GeneratePayload;
use domain::authoring::{Publish, ReviewDefinition, Settings, StoreGenerated, VersionedItem};
use domain::identity::{Admin, Candidate, CreateUser, IssueRefreshToken, NewUser, Principal, Role};
use domain::ids::{DefinitionId, DefinitionVersionId, IdSource as _, TokenFamilyId, UserId};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use domain::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::TestDatabase;

pub use catalog::{credential, credential_content};
pub use items::{KEY_NUMBER, KEY_SCORE, KEYMARK, PLANTED_KEYS, every_kind, new_kinds};
pub use tracks::{advisor, bank, cohort, staff_admin, track};

/// The context of one request or job, on the database's clock and ids.
pub fn ctx(database: &TestDatabase, actor: Actor) -> Ctx {
    Ctx::new(
        database.clock.clone(),
        database.ids.clone(),
        "test".to_owned(),
        actor,
    )
}

/// The account `<role><number>@school.test`, made when it is not there yet. Its password hash fits no password.
pub async fn principal(database: &TestDatabase, role: Role, number: u32) -> Result<Principal> {
    let name = format!("{}{number}", role.as_str());
    let email = format!("{name}@school.test");
    if let Some(user) = database.store.find_user_by_email(&email).await? {
        return Ok(Principal {
            user_id: user.id,
            role: user.role,
        });
    }
    let user = NewUser {
        email,
        display_name: name,
        role,
        password_hash: "no password".to_owned(),
    };
    let created = CreateUser { user };
    let user = database
        .store
        .run(&created, &ctx(database, Actor::System))
        .await?;
    Ok(Principal {
        user_id: user.id,
        role: user.role,
    })
}

/// Proof of the student with that number.
pub async fn candidate(database: &TestDatabase, number: u32) -> Result<Candidate> {
    Ok(principal(database, Role::Student, number).await?.candidate()?)
}

/// A sign-in of an account, as a login makes it.
pub async fn sign_in(database: &TestDatabase, user: UserId) -> Result<TokenFamilyId> {
    let user = database
        .store
        .find_user(user)
        .await?
        .context("the account is there")?;
    let issue = IssueRefreshToken {
        token_hash: database.ids.new_uuid().to_string(),
        user,
        lifetime: Duration::from_hours(24 * 365),
    };
    let family = database.store.run(&issue, &ctx(database, Actor::System)).await?;
    family.context("nobody changed the account meanwhile")
}

/// Proof of the first admin.
pub async fn admin(database: &TestDatabase) -> Result<Admin> {
    Ok(principal(database, Role::Admin, 1).await?.admin()?)
}

/// A published version with its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The assessment.
    pub definition_id: DefinitionId,
    /// The frozen version.
    pub version_id: DefinitionVersionId,
    /// Its number, from 1.
    pub number: i32,
    /// In order.
    pub sections: Vec<PublishedSection>,
}

/// A section of a published version.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedSection {
    /// The `section_id` of the HTTP contract.
    pub id: Uuid,
    /// What people read.
    pub title: String,
    /// In order.
    pub items: Vec<VersionedItem>,
}

impl Published {
    /// All items in order.
    pub fn items(&self) -> impl Iterator<Item = &VersionedItem> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// The first item of a kind.
    pub fn item(&self, kind: ItemKind) -> Result<&VersionedItem> {
        let found = self.items().find(|item| item.content.body.kind() == kind);
        found.with_context(|| format!("no {} item is published", kind.as_str()))
    }
}

impl PublishedSection {
    /// An answer to every item of the section, as `answer` gives it; see [`domain::authoring::sample_answers`].
    pub fn answers(&self, written_at: Timestamp, answer: fn(&ItemContent) -> Value) -> Vec<NewResponse> {
        let answer = |item: &VersionedItem| NewResponse {
            item_version_id: item.item_version_id,
            answer: answer(&item.content),
            written_at: Some(written_at),
        };
        self.items.iter().map(answer).collect()
    }
}

/// A published assessment of two sections with an item of every kind: five scored by rules in the first; two more, a short
/// answer and an essay in the second.
pub async fn publish_sample(database: &TestDatabase, settings: Settings) -> Result<Published> {
    let mut first = every_kind();
    let second = first.split_off(5);
    let definition = draft(database, vec![first, second]).await?;
    publish(database, definition, settings).await
}

/// A draft with these items section by section, stored the way a generation job does.
pub async fn draft(database: &TestDatabase, sections: Vec<Vec<ItemContent>>) -> Result<DefinitionId> {
    let definition_id = DefinitionId(database.ids.new_uuid());
    let section = |(items, number): (Vec<ItemContent>, u32)| GeneratedSection {
        title: format!("Section {number}"),
        items,
    };
    let store = StoreDraft {
        payload: GeneratePayload {
            definition_id,
            syllabus_ids: Vec::new(),
            blueprint: Blueprint::default(),
            generation_key: definition_id.to_string(),
            asked_at: domain::time::Timestamp::from_micros(0),
        },
        generated: GeneratedAssessment {
            title: "Transactions".to_owned(),
            sections: sections.into_iter().zip(1..).map(section).collect(),
            dropped: Vec::new(),
            coverage: Vec::new(),
            reused: BTreeMap::new(),
        },
    };
    database.store.run(&store, &ctx(database, Actor::System)).await?;
    Ok(definition_id)
}

/// Gives a draft its settings and publishes what is not rejected.
pub async fn publish(
    database: &TestDatabase,
    definition_id: DefinitionId,
    settings: Settings,
) -> Result<Published> {
    let principal = principal(database, Role::Admin, 1).await?;
    let ctx = ctx(database, principal.actor());
    let review = ReviewDefinition {
        admin: principal.admin()?,
        definition_id,
        title: None,
        settings: Some(Box::new(move |_| settings.clone())),
        items: Vec::new(),
    };
    database.store.run(&review, &ctx).await?;
    let publish = Publish {
        staff: principal.staff()?,
        definition_id,
        accept_remaining: true,
        seen_revision: None,
    };
    let version = database.store.run(&publish, &ctx).await?;
    let content = database
        .store
        .version_content(version.id)
        .await?
        .context("the version is gone")?;
    let section = |(section, index): (domain::authoring::FrozenSection, i32)| PublishedSection {
        id: section.id,
        title: section.title,
        items: content
            .items
            .iter()
            .filter(|item| item.section_index == index)
            .cloned()
            .collect(),
    };
    Ok(Published {
        definition_id,
        version_id: version.id,
        number: version.number,
        sections: content
            .sections
            .clone()
            .into_iter()
            .zip(0..)
            .map(section)
            .collect(),
    })
}

/// [`StoreGenerated`] in a transaction of its own.
pub struct StoreDraft {
    /// What was asked for.
    pub payload: GeneratePayload,
    /// What came of it.
    pub generated: GeneratedAssessment,
}

#[async_trait]
impl UseCase for StoreDraft {
    const NAME: &'static str = "testkit.store_draft";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let effect = StoreGenerated {
            payload: &self.payload,
            generated: &self.generated,
        };
        effect.apply(ctx, tx).await
    }
}
