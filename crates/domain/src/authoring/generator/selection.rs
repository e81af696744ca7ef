//! Which of the proposed items become the assessment: sound by the gate, varied in kind, each about something else.

use std::collections::BTreeMap;

use super::super::blueprint::{Blueprint, BlueprintCell};
use super::super::gate::wording::{has_phrase, normal, ratio};
use super::super::gate::{Gate, Known, Wanted};
use super::super::item::{Difficulty, ItemBody, ItemContent, ItemKind};
use super::super::model::KnownVersion;
use super::coverage::{counted, reused_in};
use super::makers::{Candidate, Workshop};
use super::remake::Remaker;
use super::shelf::{Shelf, is_essay, topics_of};
use super::{CoverageRow, DroppedItem, GeneratedSection, Supply};

/// Refused items kept for the reviewer; a long text refuses thousands.
pub(super) const MOST_DROPPED: usize = 200;
/// How much an item elsewhere in the assessment counts against its kind, next to one in the same section.
const ELSEWHERE: f64 = 0.15;

/// Whether a title has the words of a topic, in any case.
pub(super) fn is_about(title: &str, topic: &str) -> bool {
    has_phrase(&normal(title), &normal(topic))
}

/// What was chosen and what came of the rest.
pub(super) struct Selected {
    pub(super) sections: Vec<GeneratedSection>,
    pub(super) dropped: Vec<DroppedItem>,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) reused: BTreeMap<(i32, i32), KnownVersion>,
}

pub(super) struct Selection<'a> {
    workshop: &'a Workshop<'a>,
    blueprint: &'a Blueprint,
    /// Sections of the text with their proposals and what was chosen of them.
    shelves: Vec<Shelf>,
    gate: Gate,
    remaker: Remaker<'a>,
    /// What the blueprint asks for at the moment.
    wanted: Wanted<'a>,
    dropped: Vec<DroppedItem>,
    kinds_used: BTreeMap<ItemKind, usize>,
    difficulties_used: BTreeMap<Difficulty, usize>,
    true_statements: usize,
}

impl<'a> Selection<'a> {
    pub(super) fn new(
        workshop: &'a Workshop<'a>,
        blueprint: &'a Blueprint,
        sections: &[usize],
        supply: Supply<'_>,
    ) -> Self {
        let mut banked = by_section(
            supply.bank.iter().filter_map(|item| workshop.banked(item)),
            blueprint,
        );
        let mut written = by_section(
            supply.written.iter().filter_map(|item| workshop.placed(item)),
            blueprint,
        );
        let allowed = |kind: ItemKind| blueprint.allows(kind);
        let mut place = |section: &usize| Shelf {
            section: *section,
            banked: banked.remove(section).unwrap_or_default(),
            written: written.remove(section).unwrap_or_default(),
            proposals: workshop
                .candidates(*section, &allowed)
                .into_iter()
                .map(Some)
                .collect(),
            ..Shelf::default()
        };
        Self {
            workshop,
            blueprint,
            shelves: sections.iter().map(&mut place).collect(),
            gate: Gate::new(topics_of(workshop.document), Known::default()),
            remaker: Remaker::new(workshop),
            wanted: Wanted::default(),
            dropped: Vec::new(),
            kinds_used: BTreeMap::new(),
            difficulties_used: BTreeMap::new(),
            true_statements: 0,
        }
    }

    pub(super) fn run(mut self) -> Selected {
        let cells = if self.blueprint.cells.is_empty() {
            self.choose_essays();
            for place in 0..self.shelves.len() {
                self.fill_section(place);
            }
            None
        } else {
            self.offer_essays();
            Some(self.blueprint.cells.iter().map(|cell| self.fill(cell)).collect())
        };
        let chosen: Vec<(String, Vec<Candidate>)> = self
            .shelves
            .into_iter()
            .filter_map(|place| place.section(self.workshop))
            .collect();
        Selected {
            coverage: cells.unwrap_or_else(|| counted(&chosen)),
            reused: reused_in(&chosen),
            sections: chosen.into_iter().map(as_section).collect(),
            dropped: self.dropped,
        }
    }

    fn fill_section(&mut self, place: usize) {
        let wanted = self.blueprint.items_per_section;
        while self.shelves[place].chosen.len() < wanted && self.take_banked(place, &|item| !is_essay(item)) {}
        while self.shelves[place].chosen.len() < wanted && self.take_written(place, &|_| true) {}
        while self.shelves[place].chosen.len() < wanted && self.pick(place, &|_| true) {}
    }

    /// Essays go to the sections that carry them best; each takes the place of one other item.
    fn choose_essays(&mut self) {
        let default = if self.shelves.len() < 3 { 1 } else { 2 };
        let wanted = self.blueprint.essays.unwrap_or(default);
        if !self.blueprint.allows(ItemKind::Essay) {
            return;
        }
        let mut made = 0;
        for place in 0..self.shelves.len() {
            made += usize::from(made < wanted && self.take_banked(place, &is_essay));
        }
        let essay = |(index, place): (usize, &Shelf)| Some((index, self.workshop.essay(place.section)?));
        let mut essays: Vec<(usize, Candidate)> = self.shelves.iter().enumerate().filter_map(essay).collect();
        essays.sort_by_key(|(_, candidate)| std::cmp::Reverse(candidate.quality));
        for (index, candidate) in essays {
            if made < wanted
                && !self.shelves[index].has_essay()
                && let Some(essay) = self.admit(candidate)
            {
                self.shelves[index].chosen.push(essay);
                made += 1;
            }
        }
    }

    fn offer_essays(&mut self) {
        if !self.blueprint.allows(ItemKind::Essay) {
            return;
        }
        for place in &mut self.shelves {
            let essays = self.workshop.essays(place.section);
            place.proposals.extend(essays.into_iter().map(Some));
        }
    }

    /// Fills one cell of the blueprint, section by section in turn.
    fn fill(&mut self, cell: &'a BlueprintCell) -> CoverageRow {
        self.wanted = Wanted {
            topic: cell.topic.as_deref(),
            cognitive_level: cell.cognitive_level,
            difficulty: cell.difficulty,
        };
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
        let (mut count, mut reused) = (0, 0);
        for place in &shelves {
            while count < cell.count && self.take_banked(*place, &fits) {
                count += 1;
                reused += 1;
            }
        }
        for place in &shelves {
            while count < cell.count && self.take_written(*place, &fits) {
                count += 1;
            }
        }
        loop {
            let before = count;
            for place in &shelves {
                if count < cell.count && self.pick(*place, &fits) {
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
            reused,
        }
    }

    /// Takes the bank's next item of a section that fits and asks nothing that is asked already.
    fn take_banked(&mut self, place: usize, fits: &dyn Fn(&ItemContent) -> bool) -> bool {
        for index in 0..self.shelves[place].banked.len() {
            let own = &mut self.shelves[place];
            let usable = |candidate: &Candidate| {
                fits(&candidate.item) && (is_essay(&candidate.item) || !own.clashes(candidate))
            };
            if !own.banked[index].as_ref().is_some_and(usable) {
                continue;
            }
            // A person found it good; only what the assessment already has stands in its way.
            let Some(candidate) = own.banked[index].take() else {
                continue;
            };
            if self.gate.knows(&candidate.item) {
                continue;
            }
            self.gate.note(&candidate.item);
            self.count(&candidate.item);
            self.shelves[place].keep(candidate);
            return true;
        }
        false
    }

    /// Takes the next item that a model wrote for a section, fits and passes the gate.
    fn take_written(&mut self, place: usize, fits: &dyn Fn(&ItemContent) -> bool) -> bool {
        for index in 0..self.shelves[place].written.len() {
            let own = &mut self.shelves[place];
            let usable = |candidate: &Candidate| fits(&candidate.item) && !own.clashes(candidate);
            if !own.written[index].as_ref().is_some_and(usable) {
                continue;
            }
            let taken = own.written[index].take();
            if let Some(admitted) = taken.and_then(|candidate| self.admit(candidate)) {
                self.shelves[place].keep(admitted);
                return true;
            }
        }
        false
    }

    /// Takes the best proposal of a section that fits and passes the gate.
    fn pick(&mut self, place: usize, fits: &dyn Fn(&ItemContent) -> bool) -> bool {
        for index in self.ranking(place, fits) {
            let own = &mut self.shelves[place];
            let clashes = |candidate: &Candidate| !is_essay(&candidate.item) && own.clashes(candidate);
            if own.proposals[index].as_ref().is_none_or(clashes) {
                continue;
            }
            let Some(candidate) = own.proposals[index].take() else {
                continue;
            };
            if let Some(admitted) = self.admit(candidate) {
                self.shelves[place].keep(admitted);
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

    /// The proposal, or what another try made of it, if it passes the gate.
    fn admit(&mut self, candidate: Candidate) -> Option<Candidate> {
        let mut candidate = candidate;
        let mut tries = 1;
        while let Err(refusal) = self.gate.admit(&candidate.item, self.wanted) {
            if let Some(another) = self.remaker.anew(&candidate, tries) {
                candidate = another;
                tries += 1;
                continue;
            }
            if self.dropped.len() < MOST_DROPPED {
                self.dropped.push(DroppedItem {
                    rule: refusal.rule.to_owned(),
                    reason: refusal.reason,
                    stem: candidate.item.stem,
                    tries,
                });
            }
            return None;
        }
        self.count(&candidate.item);
        Some(candidate)
    }

    fn count(&mut self, item: &ItemContent) {
        *self.kinds_used.entry(item.body.kind()).or_default() += 1;
        *self.difficulties_used.entry(item.difficulty).or_default() += 1;
        self.true_statements += usize::from(matches!(item.body, ItemBody::TrueFalse { key: true, .. }));
    }
}

/// What is of a kind that the blueprint allows, by section of the text.
fn by_section(
    placed: impl Iterator<Item = (usize, Candidate)>,
    blueprint: &Blueprint,
) -> BTreeMap<usize, Vec<Option<Candidate>>> {
    let mut found: BTreeMap<usize, Vec<Option<Candidate>>> = BTreeMap::new();
    for (section, candidate) in placed.filter(|(_, candidate)| blueprint.allows(candidate.item.body.kind())) {
        found.entry(section).or_default().push(Some(candidate));
    }
    found
}

fn as_section((title, chosen): (String, Vec<Candidate>)) -> GeneratedSection {
    let items = chosen.into_iter().map(|candidate| candidate.item).collect();
    GeneratedSection { title, items }
}

/// How often a kind should come relative to the others.
const fn share(kind: ItemKind) -> f64 {
    match kind {
        ItemKind::MultipleChoice => 2.0,
        ItemKind::FillBlank | ItemKind::ShortAnswer => 1.3,
        ItemKind::Ordering | ItemKind::Numeric => 1.1,
        ItemKind::TrueFalse | ItemKind::MultipleResponse | ItemKind::Matching => 1.0,
        // The last three are written by people only.
        ItemKind::Essay | ItemKind::Coding | ItemKind::Profile | ItemKind::FileUpload => 0.2,
    }
}
