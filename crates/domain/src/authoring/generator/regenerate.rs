//! One item in place of another that a reviewer did not want.

use super::super::blueprint::Blueprint;
use super::super::gate::{self, Gate, Known};
use super::super::item::{CognitiveLevel, Difficulty, ItemContent, ItemKind, SourceSpan};
use super::document::Document;
use super::facts::Facts;
use super::makers::{Candidate, Workshop};
use super::remake::MOST_TRIES;
use super::selection::is_about;
use super::shelf::topics_of;
use super::{DroppedItem, GenerateError, SourceText};

/// What the other item shall be; what is absent may be anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// How it is answered.
    pub kind: Option<ItemKind>,
    /// Title of its section.
    pub topic: Option<&'a str>,
    /// What the candidate has to do.
    pub cognitive_level: Option<CognitiveLevel>,
    /// How hard.
    pub difficulty: Option<Difficulty>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Regenerated {
    /// The other item; `None` when no proposal passed the gate.
    pub item: Option<ItemContent>,
    /// The proposals that were refused, at most three. None of them and no item: the text gives nothing more of this kind.
    pub dropped: Vec<DroppedItem>,
}

/// Makes an item unlike all of `existing`, which includes the one it replaces. At most three proposals are tried, those
/// about other sentences than the existing items first. The same arguments give the same result.
pub fn regenerate_one(
    sources: &[SourceText],
    blueprint: &Blueprint,
    seed: u64,
    existing: &[ItemContent],
    wanted: &Wanted<'_>,
) -> Result<Regenerated, GenerateError> {
    blueprint.validate()?;
    let document = Document::read(sources, blueprint);
    let facts = Facts::find(&document);
    let workshop = Workshop::new(&document, &facts, seed);
    let gate = Gate::new(topics_of(&document), Known::of(existing));
    let cell = gate::Wanted {
        topic: wanted.topic,
        cognitive_level: wanted.cognitive_level,
        difficulty: wanted.difficulty,
    };
    let mut dropped = Vec::new();
    let proposals = ranked(&workshop, blueprint, existing, wanted);
    for proposal in proposals.into_iter().take(usize::from(MOST_TRIES)) {
        match gate.judge(&proposal.item, cell) {
            Ok(()) => {
                return Ok(Regenerated {
                    item: Some(proposal.item),
                    dropped,
                });
            }
            Err(refusal) => dropped.push(DroppedItem {
                rule: refusal.rule.to_owned(),
                reason: refusal.reason,
                stem: proposal.item.stem,
                tries: 1,
            }),
        }
    }
    Ok(Regenerated { item: None, dropped })
}

/// Proposals of the wanted description that are not there already, the most promising first.
fn ranked(
    workshop: &Workshop<'_>,
    blueprint: &Blueprint,
    existing: &[ItemContent],
    wanted: &Wanted<'_>,
) -> Vec<Candidate> {
    let allowed = |kind: ItemKind| blueprint.allows(kind) && wanted.kind.is_none_or(|wanted| wanted == kind);
    let hashes: Vec<String> = existing.iter().map(gate::content_hash).collect();
    let fits = |candidate: &Candidate| {
        let item = &candidate.item;
        let level = wanted
            .cognitive_level
            .is_none_or(|level| level == item.cognitive_level);
        let difficulty = wanted
            .difficulty
            .is_none_or(|difficulty| difficulty == item.difficulty);
        level && difficulty && !hashes.contains(&gate::content_hash(item))
    };
    let mut found: Vec<(bool, u8, u64, Candidate)> = Vec::new();
    for section in sections_of(workshop.document, wanted.topic) {
        let essays = if allowed(ItemKind::Essay) {
            workshop.essays(section)
        } else {
            Vec::new()
        };
        let proposals = workshop.candidates(section, &allowed).into_iter().chain(essays);
        for (index, candidate) in proposals.enumerate().filter(|(_, candidate)| fits(candidate)) {
            let asked = candidate
                .item
                .source
                .as_ref()
                .is_some_and(|span| is_asked_about(span, existing));
            found.push((
                asked,
                u8::MAX - candidate.quality,
                workshop.tie_breaker(section, index),
                candidate,
            ));
        }
    }
    found.sort_by_key(|(asked, weak, tie, _)| (*asked, *weak, *tie));
    found.into_iter().map(|(.., candidate)| candidate).collect()
}

/// The section of that title, else those that speak of the topic; all when none is named.
pub(super) fn sections_of(document: &Document<'_>, topic: Option<&str>) -> Vec<usize> {
    let sections = 0..document.sections.len();
    let Some(topic) = topic else {
        return sections.collect();
    };
    let titled = |test: &dyn Fn(&str) -> bool| -> Vec<usize> {
        sections
            .clone()
            .filter(|index| test(&document.sections[*index].title))
            .collect()
    };
    let exact = titled(&|title| title == topic);
    if exact.is_empty() {
        titled(&|title| is_about(title, topic))
    } else {
        exact
    }
}

/// Whether an existing item cites a part of the same place.
fn is_asked_about(span: &SourceSpan, existing: &[ItemContent]) -> bool {
    existing
        .iter()
        .filter_map(|item| item.source.as_ref())
        .any(|other| {
            let same_page = other.syllabus_id == span.syllabus_id && other.page == span.page;
            same_page && other.start < span.end && span.start < other.end
        })
}
