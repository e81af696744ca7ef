//! Entries of the catalogue.

use anyhow::Result;
use domain::audit::Actor;
use domain::catalog::{AddCredential, Credential, CredentialContent, CredentialLevel};

use super::{admin, ctx};
use crate::TestDatabase;

/// A foundation course of the Open School with this title that teaches these skills.
pub fn credential_content(title: &str, skills: &[&str]) -> CredentialContent {
    CredentialContent {
        title: title.to_owned(),
        provider: "Open School".to_owned(),
        description: format!("{title}: what it is for, and how it is done."),
        url: Some("https://school.example/course".to_owned()),
        level: CredentialLevel::Foundation,
        effort_hours: Some(12),
        skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
    }
}

/// An entry, added by the first admin.
pub async fn credential(database: &TestDatabase, content: CredentialContent) -> Result<Credential> {
    let add = AddCredential {
        admin: admin(database).await?,
        content,
    };
    Ok(database.store.run(&add, &ctx(database, Actor::System)).await?)
}
