//! Terms to be matched with their descriptions.

use std::collections::BTreeMap;

use super::super::super::item::{Choice, CognitiveLevel, Difficulty, ItemBody};
use super::super::english::capitalised;
use super::super::facts::Shape;
use super::super::quality::has_dangling_pronoun;
use super::{Candidate, Outline, Workshop};

const MOST_PAIRS: usize = 5;
const FEWEST_PAIRS: usize = 3;
/// A citation longer than this, in characters, shows a reviewer nothing.
const LONGEST_CITATION: u32 = 1_600;

impl Workshop<'_> {
    pub(super) fn pairs(&self, section: usize) -> Vec<Candidate> {
        let definitions = self.definitions_in(section);
        let mut lists: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut prose: Vec<usize> = Vec::new();
        for index in definitions {
            let definition = self.definition(index);
            match definition.list {
                Some(list) => lists.entry(list).or_default().push(index),
                None if definition.shape == Shape::Noun => prose.push(index),
                None => {}
            }
        }
        let from_lists = lists.values().filter_map(|group| self.matched(group, 4));
        let from_prose = prose
            .chunks(MOST_PAIRS)
            .filter_map(|group| self.matched(group, 3));
        from_lists.chain(from_prose).collect()
    }

    /// Terms of the group that can be told apart, on the page of the first.
    fn matched(&self, group: &[usize], quality: u8) -> Option<Candidate> {
        let mut chosen: Vec<usize> = Vec::new();
        for index in group {
            let definition = self.definition(*index);
            let alike = |other: &usize| self.definition(*other).term.plural == definition.term.plural;
            let apart = chosen
                .iter()
                .all(|other| !self.related(*index, *other) && alike(other));
            if apart
                && !self.circular(*index)
                && !has_dangling_pronoun(&definition.body)
                && self.cited_with(&chosen, *index)
            {
                chosen.push(*index);
            }
        }
        chosen.truncate(MOST_PAIRS);
        (chosen.len() >= FEWEST_PAIRS).then(|| self.matching(&chosen, quality))?
    }

    fn cited_with(&self, chosen: &[usize], next: usize) -> bool {
        let sentences: Vec<usize> = chosen
            .iter()
            .chain([&next])
            .map(|index| self.definition(*index).sentence)
            .collect();
        self.document
            .place_of(&sentences)
            .is_some_and(|place| place.end - place.start <= LONGEST_CITATION)
    }

    fn matching(&self, chosen: &[usize], quality: u8) -> Option<Candidate> {
        let first = self.definition(*chosen.first()?);
        let mut chance = self.chance("pairs", first.sentence);
        let mut lefts: Vec<usize> = chosen.to_vec();
        let mut rights: Vec<usize> = chosen.to_vec();
        chance.shuffle(&mut lefts);
        chance.shuffle(&mut rights);
        if lefts == rights {
            rights.rotate_left(1);
        }
        let title = &self.document.sections[first.section].title;
        let outline = Outline {
            stem: format!("Match each term from “{title}” with its description."),
            marks: i64::try_from(chosen.len()).unwrap_or(4).min(4),
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality,
        };
        let sentences = chosen
            .iter()
            .map(|index| self.definition(*index).sentence)
            .collect();
        self.candidate(outline, self.matching_body(&lefts, &rights), sentences)
    }

    fn matching_body(&self, lefts: &[usize], rights: &[usize]) -> ItemBody {
        let term = |index: &usize| capitalised(&self.definition(*index).term.text);
        let description = |index: &usize| capitalised(&self.definition(*index).body);
        let partner = |index: &usize| {
            rights
                .iter()
                .position(|other| other == index)
                .map(|at| format!("r{}", at + 1))
        };
        let key = (1..)
            .zip(lefts)
            .map(|(number, index)| (format!("l{number}"), partner(index).into_iter().collect()));
        ItemBody::Matching {
            left: numbered("l", lefts.iter().map(term)),
            right: numbered("r", rights.iter().map(description)),
            key: key.collect(),
            partial_credit: true,
        }
    }
}

fn numbered(side: &str, texts: impl Iterator<Item = String>) -> Vec<Choice> {
    (1..)
        .zip(texts)
        .map(|(number, text)| Choice {
            id: format!("{side}{number}"),
            text,
        })
        .collect()
}
