//! Tracks: standing assessments of a role, drawn from the role's bank of questions.
//!
//! A track is a definition of kind `track` with one section. Its draft is the bank; every change to bank or settings
//! freezes a new version at once, so that new attempts see it and running ones do not (docs/adr/0008).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authored::{ContentError, validate};
use super::bank::has_only_skills_of;
use super::blueprint::Blueprint;
use super::item::ItemContent;
use super::model::{
    Definition, DefinitionKind, DefinitionStatus, DraftSection, NewDefinition, VersionedItem,
};
use super::publishing::{PublishingError, freeze_into_version};
use super::settings::{Settings, SettingsError};
use super::slug::is_slug;
use crate::audit::AuditEntry;
use crate::identity::{Admin, EVERYONE};
use crate::ids::{DefinitionId, ItemId, ItemVersionId, UserId};
use crate::llm::is_name;
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// A skill the role needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// Names it in items (`http-apis`).
    pub skill: String,
    /// What people read.
    pub name: String,
    /// The percentage of marks (0–100) the role asks for on items of this skill.
    pub target_level: f64,
}

/// A role with its assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Title, settings, revision; its id is the `role_id` of the HTTP contract.
    pub definition: Definition,
    /// Names it in URLs; stays for ever.
    pub slug: String,
    /// For candidates.
    pub description: String,
    /// What the role needs.
    pub skills: Vec<Skill>,
}

/// A track about to be made, with the first questions of its bank.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTrack {
    /// Names it in URLs: lower-case letters, digits and hyphens.
    pub slug: String,
    /// What people read.
    pub title: String,
    /// For candidates.
    pub description: String,
    /// What the role needs.
    pub skills: Vec<Skill>,
    /// How it is taken.
    pub settings: Settings,
    /// The bank.
    pub items: Vec<ItemContent>,
}

/// Why a track is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum TrackError {
    /// There is none with this slug.
    #[error("there is no such track")]
    NotFound,
    /// Another track has the slug.
    #[error("another track has this slug")]
    SlugTaken,
    /// A member out of its range.
    #[error("{pointer} must be {expected}")]
    Invalid {
        /// JSON pointer.
        pointer: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A question that cannot be used.
    #[error("item {index} of the bank is not valid")]
    InvalidItem {
        /// Place in the list, from 0.
        index: usize,
        /// What is wrong with it.
        errors: Vec<ContentError>,
    },
    /// A setting out of its range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Somebody else changed it meanwhile.
    #[error("the track was changed meanwhile; read it again and repeat")]
    ChangedMeanwhile,
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for TrackError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NotFound
            | Self::SlugTaken
            | Self::Invalid { .. }
            | Self::InvalidItem { .. }
            | Self::Settings(_)
            | Self::ChangedMeanwhile => None,
        }
    }
}

impl From<PublishingError> for TrackError {
    fn from(error: PublishingError) -> Self {
        match error {
            PublishingError::NotFound | PublishingError::Archived => Self::NotFound,
            PublishingError::Settings(error) => Self::Settings(error),
            PublishingError::Store(error) => Self::Store(error),
            PublishingError::UnknownItem(_)
            | PublishingError::ItemChanged(_)
            | PublishingError::Unlawful(_)
            | PublishingError::UnlawfulStatus(_)
            | PublishingError::Unreviewed(_)
            | PublishingError::IsTrack
            | PublishingError::NothingToPublish
            | PublishingError::ChangedMeanwhile => Self::ChangedMeanwhile,
        }
    }
}

/// Makes a track; it can be taken as soon as its bank has a question.
pub struct CreateTrack {
    /// Who may.
    pub admin: Admin,
    /// The track.
    pub track: NewTrack,
}

#[async_trait]
impl UseCase for CreateTrack {
    const NAME: &'static str = "tracks.create";
    type Out = Track;
    type Err = TrackError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Track, TrackError> {
        check(&self.track)?;
        let new = self.definition(ctx);
        let track = Track {
            definition: Definition {
                id: new.id,
                title: new.title.clone(),
                kind: DefinitionKind::Track,
                status: DefinitionStatus::Draft,
                settings: new.settings.clone(),
                revision: 1,
                published_version_id: None,
            },
            slug: self.track.slug.clone(),
            description: self.track.description.trim().to_owned(),
            skills: self.track.skills.clone(),
        };
        tx.authoring().insert_definition(&new).await?;
        tx.bank().insert_track(&track).await.map_err(slug_taken)?;
        tx.cohorts().assign(EVERYONE, new.id).await?;
        let entry = AuditEntry::new(ctx, "tracks.created", "track", Some(new.id.0))
            .with(json!({ "slug": track.slug, "items": new.items.len() }));
        tx.audit().record(entry).await?;
        if new.items.is_empty() {
            return Ok(track);
        }
        refreeze(ctx, tx, new.id, self.admin.user_id()).await?;
        Ok(tx.bank().find_track(&track.slug).await?.unwrap_or(track))
    }
}

impl CreateTrack {
    fn definition(&self, ctx: &Ctx) -> NewDefinition {
        let section = DraftSection {
            id: ctx.new_uuid(),
            index: 0,
            title: self.track.title.trim().to_owned(),
        };
        let item = |(content, position): (&ItemContent, i32)| VersionedItem {
            item_id: ItemId(ctx.new_uuid()),
            item_version_id: ItemVersionId(ctx.new_uuid()),
            version: 1,
            section_index: 0,
            position,
            content: content.clone(),
        };
        NewDefinition {
            id: DefinitionId(ctx.new_uuid()),
            title: self.track.title.trim().to_owned(),
            kind: DefinitionKind::Track,
            blueprint: Blueprint::default(),
            settings: self.track.settings.clone(),
            generation_key: None,
            dropped: Vec::new(),
            sections: vec![section],
            items: self.track.items.iter().zip(0..).map(item).collect(),
            reused: BTreeMap::new(),
            created_at: ctx.now(),
        }
    }
}

/// Changes a track; its slug stays.
pub struct ChangeTrack {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub slug: String,
    /// A new title.
    pub title: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Other skills, whole.
    pub skills: Option<Vec<Skill>>,
    /// Other settings.
    pub settings: Option<SettingsChange>,
}

/// The settings as they shall be, given those in force: what it does not touch is not lost when others change it meanwhile.
pub type SettingsChange = Box<dyn Fn(&Settings) -> Settings + Send + Sync>;

#[async_trait]
impl UseCase for ChangeTrack {
    const NAME: &'static str = "tracks.change";
    type Out = Track;
    type Err = TrackError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Track, TrackError> {
        let found = tx.bank().find_track(&self.slug).await?;
        let track = found.ok_or(TrackError::NotFound)?;
        let changed = self.changed(track.clone())?;
        if !tx.bank().update_track(&changed).await?
            || !tx
                .authoring()
                .update_definition(
                    &track.definition,
                    &changed.definition.title,
                    &changed.definition.settings,
                    ctx.now(),
                )
                .await?
        {
            return Err(TrackError::ChangedMeanwhile);
        }
        let entry = AuditEntry::new(ctx, "tracks.changed", "track", Some(track.definition.id.0));
        tx.audit().record(entry).await?;
        if track.definition.published_version_id.is_some() {
            refreeze(ctx, tx, track.definition.id, self.admin.user_id()).await?;
        }
        tx.bank()
            .find_track(&self.slug)
            .await?
            .ok_or(TrackError::NotFound)
    }
}

impl ChangeTrack {
    fn changed(&self, mut track: Track) -> Result<Track, TrackError> {
        if let Some(title) = &self.title {
            title.trim().clone_into(&mut track.definition.title);
        }
        if let Some(description) = &self.description {
            description.trim().clone_into(&mut track.description);
        }
        if let Some(skills) = &self.skills {
            track.skills.clone_from(skills);
        }
        if let Some(settings) = &self.settings {
            track.definition.settings = settings(&track.definition.settings);
        }
        check_words(&track.definition.title, &track.description)?;
        check_skills(&track.skills)?;
        track.definition.settings.validate()?;
        Ok(track)
    }
}

/// Takes a track out of use. What was taken is kept, and its slug is free again.
pub struct DeleteTrack {
    /// Who may.
    pub admin: Admin,
    /// Which.
    pub slug: String,
}

#[async_trait]
impl UseCase for DeleteTrack {
    const NAME: &'static str = "tracks.delete";
    type Out = ();
    type Err = TrackError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), TrackError> {
        let found = tx.bank().find_track(&self.slug).await?;
        let track = found.ok_or(TrackError::NotFound)?;
        if !tx.bank().delete_track(track.definition.id, ctx.now()).await?
            || !tx
                .authoring()
                .archive_definition(&track.definition, ctx.now())
                .await?
        {
            return Err(TrackError::ChangedMeanwhile);
        }
        let entry = AuditEntry::new(ctx, "tracks.deleted", "track", Some(track.definition.id.0));
        tx.audit().record(entry).await?;
        Ok(())
    }
}

/// Freezes the bank as it is now into the version that new attempts take.
pub(super) async fn refreeze(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    definition: DefinitionId,
    by: UserId,
) -> Result<(), PublishingError> {
    let found = tx.authoring().find_definition(definition).await?;
    let definition = found.ok_or(PublishingError::NotFound)?;
    freeze_into_version(ctx, tx, &definition, by).await?;
    Ok(())
}

fn check(track: &NewTrack) -> Result<(), TrackError> {
    if !is_slug(&track.slug) {
        let expected = "1 to 60 lower-case letters, digits and inner hyphens";
        return Err(invalid("/slug", expected));
    }
    check_words(&track.title, &track.description)?;
    check_skills(&track.skills)?;
    track.settings.validate()?;
    for (index, item) in track.items.iter().enumerate() {
        let known = has_only_skills_of(item, &track.skills);
        validate(item)
            .and(known)
            .map_err(|errors| TrackError::InvalidItem { index, errors })?;
    }
    Ok(())
}

fn check_words(title: &str, description: &str) -> Result<(), TrackError> {
    if !(1..=200).contains(&title.trim().chars().count()) {
        return Err(invalid("/title", "1 to 200 characters"));
    }
    if description.chars().count() > 4000 {
        return Err(invalid("/description", "at most 4000 characters"));
    }
    Ok(())
}

fn check_skills(skills: &[Skill]) -> Result<(), TrackError> {
    let mut seen = BTreeSet::new();
    for (index, skill) in skills.iter().enumerate() {
        let at = |member: &str| format!("/skills/{index}/{member}");
        // The catalogue takes the same ones.
        if !is_name(&skill.skill, 60) {
            let expected = "1 to 60 visible characters in one line, with no white space around them";
            return Err(invalid(at("skill"), expected));
        }
        if !seen.insert(&skill.skill) {
            return Err(invalid(at("skill"), "a name no other skill of the track has"));
        }
        // It travels to models outside what their boundary encloses.
        if !is_name(&skill.name, 200) {
            let expected = "1 to 200 visible characters in one line, with no white space around them";
            return Err(invalid(at("name"), expected));
        }
        if !(0.0..=100.0).contains(&skill.target_level) {
            return Err(invalid(at("target_level"), "between 0 and 100"));
        }
    }
    Ok(())
}

fn invalid(pointer: impl Into<String>, expected: &'static str) -> TrackError {
    TrackError::Invalid {
        pointer: pointer.into(),
        expected,
    }
}

fn slug_taken(error: StoreError) -> TrackError {
    match error {
        StoreError::Constraint { name } if name == "tracks_slug" => TrackError::SlugTaken,
        other => TrackError::Store(other),
    }
}

#[cfg(test)]
#[path = "tracks_tests.rs"]
mod tests;
