//! Entries, profiles and a sentence model for tests.

use uuid::Uuid;

use super::model::{Evidence, Profile, SkillEstimate};
use crate::catalog::{Credential, CredentialContent, CredentialLevel};
use crate::embedding::{DIMENSIONS, EmbedError, Embedder, Embedding};
use crate::ids::{CredentialId, ItemVersionId};
use crate::time::Timestamp;

pub(super) fn content(title: &str, description: &str) -> CredentialContent {
    CredentialContent {
        title: title.to_owned(),
        provider: "Open School".to_owned(),
        description: description.to_owned(),
        url: None,
        level: CredentialLevel::Foundation,
        effort_hours: None,
        skills: Vec::new(),
    }
}

pub(super) fn credential(id: u128, title: &str, description: &str, skills: &str) -> Credential {
    let mut content = content(title, description);
    content.skills = skills.split_whitespace().map(str::to_owned).collect();
    Credential {
        id: CredentialId(Uuid::from_u128(id)),
        version: 1,
        content,
        created_at: Timestamp::from_micros(0),
        changed_at: Timestamp::from_micros(0),
    }
}

/// A skill with evidence on these topics.
pub(super) fn skill(slug: &str, name: &str, (level, target): (f64, f64), topics: &[&str]) -> SkillEstimate {
    let evidence = (1..).zip(topics).map(|(id, topic)| Evidence {
        item_version_id: ItemVersionId(Uuid::from_u128(id)),
        topic: (*topic).to_owned(),
        lost: 0.5,
    });
    SkillEstimate {
        skill: slug.to_owned(),
        name: name.to_owned(),
        target,
        level,
        evidence: evidence.collect(),
    }
}

pub(super) fn profile(percent: f64, skills: Vec<SkillEstimate>) -> Profile {
    Profile {
        skills,
        percent: Some(percent),
    }
}

/// Knows meanings of a few words: texts are as alike as the shares of those that they have in common.
pub(super) struct Sense;

const SENSES: [&[&str]; 3] = [
    &["api", "interface", "endpoint"],
    &["cook", "soup"],
    &["sql", "query"],
];

impl Embedder for Sense {
    fn provider(&self) -> &'static str {
        "sense"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let vector = |text: &&str| {
            let text = text.to_lowercase();
            let mut values = vec![0.0; DIMENSIONS];
            for (value, words) in values.iter_mut().zip(SENSES) {
                *value = f32::from(u8::from(words.iter().any(|word| text.contains(word))));
            }
            Embedding::normalised(values)
        };
        texts.iter().map(vector).collect()
    }
}

/// Gives back another number of vectors than it was asked for.
pub(super) struct Forgetful;

impl Embedder for Forgetful {
    fn provider(&self) -> &'static str {
        "forgetful"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        Sense.embed(&texts[1..])
    }
}
