//! What is proposed for a section of the text, what the bank has for it, and what was chosen.

use std::collections::BTreeSet;

use super::super::gate::Topics;
use super::super::item::{ItemContent, ItemKind};
use super::document::Document;
use super::makers::{Candidate, Workshop};

/// One section of the text.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) section: usize,
    /// What the bank has.
    pub(super) banked: Vec<Option<Candidate>>,
    /// What a model wrote.
    pub(super) written: Vec<Option<Candidate>>,
    pub(super) proposals: Vec<Option<Candidate>>,
    pub(super) chosen: Vec<Candidate>,
    /// An essay asks about a whole section, so its sentences stay free.
    pub(super) sentences_used: BTreeSet<usize>,
}

impl Shelf {
    /// Whether a proposal asks about a sentence that another item asks about: one would answer the other.
    pub(super) fn clashes(&self, candidate: &Candidate) -> bool {
        candidate
            .sentences
            .iter()
            .any(|sentence| self.sentences_used.contains(sentence))
    }

    pub(super) fn has_essay(&self) -> bool {
        self.chosen.iter().any(|candidate| is_essay(&candidate.item))
    }

    pub(super) fn keep(&mut self, candidate: Candidate) {
        if !is_essay(&candidate.item) {
            self.sentences_used.extend(&candidate.sentences);
        }
        self.chosen.push(candidate);
    }

    /// Items in the order of the text, written answers last.
    pub(super) fn section(self, workshop: &Workshop<'_>) -> Option<(String, Vec<Candidate>)> {
        let mut chosen = self.chosen;
        chosen.sort_by_key(|candidate| {
            let kind = candidate.item.body.kind();
            (
                kind == ItemKind::Essay,
                kind.is_text(),
                candidate.sentences.first().copied(),
            )
        });
        let title = workshop.document.sections[self.section].title.clone();
        (!chosen.is_empty()).then_some((title, chosen))
    }
}

pub(super) fn is_essay(item: &ItemContent) -> bool {
    item.body.kind() == ItemKind::Essay
}

/// What each section of the text speaks of.
pub(super) fn topics_of(document: &Document<'_>) -> Topics {
    let texts: Vec<(&str, String)> = document
        .sections
        .iter()
        .map(|section| {
            let sentences = document.sentences[section.sentences.clone()].iter();
            let texts: Vec<&str> = sentences.map(|sentence| sentence.text.as_str()).collect();
            (section.title.as_str(), texts.join(" "))
        })
        .collect();
    Topics::of(texts.iter().map(|(title, text)| (*title, text.as_str())))
}
