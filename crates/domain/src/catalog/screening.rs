//! Entries that speak to whatever model reads them.

use std::collections::BTreeSet;

use super::model::CredentialContent;
use crate::authoring::item::Difficulty;
use crate::authoring::rubric::Rubric;
use crate::scoring::llm::screening::{Sign, screen};

/// What makes an entry suspicious of speaking to a model instead of people; empty where nothing does. Being about models is
/// no suspicion by itself. Staff are told of it, and no model is sent what it is said of.
pub fn speaks_to_models(content: &CredentialContent) -> BTreeSet<Sign> {
    // With a rubric that answers are judged by: who repeats it or gives a verdict by it speaks to a machine, too.
    let rubric = Rubric::default_for(Difficulty::Medium);
    let text = [
        content.title.as_str(),
        content.provider.as_str(),
        content.description.as_str(),
    ];
    let seen = screen(&text.join("\n"), &rubric);
    if seen.is_suspicion() {
        seen.signs
    } else {
        BTreeSet::new()
    }
}
