//! `no_duplicate`: no item asks what another already asks, of the batch or of the bank.

use std::collections::BTreeSet;

use super::super::item::{ItemContent, ItemKind};
use super::content::{content_hash, key_text};
use super::wording::{FORM_WORDS, content_stems, normal, ratio};

/// Two items are the same question when they share this much of their content words (Jaccard).
const SAME_CONTENT: f64 = 0.75;
/// Statements and gap texts with fewer content words are too short for a likeness to mean anything.
const FEWEST_WORDS: usize = 4;

/// What is known of the items that are already there: the bank, and the batch so far.
#[derive(Debug, Default)]
pub struct Known {
    signatures: Vec<Signature>,
}

impl Known {
    /// The items of a bank.
    pub fn of(bank: &[ItemContent]) -> Self {
        Self {
            signatures: bank.iter().map(Signature::of).collect(),
        }
    }

    /// Compares later items with this one too.
    pub fn note(&mut self, item: &ItemContent) {
        self.signatures.push(Signature::of(item));
    }

    /// Compares later items with one of which only the [`content_hash`] and the stem are at hand.
    pub fn note_stem(&mut self, hash: &str, stem: &str) {
        self.signatures.push(Signature {
            hash: hash.to_owned(),
            asked: matter_of(stem),
            key: None,
            stem: normal(stem),
        });
    }

    pub(super) fn check(&self, item: &ItemContent) -> Result<(), String> {
        let own = Signature::of(item);
        for other in &self.signatures {
            if own.hash == other.hash {
                return Err("an equal item is already there".to_owned());
            }
            if own.same_question(other) {
                return Err(format!("it asks the same as “{}”", shortened(&other.stem)));
            }
        }
        Ok(())
    }
}

/// What is compared of an item.
#[derive(Debug)]
struct Signature {
    hash: String,
    /// Content of the stem and of the right answer, without the wrong options.
    asked: BTreeSet<String>,
    /// Kind, and what the candidate has to find (empty for written answers); `None` when only the stem is known.
    key: Option<(ItemKind, String)>,
    stem: String,
}

impl Signature {
    fn of(item: &ItemContent) -> Self {
        let key = key_text(item);
        Self {
            hash: content_hash(item),
            asked: matter_of(&format!("{} {key}", item.stem)),
            key: Some((item.body.kind(), normal(&key))),
            stem: normal(&item.stem),
        }
    }

    fn same_question(&self, other: &Self) -> bool {
        let fewest = self.asked.len().min(other.asked.len());
        if self.stem == other.stem {
            // “Match each term with its description.” is the same stem again and another question.
            let same_key = self.key == other.key;
            if same_key || other.key.is_none() && fewest >= FEWEST_WORDS {
                return true;
            }
        }
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

fn shortened(stem: &str) -> String {
    stem.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::choice;
    use super::*;

    #[test]
    fn a_bank_of_stems_and_hashes_is_enough_to_find_a_copy() {
        let item = choice(
            "Which animal barks loudly at strangers?",
            &["Dog", "Cat", "Cow"],
            "A dog barks loudly at strangers.",
        );
        let mut by_hash = Known::default();
        by_hash.note_stem(&content_hash(&item), "");
        assert!(by_hash.check(&item).is_err());
        let mut by_stem = Known::default();
        by_stem.note_stem("", "Which animal BARKS loudly at strangers");
        assert!(by_stem.check(&item).is_err());
        let mut other = Known::default();
        other.note_stem("", "Which animal purrs softly near friends?");
        assert_eq!(other.check(&item), Ok(()));
    }
}
