//! No item asks what another already asks, of the batch or of the bank.

use std::collections::BTreeSet;

use super::super::item::{Choice, ItemBody, ItemContent, ItemKind};
use super::wording::{content_stems, normal, ratio};
use super::{content_hash, split_options, texts_of};

/// Two items are the same question when they share this much of their content words (Jaccard).
const SAME_CONTENT: f64 = 0.75;
/// Statements and gap texts with fewer content words are too short for a likeness to mean anything.
const FEWEST_WORDS: usize = 4;

/// Stems of words that come from the form of the question, not from its matter.
const FORM_WORDS: [&str; 18] = [
    "answer",
    "appli",
    "belong",
    "choos",
    "complet",
    "correct",
    "describ",
    "descript",
    "explain",
    "fit",
    "match",
    "number",
    "order",
    "select",
    "sentenc",
    "statement",
    "step",
    "term",
];

/// What is compared of an item.
#[derive(Debug)]
pub(super) struct Signature {
    hash: String,
    kind: ItemKind,
    /// Content of the stem and of the right answer, without the wrong options.
    asked: BTreeSet<String>,
    /// What the candidate has to find; empty for written answers.
    key: String,
    stem: String,
}

impl Signature {
    pub(super) fn of(item: &ItemContent) -> Self {
        let key = key_text(item);
        Self {
            hash: content_hash(item),
            kind: item.body.kind(),
            asked: matter_of(&format!("{} {key}", item.stem)),
            key: normal(&key),
            stem: normal(&item.stem),
        }
    }

    pub(super) fn unlike_all(&self, others: &[Self]) -> Result<(), String> {
        for other in others {
            if self.hash == other.hash {
                return Err("an equal item is already there".to_owned());
            }
            if self.same_question(other) {
                return Err(format!("it asks the same as “{}”", shortened(&other.stem)));
            }
        }
        Ok(())
    }

    fn same_question(&self, other: &Self) -> bool {
        if self.kind == other.kind && self.stem == other.stem && self.key == other.key {
            return true;
        }
        let fewest = self.asked.len().min(other.asked.len());
        // Sets of very different size cannot be alike; this keeps a large bank cheap to compare with.
        if fewest < FEWEST_WORDS || ratio(fewest, self.asked.len().max(other.asked.len())) < SAME_CONTENT {
            return false;
        }
        let shared = self.asked.intersection(&other.asked).count();
        ratio(shared, self.asked.len() + other.asked.len() - shared) >= SAME_CONTENT
    }
}

fn matter_of(text: &str) -> BTreeSet<String> {
    let stems = content_stems(&text.replace("(n)", ""));
    let matter: BTreeSet<String> = stems
        .iter()
        .filter(|stem| !FORM_WORDS.contains(&stem.as_str()))
        .cloned()
        .collect();
    // Where the form words are the matter (sentences about statements), all words count.
    if matter.len() < FEWEST_WORDS {
        stems
    } else {
        matter
    }
}

fn key_text(item: &ItemContent) -> String {
    let in_order = |options: &[Choice], key: &[String]| -> String {
        let text = |id: &String| {
            options
                .iter()
                .find(|option| option.id == *id)
                .map(|option| option.text.clone())
        };
        key.iter().filter_map(text).collect::<Vec<_>>().join(" ")
    };
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => {
            split_options(item).0.join(" ")
        }
        ItemBody::TrueFalse { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => String::new(),
        ItemBody::FillBlank { .. } | ItemBody::Matching { .. } | ItemBody::Numeric { .. } => {
            texts_of(item).join(" ")
        }
        ItemBody::Ordering { options, key, .. } => in_order(options, key),
    }
}

fn shortened(stem: &str) -> String {
    stem.chars().take(60).collect()
}
