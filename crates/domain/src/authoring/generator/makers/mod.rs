//! From facts to items, one file per family of kinds. A maker proposes; the gate and the selection decide.

mod analytic;
mod choice;
mod gaps;
mod number;
mod order;
mod pairs;
mod reasoning;
mod response;
mod rivals;
mod truth;
mod written;

pub(super) use written::short_answer_rubric;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::item::{Choice, CognitiveLevel, Difficulty, ItemBody, ItemContent, ItemKind};
use super::super::model::KnownVersion;
use super::BankedItem;
use super::document::{Document, Place};
use super::facts::{Definition, Facts};
use crate::chance::Chance;
use crate::points::Points;
use rivals::Profile;

/// A proposed item with what it was made from.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) item: ItemContent,
    /// Sentences it asks about; two items should not ask about the same one.
    pub(super) sentences: Vec<usize>,
    /// How well the wording usually turns out, higher is better.
    pub(super) quality: u8,
    /// Where it is kept, if it is one of the bank's.
    pub(super) known: Option<KnownVersion>,
}

/// What an item is apart from its body.
pub(super) struct Outline {
    pub(super) stem: String,
    pub(super) marks: i64,
    pub(super) level: CognitiveLevel,
    pub(super) difficulty: Difficulty,
    pub(super) quality: u8,
}

/// Proposals per maker and section; more would only cost time.
const MOST_PER_SECTION: usize = 40;
/// Parts the seeds of further tries from those of neighbouring requests.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

pub(super) struct Workshop<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) facts: &'a Facts,
    seed: u64,
    profiles: Arc<[Profile]>,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(document: &'a Document<'a>, facts: &'a Facts, seed: u64) -> Self {
        let profiles = facts.definitions.iter().map(Profile::of).collect();
        Self {
            document,
            facts,
            seed,
            profiles,
        }
    }

    /// The same text with other chances.
    pub(super) fn with_another_seed(&self, step: u64) -> Self {
        Self {
            document: self.document,
            facts: self.facts,
            seed: self.seed.wrapping_add(step.wrapping_mul(SEED_STEP)),
            profiles: Arc::clone(&self.profiles),
        }
    }

    /// An item of the bank in its section; `None` when it is about none of the texts.
    pub(super) fn banked(&self, item: &BankedItem) -> Option<(usize, Candidate)> {
        let (section, candidate) = self.placed(&item.content)?;
        let known = Some(item.known);
        Some((section, Candidate { known, ..candidate }))
    }

    /// An item that somebody else made, in its section; `None` when it is about none of the texts.
    pub(super) fn placed(&self, item: &ItemContent) -> Option<(usize, Candidate)> {
        let sentences = self.document.sentences_at(item.source.as_ref()?);
        let section = self.document.sentences[*sentences.first()?].section;
        let candidate = Candidate {
            item: item.clone(),
            sentences,
            quality: u8::MAX,
            known: None,
        };
        Some((section, candidate))
    }

    /// Where a proposal belongs.
    pub(super) fn section_of(&self, candidate: &Candidate) -> Option<usize> {
        let first = candidate.sentences.first()?;
        Some(self.document.sentences[*first].section)
    }

    /// Everything that can be asked about a section, except essays.
    pub(super) fn candidates(&self, section: usize, allowed: &dyn Fn(ItemKind) -> bool) -> Vec<Candidate> {
        let mut found = Vec::new();
        found.extend(self.choices(section));
        found.extend(self.explained_choices(section));
        found.extend(self.number_choices(section));
        found.extend(self.responses(section));
        found.extend(self.truths(section));
        found.extend(self.gaps(section));
        found.extend(self.pairs(section));
        found.extend(self.numbers(section));
        found.extend(self.orders(section));
        found.extend(self.short_answers(section));
        found.retain(|candidate| allowed(candidate.item.body.kind()));
        found
    }

    fn chance(&self, purpose: &str, sentence: usize) -> Chance {
        Chance::for_purpose(self.seed, &format!("{purpose}/{sentence}"))
    }

    fn tie(&self, one: usize, other: usize) -> u64 {
        Chance::tie(self.seed, one, other)
    }

    /// A seeded order among equally good proposals.
    pub(super) fn tie_breaker(&self, section: usize, proposal: usize) -> u64 {
        self.tie(section, proposal)
    }

    /// Indices of the definitions of a section, evenly thinned out when there are very many.
    fn definitions_in(&self, section: usize) -> Vec<usize> {
        // Definitions are kept in the order of their sentences, so those of a section are neighbours.
        let definitions = &self.facts.definitions;
        let first = definitions.partition_point(|definition| definition.section < section);
        let count = definitions[first..]
            .iter()
            .take_while(|definition| definition.section == section)
            .count();
        thinned((first..first + count).collect())
    }

    /// The sentences of a section that stand alone, evenly thinned out.
    fn plain_in(&self, section: usize) -> Vec<usize> {
        let range = self.document.sections[section].sentences.clone();
        let first = self.facts.plain.partition_point(|index| *index < range.start);
        let inside = self.facts.plain[first..]
            .iter()
            .take_while(|index| **index < range.end);
        thinned(inside.copied().collect())
    }

    /// An item about whole sentences, cited from the first to the last of them.
    fn candidate(&self, outline: Outline, body: ItemBody, sentences: Vec<usize>) -> Option<Candidate> {
        let place = self.document.place_of(&sentences)?;
        Some(self.candidate_at(outline, body, sentences, place))
    }

    fn candidate_at(
        &self,
        outline: Outline,
        body: ItemBody,
        sentences: Vec<usize>,
        place: Place,
    ) -> Candidate {
        let section = sentences
            .first()
            .map_or(0, |first| self.document.sentences[*first].section);
        let item = ItemContent {
            stem: outline.stem,
            marks: Points::whole(outline.marks),
            body,
            topic: self.document.sections[section].title.clone(),
            cognitive_level: outline.level,
            difficulty: outline.difficulty,
            source: Some(self.document.span(place)),
            skills: Vec::new(),
            written_by: None,
        };
        Candidate {
            item,
            sentences,
            quality: outline.quality,
            known: None,
        }
    }

    fn definition(&self, index: usize) -> &Definition {
        &self.facts.definitions[index]
    }
}

fn thinned(indices: Vec<usize>) -> Vec<usize> {
    let count = indices.len();
    if count <= MOST_PER_SECTION {
        return indices;
    }
    (0..MOST_PER_SECTION)
        .map(|index| indices[index * count / MOST_PER_SECTION])
        .collect()
}

/// Options in a shuffled order with ids given afterwards, and the ids of the right ones; the ids tell nothing.
pub(super) fn shuffled_options(
    right: &[String],
    wrong: &[String],
    chance: &mut Chance,
) -> (Vec<Choice>, Vec<String>) {
    let mut texts: Vec<(bool, &String)> = right
        .iter()
        .map(|text| (true, text))
        .chain(wrong.iter().map(|text| (false, text)))
        .collect();
    chance.shuffle(&mut texts);
    let mut key = Vec::new();
    let mut options = Vec::new();
    for (id, (is_right, text)) in ('a'..='z').zip(texts) {
        if is_right {
            key.push(id.to_string());
        }
        options.push(Choice {
            id: id.to_string(),
            text: text.clone(),
        });
    }
    (options, key)
}

pub(super) fn as_set(ids: Vec<String>) -> BTreeSet<String> {
    ids.into_iter().collect()
}
