//! Which of the proposed items become the assessment: sound by the gate, varied in kind, each about something else.

use std::collections::{BTreeMap, BTreeSet};

use super::super::blueprint::{Blueprint, BlueprintCell};
use super::super::gate::Gate;
use super::super::gate::wording::{has_phrase, normal, ratio};
use super::super::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent, ItemKind};
use super::makers::{Candidate, Workshop};
use super::{CoverageRow, DroppedItem, GeneratedSection};

/// Refused items kept for the reviewer; a long text refuses thousands.
const MOST_DROPPED: usize = 200;
/// How much an item elsewhere in the assessment counts against its kind, next to one in the same section.
const ELSEWHERE: f64 = 0.15;
/// A section with fewer items may ask about a sentence in two ways.
const FEWEST_ITEMS: usize = 5;

/// Whether a title has the words of a topic, in any case.
pub(super) fn is_about(title: &str, topic: &str) -> bool {
    has_phrase(&normal(title), &normal(topic))
}

pub(super) struct Selection<'a> {
    workshop: &'a Workshop<'a>,
    blueprint: &'a Blueprint,
    /// Sections of the text with their proposals and what was chosen of them.
    shelves: Vec<Shelf>,
    gate: Gate,
    dropped: Vec<DroppedItem>,
    kinds_used: BTreeMap<ItemKind, usize>,
    difficulties_used: BTreeMap<Difficulty, usize>,
    true_statements: usize,
}

struct Shelf {
    section: usize,
    proposals: Vec<Option<Candidate>>,
    chosen: Vec<Candidate>,
    sentences_used: BTreeMap<usize, usize>,
    /// Sentences shown as a statement, with a gap or with a changed part: twice would answer one by the other.
    sentences_shown: BTreeSet<usize>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(workshop: &'a Workshop<'a>, blueprint: &'a Blueprint, sections: &[usize]) -> Self {
        let allowed = |kind: ItemKind| blueprint.allows(kind);
        let place = |section: &usize| Shelf {
            section: *section,
            proposals: workshop
                .candidates(*section, &allowed)
                .into_iter()
                .map(Some)
                .collect(),
            chosen: Vec::new(),
            sentences_used: BTreeMap::new(),
            sentences_shown: BTreeSet::new(),
        };
        Self {
            workshop,
            blueprint,
            shelves: sections.iter().map(place).collect(),
            gate: Gate::default(),
            dropped: Vec::new(),
            kinds_used: BTreeMap::new(),
            difficulties_used: BTreeMap::new(),
            true_statements: 0,
        }
    }

    pub(super) fn run(mut self) -> (Vec<GeneratedSection>, Vec<DroppedItem>, Vec<CoverageRow>) {
        let coverage = if self.blueprint.cells.is_empty() {
            self.choose_essays();
            for place in 0..self.shelves.len() {
                self.fill_section(place);
            }
            None
        } else {
            self.offer_essays();
            Some(self.blueprint.cells.iter().map(|cell| self.fill(cell)).collect())
        };
        let workshop = self.workshop;
        let sections: Vec<GeneratedSection> = self
            .shelves
            .into_iter()
            .filter_map(|place| place.section(workshop))
            .collect();
        let coverage = coverage.unwrap_or_else(|| counted(&sections));
        (sections, self.dropped, coverage)
    }

    /// A sentence is asked about twice only where a section would otherwise stay nearly empty.
    fn fill_section(&mut self, place: usize) {
        let wanted = self.blueprint.items_per_section;
        while self.shelves[place].chosen.len() < wanted && self.pick(place, 0, &|_| true) {}
        while self.shelves[place].chosen.len() < wanted.min(FEWEST_ITEMS) && self.pick(place, 1, &|_| true) {}
    }

    /// Essays go to the sections that carry them best; each takes the place of one other item.
    fn choose_essays(&mut self) {
        let default = if self.shelves.len() < 3 { 1 } else { 2 };
        let wanted = self.blueprint.essays.unwrap_or(default);
        if !self.blueprint.allows(ItemKind::Essay) {
            return;
        }
        let essay = |(index, place): (usize, &Shelf)| Some((index, self.workshop.essay(place.section)?));
        let mut essays: Vec<(usize, Candidate)> = self.shelves.iter().enumerate().filter_map(essay).collect();
        essays.sort_by_key(|(_, candidate)| std::cmp::Reverse(candidate.quality));
        let mut made = 0;
        for (index, candidate) in essays {
            if made < wanted && self.admit(&candidate) {
                // An essay asks about a whole section, so its sentences stay free for other items.
                self.shelves[index].chosen.push(candidate);
                made += 1;
            }
        }
    }

    fn offer_essays(&mut self) {
        if !self.blueprint.allows(ItemKind::Essay) {
            return;
        }
        for place in &mut self.shelves {
            place.proposals.push(self.workshop.essay(place.section));
        }
    }

    /// Fills one cell of the blueprint, section by section in turn.
    fn fill(&mut self, cell: &BlueprintCell) -> CoverageRow {
        let workshop = self.workshop;
        let title = |place: &Shelf| &workshop.document.sections[place.section].title;
        let about = |place: &Shelf| {
            cell.topic
                .as_ref()
                .is_none_or(|topic| is_about(title(place), topic))
        };
        let shelves: Vec<usize> = (0..self.shelves.len())
            .filter(|index| about(&self.shelves[*index]))
            .collect();
        let fits = |item: &ItemContent| {
            cell.cognitive_level
                .is_none_or(|level| level == item.cognitive_level)
                && cell
                    .difficulty
                    .is_none_or(|difficulty| difficulty == item.difficulty)
        };
        let mut count = 0;
        loop {
            let before = count;
            for place in &shelves {
                if count < cell.count && (self.pick(*place, 0, &fits) || self.pick(*place, 1, &fits)) {
                    count += 1;
                }
            }
            if count == before || count == cell.count {
                break;
            }
        }
        CoverageRow {
            topic: cell.topic.clone(),
            cognitive_level: cell.cognitive_level,
            difficulty: cell.difficulty,
            wanted: Some(cell.count),
            count,
        }
    }

    /// Takes the best proposal of a section that fits and passes the gate; `reuse` says how many items may already ask
    /// about one of its sentences.
    fn pick(&mut self, place: usize, reuse: usize, fits: &dyn Fn(&ItemContent) -> bool) -> bool {
        for index in self.ranking(place, fits) {
            let own = &mut self.shelves[place];
            let clashes = |candidate: &Candidate| own.clashes(candidate, reuse);
            if own.proposals[index].as_ref().is_none_or(clashes) {
                continue;
            }
            let Some(candidate) = own.proposals[index].take() else {
                continue;
            };
            if self.admit(&candidate) {
                self.shelves[place].keep(candidate);
                return true;
            }
        }
        false
    }

    /// Proposals by how much their kind is still missing, then by quality, then in a seeded order.
    fn ranking(&self, place: usize, fits: &dyn Fn(&ItemContent) -> bool) -> Vec<usize> {
        let own = &self.shelves[place];
        let mut in_section: BTreeMap<ItemKind, usize> = BTreeMap::new();
        for candidate in &own.chosen {
            *in_section.entry(candidate.item.body.kind()).or_default() += 1;
        }
        let scarce = self.scarcest_difficulty();
        let mut ranked: Vec<(u8, f64, u8, u64, usize)> = Vec::new();
        for (index, proposal) in own.proposals.iter().enumerate() {
            let Some(candidate) = proposal.as_ref().filter(|candidate| fits(&candidate.item)) else {
                continue;
            };
            let kind = candidate.item.body.kind();
            let here = in_section.get(&kind).copied().unwrap_or(0);
            let all = self.kinds_used.get(&kind).copied().unwrap_or(0);
            let load = (ratio(here, 1) + ELSEWHERE * ratio(all, 1) + self.truth_surplus(&candidate.item))
                / share(kind);
            let wrong_difficulty = u8::from(scarce.is_some_and(|scarce| scarce != candidate.item.difficulty));
            let weak = u8::MAX - candidate.quality;
            // A weak wording of a missing kind is no better than a good one of a kind that is there.
            let load = load + if candidate.quality <= 1 { 1.5 } else { 0.0 };
            ranked.push((
                wrong_difficulty,
                load,
                weak,
                self.workshop.tie_breaker(place, index),
                index,
            ));
        }
        ranked.sort_by(|one, other| {
            let by_load = one.0.cmp(&other.0).then(one.1.total_cmp(&other.1));
            by_load.then((one.2, one.3, one.4).cmp(&(other.2, other.3, other.4)))
        });
        ranked.into_iter().map(|(.., index)| index).collect()
    }

    /// True and false statements are kept in balance.
    fn truth_surplus(&self, item: &ItemContent) -> f64 {
        let ItemBody::TrueFalse { key, .. } = item.body else {
            return 0.0;
        };
        let all = self.kinds_used.get(&ItemKind::TrueFalse).copied().unwrap_or(0);
        let more_true = self.true_statements * 2 > all;
        let more_false = self.true_statements * 2 < all;
        if key && more_true || !key && more_false {
            0.4
        } else {
            0.0
        }
    }

    /// The difficulty furthest below its share; `None` when the blueprint leaves it open.
    fn scarcest_difficulty(&self) -> Option<Difficulty> {
        let mix = self.blueprint.difficulty?;
        let used =
            |difficulty: &Difficulty| ratio(self.difficulties_used.get(difficulty).copied().unwrap_or(0), 1);
        let wanted = [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard];
        let fill = |difficulty: &Difficulty| (used(difficulty) + 0.5) / mix.share(*difficulty);
        let open = wanted
            .into_iter()
            .filter(|difficulty| mix.share(*difficulty) > 0.0);
        open.min_by(|one, other| fill(one).total_cmp(&fill(other)))
    }

    fn admit(&mut self, candidate: &Candidate) -> bool {
        let item = &candidate.item;
        if let Err(rejection) = self.gate.admit(item) {
            if self.dropped.len() < MOST_DROPPED {
                let stem = item.stem.clone();
                self.dropped.push(DroppedItem {
                    rule: rejection.rule.to_owned(),
                    reason: rejection.reason,
                    stem,
                });
            }
            return false;
        }
        *self.kinds_used.entry(item.body.kind()).or_default() += 1;
        *self.difficulties_used.entry(item.difficulty).or_default() += 1;
        self.true_statements += usize::from(matches!(item.body, ItemBody::TrueFalse { key: true, .. }));
        true
    }
}

impl Shelf {
    fn clashes(&self, candidate: &Candidate, reuse: usize) -> bool {
        let shows = shows_sentence(candidate.item.body.kind());
        candidate.sentences.iter().any(|sentence| {
            let used = self.sentences_used.get(sentence).copied().unwrap_or(0);
            used > reuse || shows && self.sentences_shown.contains(sentence)
        })
    }

    fn keep(&mut self, candidate: Candidate) {
        for sentence in &candidate.sentences {
            *self.sentences_used.entry(*sentence).or_default() += 1;
        }
        if shows_sentence(candidate.item.body.kind()) {
            self.sentences_shown.extend(&candidate.sentences);
        }
        self.chosen.push(candidate);
    }

    /// Items in the order of the text, written answers last.
    fn section(self, workshop: &Workshop<'_>) -> Option<GeneratedSection> {
        let mut chosen = self.chosen;
        chosen.sort_by_key(|candidate| {
            let kind = candidate.item.body.kind();
            (
                kind == ItemKind::Essay,
                kind.is_text(),
                candidate.sentences.first().copied(),
            )
        });
        let items: Vec<ItemContent> = chosen.into_iter().map(|candidate| candidate.item).collect();
        let title = workshop.document.sections[self.section].title.clone();
        (!items.is_empty()).then_some(GeneratedSection { title, items })
    }
}

const fn shows_sentence(kind: ItemKind) -> bool {
    matches!(
        kind,
        ItemKind::TrueFalse | ItemKind::FillBlank | ItemKind::Numeric
    )
}

/// How often a kind should come relative to the others.
const fn share(kind: ItemKind) -> f64 {
    match kind {
        ItemKind::MultipleChoice => 2.0,
        ItemKind::TrueFalse | ItemKind::FillBlank | ItemKind::ShortAnswer => 1.3,
        ItemKind::Ordering | ItemKind::Numeric => 1.1,
        ItemKind::MultipleResponse | ItemKind::Matching => 1.0,
        // The last three are written by people only.
        ItemKind::Essay | ItemKind::Coding | ItemKind::Profile | ItemKind::FileUpload => 0.2,
    }
}

fn counted(sections: &[GeneratedSection]) -> Vec<CoverageRow> {
    let mut counts: BTreeMap<(usize, CognitiveLevel, Difficulty), usize> = BTreeMap::new();
    for (index, section) in sections.iter().enumerate() {
        for item in &section.items {
            *counts
                .entry((index, item.cognitive_level, item.difficulty))
                .or_default() += 1;
        }
    }
    let row =
        |((section, level, difficulty), count): ((usize, CognitiveLevel, Difficulty), usize)| CoverageRow {
            topic: Some(sections[section].title.clone()),
            cognitive_level: Some(level),
            difficulty: Some(difficulty),
            wanted: None,
            count,
        };
    counts.into_iter().map(row).collect()
}
