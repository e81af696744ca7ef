//! Shapes of entries of the catalogue.

use chrono::{DateTime, Utc};
use domain::catalog::{Credential, CredentialContent, CredentialLevel, CredentialVersion, speaks_to_models};
use domain::identity::Principal;
use domain::scoring::llm::screening::Sign;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;

// The use cases look at every member.
/// What an entry says.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct CredentialContentBody {
    /// What people read first, in one line; no other entry of the provider has it.
    #[schema(min_length = 1, max_length = 200, example = "HTTP in depth")]
    pub(super) title: String,
    /// Who awards it, in one line.
    #[schema(min_length = 1, max_length = 200, example = "Open School")]
    pub(super) provider: String,
    /// What is learnt and how, in sentences.
    #[schema(
        min_length = 1,
        max_length = 8000,
        example = "Requests, caches and retries, with a project."
    )]
    pub(super) description: String,
    /// Where it can be read about: absolute, `https` or `http`, with a host and without a user name, ASCII only.
    #[schema(max_length = 2000, example = "https://school.example/http")]
    pub(super) url: Option<String>,
    /// What it asks for: `foundation`, `intermediate` or `advanced`.
    #[schema(value_type = String, example = "intermediate")]
    pub(super) level: CredentialLevel,
    /// Hours of work.
    #[schema(minimum = 1, maximum = 10000, example = 12)]
    pub(super) effort_hours: Option<u32>,
    /// The skills it teaches, each as items of tracks name it (`skill`, not `name`) and once: 1 to 60 visible characters in one line.
    #[serde(default)]
    #[schema(max_items = 20, example = json!(["http-apis"]))]
    pub(super) skills: Vec<String>,
}

/// An entry of the catalogue in its current version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CredentialBody {
    /// Which.
    credential_id: Uuid,
    /// The current version, from 1; name it when changing the entry.
    version: i32,
    #[serde(flatten)]
    content: CredentialContentBody,
    /// When the entry was made.
    created_at: DateTime<Utc>,
    /// When this version was made.
    changed_at: DateTime<Utc>,
    /// Signs that it speaks to language models instead of people (`sets_instructions_aside`, …); empty where nothing is
    /// suspicious. For admins and advisors.
    #[serde(skip_serializing_if = "Option::is_none")]
    speaks_to_models: Option<Vec<&'static str>>,
}

/// One version of an entry; it never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CredentialVersionBody {
    /// From 1.
    version: i32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// By whom.
    made_by: Uuid,
    #[serde(flatten)]
    content: CredentialContentBody,
    /// As at an entry: signs that it speaks to language models.
    speaks_to_models: Vec<&'static str>,
}

impl CredentialBody {
    /// As this person may read it: what is suspicious of it is for staff.
    pub(super) fn for_reader(credential: Credential, reader: Principal) -> Self {
        let signs = reader.staff().is_ok().then(|| signs(&credential.content));
        Self {
            credential_id: credential.id.0,
            version: credential.version,
            content: credential.content.into(),
            created_at: credential.created_at.to_datetime(),
            changed_at: credential.changed_at.to_datetime(),
            speaks_to_models: signs,
        }
    }
}

impl From<CredentialVersion> for CredentialVersionBody {
    fn from(version: CredentialVersion) -> Self {
        Self {
            version: version.version,
            created_at: version.created_at.to_datetime(),
            made_by: version.made_by.0,
            speaks_to_models: signs(&version.content),
            content: version.content.into(),
        }
    }
}

/// Makes many bodies off the threads that answer requests: looking for signs in the longest entry takes two milliseconds.
pub(super) async fn made_aside<T: Send + 'static>(
    make: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let joined = tokio::task::spawn_blocking(make).await;
    joined.map_err(|error| Problem::internal(&error))
}

fn signs(content: &CredentialContent) -> Vec<&'static str> {
    let signs = speaks_to_models(content);
    signs.into_iter().map(Sign::as_str).collect()
}

impl From<CredentialContent> for CredentialContentBody {
    fn from(content: CredentialContent) -> Self {
        Self {
            title: content.title,
            provider: content.provider,
            description: content.description,
            url: content.url,
            level: content.level,
            effort_hours: content.effort_hours,
            skills: content.skills,
        }
    }
}

impl From<CredentialContentBody> for CredentialContent {
    fn from(body: CredentialContentBody) -> Self {
        Self {
            title: body.title,
            provider: body.provider,
            description: body.description,
            url: body.url,
            level: body.level,
            effort_hours: body.effort_hours,
            skills: body.skills,
        }
    }
}
