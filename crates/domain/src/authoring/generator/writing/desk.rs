//! The sections of a text as a model gets them, and what is wanted of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::super::blueprint::{Blueprint, BlueprintCell};
use super::super::super::gate::{Known, Topics};
use super::super::super::item::{CognitiveLevel, Difficulty, ItemContent, ItemKind, SourceSpan};
use super::super::document::{Document, Place, span_in};
use super::super::regenerate::sections_of;
use super::super::selection::is_about;
use super::super::shelf::topics_of;
use super::super::{BankedItem, DroppedItem, GenerateError, SourceText, Wanted, wanted_sections};
use crate::llm::as_data;

/// The kinds that a model writes.
pub const WRITTEN_KINDS: [ItemKind; 5] = [
    ItemKind::MultipleChoice,
    ItemKind::MultipleResponse,
    ItemKind::TrueFalse,
    ItemKind::FillBlank,
    ItemKind::ShortAnswer,
];

/// Sentences of a section that a model gets at most, from its beginning.
const MOST_SENTENCES: usize = 120;
/// Characters of them at most.
const MOST_CHARS: usize = 16_000;
/// Stems of other items, and refused ones, that a model is told of.
const MOST_TOLD: usize = 30;

/// Everything to be written for one draft.
#[derive(Debug)]
pub struct Desk {
    /// One for each section of which something is wanted, in the order of the text.
    pub assignments: Vec<Assignment>,
    pub(super) topics: Topics,
    /// The bank.
    pub(super) known: Known,
}

/// One section and what is wanted of it.
#[derive(Debug)]
pub struct Assignment {
    /// Its place in the text, from 0: part of the name of its calls.
    pub section: usize,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) orders: Vec<Order>,
    pub(super) kinds: Vec<ItemKind>,
    /// Stems of items that are there already.
    known: Vec<String>,
    sentences: Vec<(String, Place)>,
    sources: Arc<[SourceText]>,
}

/// A number of items of one description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) count: usize,
    pub(super) cognitive_level: Option<CognitiveLevel>,
    pub(super) difficulty: Option<Difficulty>,
}

impl Desk {
    /// Reads the texts and shares what the blueprint wants among their sections. No assignments if it wants no kind that a model
    /// writes.
    pub fn open(
        sources: &Arc<[SourceText]>,
        blueprint: &Blueprint,
        bank: &[BankedItem],
    ) -> Result<Self, GenerateError> {
        blueprint.validate()?;
        let document = Document::read(sources, blueprint);
        let sections = wanted_sections(&document, blueprint)?;
        let kinds: Vec<ItemKind> = WRITTEN_KINDS
            .into_iter()
            .filter(|kind| blueprint.allows(*kind))
            .collect();
        let mut orders = if kinds.is_empty() {
            BTreeMap::new()
        } else {
            orders_of(&document, blueprint, &sections)
        };
        let contents: Vec<ItemContent> = bank.iter().map(|item| item.content.clone()).collect();
        let assignments = sections.iter().filter_map(|section| {
            let there = in_section(&document, *section, blueprint, &contents);
            let orders = lacking(orders.remove(section)?, &there);
            Assignment::of(&document, *section, sources, (orders, kinds.clone(), &there))
        });
        Ok(Self {
            assignments: assignments.collect(),
            topics: topics_of(&document),
            known: Known::of(&contents),
        })
    }
}

impl Desk {
    /// For one more item of this description, unlike all of `existing`.
    pub fn for_another(
        sources: &Arc<[SourceText]>,
        blueprint: &Blueprint,
        existing: &[ItemContent],
        wanted: &Wanted<'_>,
    ) -> Result<Self, GenerateError> {
        blueprint.validate()?;
        let document = Document::read(sources, blueprint);
        let is_wanted =
            |kind: &ItemKind| blueprint.allows(*kind) && wanted.kind.is_none_or(|wanted| wanted == *kind);
        let kinds: Vec<ItemKind> = WRITTEN_KINDS.into_iter().filter(is_wanted).collect();
        let one = Order {
            count: 1,
            cognitive_level: wanted.cognitive_level,
            difficulty: wanted.difficulty,
        };
        let section = sections_of(&document, wanted.topic).first().copied();
        let section = section.filter(|_| !kinds.is_empty());
        let assignment = section.and_then(|section| {
            let there = in_section(&document, section, blueprint, existing);
            Assignment::of(&document, section, sources, (vec![one], kinds, &there))
        });
        Ok(Self {
            assignments: assignment.into_iter().collect(),
            topics: topics_of(&document),
            known: Known::of(existing),
        })
    }
}

/// What is wanted of each section; cells are shared evenly among the sections of their topic, earlier ones getting what is over.
fn orders_of(
    document: &Document<'_>,
    blueprint: &Blueprint,
    sections: &[usize],
) -> BTreeMap<usize, Vec<Order>> {
    if blueprint.cells.is_empty() {
        let any = Order {
            count: blueprint.items_per_section,
            cognitive_level: None,
            difficulty: None,
        };
        return sections.iter().map(|section| (*section, vec![any])).collect();
    }
    let mut orders: BTreeMap<usize, Vec<Order>> = BTreeMap::new();
    for cell in &blueprint.cells {
        let about: Vec<usize> = sections
            .iter()
            .copied()
            .filter(|section| is_of(cell, &document.sections[*section].title))
            .collect();
        for (place, section) in about.iter().enumerate() {
            let over = usize::from(place < cell.count % about.len());
            let count = cell.count / about.len() + over;
            if count > 0 {
                orders.entry(*section).or_default().push(Order {
                    count,
                    cognitive_level: cell.cognitive_level,
                    difficulty: cell.difficulty,
                });
            }
        }
    }
    orders
}

/// Items about a section of the text that the blueprint allows.
fn in_section<'i>(
    document: &Document<'_>,
    section: usize,
    blueprint: &Blueprint,
    items: &'i [ItemContent],
) -> Vec<&'i ItemContent> {
    let is_here = |item: &&ItemContent| {
        let sentences = item.source.as_ref().map(|source| document.sentences_at(source));
        let first = sentences.and_then(|sentences| sentences.first().copied());
        first.is_some_and(|first| document.sentences[first].section == section)
            && blueprint.allows(item.body.kind())
    };
    items.iter().filter(is_here).collect()
}

/// The orders without what the bank has for them.
fn lacking(mut orders: Vec<Order>, there: &[&ItemContent]) -> Vec<Order> {
    for item in there.iter().filter(|item| item.body.kind() != ItemKind::Essay) {
        let fits = |order: &&mut Order| {
            order.count > 0
                && order
                    .cognitive_level
                    .is_none_or(|level| level == item.cognitive_level)
                && order
                    .difficulty
                    .is_none_or(|difficulty| difficulty == item.difficulty)
        };
        if let Some(order) = orders.iter_mut().find(fits) {
            order.count -= 1;
        }
    }
    orders
}

fn is_of(cell: &BlueprintCell, title: &str) -> bool {
    cell.topic.as_ref().is_none_or(|topic| is_about(title, topic))
}

impl Assignment {
    /// `None` for a section of which nothing is wanted, or without a sentence that stands on one page.
    fn of(
        document: &Document<'_>,
        section: usize,
        sources: &Arc<[SourceText]>,
        (orders, kinds, there): (Vec<Order>, Vec<ItemKind>, &[&ItemContent]),
    ) -> Option<Self> {
        let own = &document.sections[section];
        let whole = document.sentences[own.sentences.clone()]
            .iter()
            .filter(|sentence| sentence.whole);
        let mut chars = 0;
        let sentences: Vec<(String, Place)> = whole
            .take(MOST_SENTENCES)
            .take_while(|sentence| {
                chars += sentence.text.chars().count();
                chars <= MOST_CHARS
            })
            .map(|sentence| (sentence.text.clone(), sentence.place))
            .collect();
        let wanted: usize = orders.iter().map(|order| order.count).sum();
        (!sentences.is_empty() && wanted > 0).then(|| Self {
            section,
            subject: document.subject_of(own.sentences.start).to_owned(),
            title: own.title.clone(),
            orders,
            kinds,
            known: there.iter().map(|item| item.stem.clone()).collect(),
            sentences,
            sources: Arc::clone(sources),
        })
    }

    /// The span from the first to the last of the sentences with these numbers, from 1; `None` when one is not there, or they
    /// are not on one page.
    pub(super) fn span(&self, numbers: &[usize]) -> Option<SourceSpan> {
        let place = |number: &usize| Some(self.sentences.get(number.checked_sub(1)?)?.1);
        let places: Vec<Place> = numbers.iter().map(place).collect::<Option<_>>()?;
        let place = Place::around(&places)?;
        Some(span_in(&self.sources, place))
    }

    /// The section, as data.
    pub(super) fn numbered_text(&self) -> String {
        let lines: Vec<String> = (1..)
            .zip(&self.sentences)
            .map(|(number, (text, _)): (usize, _)| {
                format!("{{\"number\":{number},\"text\":{}}}", as_data(text))
            })
            .collect();
        let (subject, title) = (as_data(&self.subject), as_data(&self.title));
        let sentences = lines.join(",\n");
        format!("{{\"subject\":{subject},\"section\":{title},\"sentences\":[\n{sentences}]}}")
    }

    /// What is still wanted, by order.
    pub(super) fn task<'s>(
        &'s self,
        wanted: &[usize],
        written: impl Iterator<Item = &'s str>,
        refused: &[DroppedItem],
    ) -> String {
        let orders = (1..).zip(self.orders.iter().zip(wanted));
        let orders = orders.filter(|(_, (_, count))| **count > 0);
        let orders = orders.map(|(number, (order, count)): (usize, _)| {
            json!({
                "order": number,
                "count": count,
                "cognitive_level": order.cognitive_level,
                "difficulty": order.difficulty,
            })
        });
        let known = written.chain(self.known.iter().map(String::as_str));
        let refused =
            refused.iter().rev().take(MOST_TOLD).map(
                |dropped| json!({ "stem": dropped.stem, "rule": dropped.rule, "reason": dropped.reason }),
            );
        json!({
            "kinds": self.kinds,
            "orders": orders.collect::<Vec<_>>(),
            "known": known.take(MOST_TOLD).collect::<Vec<_>>(),
            "refused": refused.collect::<Vec<_>>(),
        })
        .to_string()
    }
}
