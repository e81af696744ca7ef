//! Entries of the catalogue.

use serde::{Deserialize, Serialize};

use crate::ids::{CredentialId, UserId};
use crate::time::Timestamp;

/// How much a credential asks of whoever begins it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialLevel {
    /// Nothing.
    Foundation,
    /// The basics of its skills.
    Intermediate,
    /// Practice in its skills.
    Advanced,
}

impl CredentialLevel {
    /// All, the least demanding first.
    pub const ALL: [Self; 3] = [Self::Foundation, Self::Intermediate, Self::Advanced];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Foundation => "foundation",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
        }
    }

    /// The level of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// What one version of an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialContent {
    /// What people read first.
    pub title: String,
    /// Who awards it.
    pub provider: String,
    /// What is learnt and how, in sentences.
    pub description: String,
    /// Where it can be read about; `https` or `http`.
    pub url: Option<String>,
    /// What it asks for.
    pub level: CredentialLevel,
    /// Hours of work.
    pub effort_hours: Option<u32>,
    /// The skills it teaches, as tracks name them in items (`http-apis`, `C++`).
    pub skills: Vec<String>,
}

/// An entry in its current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Which.
    pub id: CredentialId,
    /// The number of this version, from 1.
    pub version: i32,
    /// What it says.
    pub content: CredentialContent,
    /// When the entry was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub changed_at: Timestamp,
}

/// An entry as it once was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialVersion {
    /// From 1.
    pub version: i32,
    /// What it says.
    pub content: CredentialContent,
    /// Who made it.
    pub made_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// Which entries are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogFilter {
    /// Only those of this level.
    pub level: Option<CredentialLevel>,
    /// Only those that teach this skill.
    pub skill: Option<String>,
    /// Only those that teach a skill of the track with this slug.
    pub track: Option<String>,
}

/// What differs between any two states of the catalogue. Instants would not do: of two changes the earlier one may be seen later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CatalogStamp {
    /// Entries that are not taken out; fewer by one with every entry that is.
    pub entries: u64,
    /// Versions of all entries there ever were; more by one with every entry and every change.
    pub versions: u64,
}
