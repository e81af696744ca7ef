//! Entries that speak to whatever model reads them.

use std::collections::BTreeSet;

use super::model::CredentialContent;
use crate::authoring::rubric::Rubric;
use crate::scoring::llm::screening::{Sign, screen};

/// What makes an entry suspicious of speaking to a model instead of people; empty where nothing does. Being about models is
/// no suspicion by itself.
pub fn speaks_to_models(content: &CredentialContent) -> BTreeSet<Sign> {
    // Nothing that could be quoted.
    let no_rubric = Rubric {
        criteria: Vec::new(),
        floor: 0.0,
    };
    let text = [
        content.title.as_str(),
        content.provider.as_str(),
        content.description.as_str(),
    ];
    let seen = screen(&text.join("\n"), &no_rubric);
    if seen.is_suspicion() {
        seen.signs
    } else {
        BTreeSet::new()
    }
}
