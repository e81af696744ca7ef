//! Syllabi added, generation asked for, drafts stored.

use async_trait::async_trait;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::blueprint::{Blueprint, Writer};
use super::gate;
use super::generator::writing::WRITER_VERSION;
use super::generator::{BankedItem, GENERATOR_VERSION, GeneratedAssessment};
use super::item::ItemContent;
use super::jobs::{GENERATE, GeneratePayload};
use super::model::{
    DefinitionKind, DraftSection, KnownVersion, NewDefinition, Review, Syllabus, VersionedItem,
};
use super::settings::Settings;
use crate::audit::AuditEntry;
use crate::identity::{Admin, EVERYONE};
use crate::ids::{DefinitionId, ItemId, ItemVersionId, SyllabusId};
use crate::job::{self, Enqueued, JobId, NewJob, Priority};
use crate::store::{Ctx, StoreError, Tx, UseCase, UseCaseError};

/// A text read from an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSyllabus {
    /// What it is about.
    pub subject: String,
    /// As uploaded.
    pub file_name: String,
    /// Of the file.
    pub media_type: String,
    /// Text page by page.
    pub pages: Vec<String>,
}

/// Keeps the texts of one upload, all or none.
pub struct AddSyllabi {
    /// Who may.
    pub admin: Admin,
    /// The texts.
    pub syllabi: Vec<NewSyllabus>,
}

#[async_trait]
impl UseCase for AddSyllabi {
    const NAME: &'static str = "authoring.add_syllabi";
    type Out = Vec<Syllabus>;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Vec<Syllabus>, StoreError> {
        let mut added = Vec::with_capacity(self.syllabi.len());
        for text in &self.syllabi {
            let syllabus = Syllabus {
                id: SyllabusId(ctx.new_uuid()),
                subject: text.subject.clone(),
                file_name: text.file_name.clone(),
                media_type: text.media_type.clone(),
                content_hash: hash_of(text.pages.iter().map(String::as_str)),
                pages: text.pages.clone(),
                uploaded_by: self.admin.user_id(),
                created_at: ctx.now(),
            };
            tx.authoring().insert_syllabus(&syllabus).await?;
            let entry = AuditEntry::new(ctx, "authoring.syllabus_added", "syllabus", Some(syllabus.id.0))
                .with(json!({ "pages": syllabus.pages.len() }));
            tx.audit().record(entry).await?;
            added.push(syllabus);
        }
        Ok(added)
    }
}

/// Asks for a draft. The same texts, blueprint and generator give the same job as long as it has not failed.
pub struct RequestGeneration {
    /// Who may.
    pub admin: Admin,
    /// From these, or from all active ones.
    pub syllabus_ids: Option<Vec<SyllabusId>>,
    /// Like this; validated by the caller.
    pub blueprint: Blueprint,
}

/// Why generation is not begun.
#[derive(Debug, thiserror::Error)]
pub enum RequestGenerationError {
    /// There is no text to make items from.
    #[error("no syllabus has been uploaded; upload one first")]
    NoSyllabus,
    /// A named syllabus is not there.
    #[error("syllabus {0} does not exist or is archived")]
    UnknownSyllabus(SyllabusId),
    /// Storage.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UseCaseError for RequestGenerationError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::NoSyllabus | Self::UnknownSyllabus(_) => None,
        }
    }
}

#[async_trait]
impl UseCase for RequestGeneration {
    const NAME: &'static str = "authoring.request_generation";
    type Out = Enqueued;
    type Err = RequestGenerationError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Enqueued, RequestGenerationError> {
        let found = tx
            .authoring()
            .active_syllabi(self.syllabus_ids.as_deref())
            .await?;
        if let Some(missing) = self
            .syllabus_ids
            .iter()
            .flatten()
            .find(|id| !found.iter().any(|(have, _)| have == *id))
        {
            return Err(RequestGenerationError::UnknownSyllabus(*missing));
        }
        if found.is_empty() {
            return Err(RequestGenerationError::NoSyllabus);
        }
        let key = generation_key(
            found.iter().map(|(_, hash)| hash.as_str()).collect(),
            &self.blueprint,
        )?;
        let definition_id = DefinitionId(ctx.new_uuid());
        let payload = GeneratePayload {
            definition_id,
            syllabus_ids: found.into_iter().map(|(id, _)| id).collect(),
            blueprint: self.blueprint.clone(),
            generation_key: key.clone(),
            asked_at: ctx.now(),
        };
        let job = NewJob {
            id: JobId(ctx.new_uuid()),
            kind: GENERATE,
            dedupe_key: key,
            payload: job::payload(&payload)?,
            run_at: ctx.now(),
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: Some(self.admin.user_id()),
            subject: Some(definition_id.0),
            max_attempts: 5,
        };
        let enqueued = tx.jobs().enqueue(job).await?;
        let entry = AuditEntry::new(ctx, "authoring.generation_requested", "job", Some(enqueued.id.0))
            .with(json!({ "deduplicated": enqueued.deduplicated }));
        tx.audit().record(entry).await?;
        Ok(enqueued)
    }
}

/// SHA-256 of the sorted syllabus hashes, the blueprint and the versions of whoever makes the items.
fn generation_key(mut hashes: Vec<&str>, blueprint: &Blueprint) -> Result<String, StoreError> {
    hashes.sort_unstable();
    let writer = match blueprint.writer {
        Writer::Offline => None,
        Writer::Model => Some(WRITER_VERSION),
    };
    let blueprint = job::payload(blueprint)?.to_string();
    let versions = [blueprint.as_str(), GENERATOR_VERSION].into_iter().chain(writer);
    Ok(hash_of(hashes.into_iter().chain(versions)))
}

/// The effect of a generation job: its draft, whole.
pub struct StoreGenerated<'a> {
    /// What was asked for.
    pub payload: &'a GeneratePayload,
    /// What came of it.
    pub generated: &'a GeneratedAssessment,
}

impl StoreGenerated<'_> {
    /// Inserts the draft into the transaction of the job's end.
    pub async fn apply(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let mut definition = self.definition(ctx);
        reuse_twins(&mut definition, tx).await?;
        tx.authoring().insert_definition(&definition).await?;
        tx.cohorts().assign(EVERYONE, definition.id).await?;
        let entry = AuditEntry::new(
            ctx,
            "authoring.generated",
            "assessment_definition",
            Some(definition.id.0),
        )
        .with(json!({
            "items": definition.items.len(),
            "reused": definition.reused.len(),
            "dropped": definition.dropped.len(),
        }));
        tx.audit().record(entry).await
    }

    fn definition(&self, ctx: &Ctx) -> NewDefinition {
        let blueprint = self.payload.blueprint.clone();
        let mut sections = Vec::new();
        let mut items = Vec::new();
        for (section, index) in self.generated.sections.iter().zip(0_i32..) {
            sections.push(DraftSection {
                id: ctx.new_uuid(),
                index,
                title: section.title.clone(),
            });
            let places = section.items.iter().zip(0_i32..);
            items.extend(places.map(|(content, position)| {
                let known = self.generated.reused.get(&(index, position));
                known
                    .map_or_else(|| new_item(ctx), |known| *known)
                    .placed(index, position, content)
            }));
        }
        let reused = self.generated.reused.values();
        NewDefinition {
            id: self.payload.definition_id,
            title: self.generated.title.clone(),
            kind: DefinitionKind::Generated,
            settings: Settings {
                time_limit_minutes: blueprint.time_limit_minutes,
                pass_percent: blueprint.pass_percent,
                ..Settings::default()
            },
            blueprint,
            generation_key: Some(self.payload.generation_key.clone()),
            dropped: self.generated.dropped.clone(),
            sections,
            items,
            reused: reused.map(|known| (known.item_id, Review::Accepted)).collect(),
            created_at: ctx.now(),
        }
    }
}

fn new_item(ctx: &Ctx) -> KnownVersion {
    KnownVersion {
        item_id: ItemId(ctx.new_uuid()),
        item_version_id: ItemVersionId(ctx.new_uuid()),
        version: 1,
    }
}

impl KnownVersion {
    fn placed(self, section_index: i32, position: i32, content: &ItemContent) -> VersionedItem {
        VersionedItem {
            item_id: self.item_id,
            item_version_id: self.item_version_id,
            version: self.version,
            section_index,
            position,
            content: content.clone(),
        }
    }
}

/// An item that asks and accepts the same as one made before and is scored alike, from whichever text, is that one.
async fn reuse_twins(definition: &mut NewDefinition, tx: &mut dyn Tx) -> Result<(), StoreError> {
    let made: Vec<usize> = (0..definition.items.len())
        .filter(|index| {
            let item = &definition.items[*index];
            item.content.source.is_some() && !definition.reused.contains_key(&item.item_id)
        })
        .collect();
    for index in made {
        let content = &definition.items[index].content;
        let alike = tx.authoring().items_with(&gate::content_hash(content)).await?;
        let twin = alike.into_iter().find(|found| {
            gate::is_scored_alike(&found.content, content)
                && !definition.reused.contains_key(&found.known.item_id)
        });
        let Some(BankedItem { known, .. }) = twin else {
            continue;
        };
        let item = &mut definition.items[index];
        item.item_id = known.item_id;
        item.item_version_id = known.item_version_id;
        item.version = known.version;
        definition.reused.insert(known.item_id, Review::Pending);
    }
    Ok(())
}

pub(super) fn hash_of<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .fold(String::with_capacity(64), |text, byte| {
            text + &format!("{byte:02x}")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_texts_does_not_count_but_texts_and_blueprint_do() {
        let blueprint = Blueprint::default();
        let key = generation_key(vec!["one", "two"], &blueprint).unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(generation_key(vec!["two", "one"], &blueprint).unwrap(), key);
        assert_ne!(generation_key(vec!["one"], &blueprint).unwrap(), key);
        assert_ne!(generation_key(vec!["onetwo"], &blueprint).unwrap(), key);
        let other = Blueprint {
            essays: Some(1),
            ..Blueprint::default()
        };
        assert_ne!(generation_key(vec!["one", "two"], &other).unwrap(), key);
    }

    #[test]
    fn where_a_page_ends_counts() {
        assert_ne!(hash_of(["ab", "c"].into_iter()), hash_of(["a", "bc"].into_iter()));
    }
}
