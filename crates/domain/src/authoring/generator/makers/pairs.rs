//! Terms to be matched with their descriptions.

use std::collections::BTreeMap;

use super::super::super::item::{Choice, CognitiveLevel, Difficulty, ItemBody};
use super::super::english::capitalised;
use super::super::facts::{Row, Shape, Table};
use super::super::quality::has_dangling_pronoun;
use super::{Candidate, Outline, Workshop};

pub(super) const MOST_PAIRS: usize = 5;
pub(super) const FEWEST_PAIRS: usize = 3;
/// A citation longer than this, in characters, shows a reviewer nothing.
pub(super) const LONGEST_CITATION: u32 = 1_600;

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
        let tables = self.facts.tables.iter().filter(|table| table.section == section);
        from_lists
            .chain(from_prose)
            .chain(self.explained_pairs(section))
            .chain(tables.filter_map(|table| self.table_pairs(table)))
            .collect()
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
        let title = &self.document.sections[first.section].title;
        let outline = Outline {
            stem: format!("Match each term from “{title}” with its description."),
            marks: i64::try_from(chosen.len()).unwrap_or(4).min(4),
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality,
        };
        let pair = |index: &usize| {
            let definition = self.definition(*index);
            (capitalised(&definition.term.text), capitalised(&definition.body))
        };
        let pairs: Vec<(String, String)> = chosen.iter().map(pair).collect();
        let sentences = chosen
            .iter()
            .map(|index| self.definition(*index).sentence)
            .collect();
        self.candidate(outline, self.matching_of(&pairs, first.sentence), sentences)
    }

    /// Properties of a table with their values.
    fn table_pairs(&self, table: &Table) -> Option<Candidate> {
        let mut rows: Vec<&Row> = Vec::new();
        for row in &table.rows {
            let known = rows
                .iter()
                .any(|other| other.unit == row.unit && other.written == row.written);
            if !known && rows.len() < MOST_PAIRS {
                rows.push(row);
            }
        }
        if rows.len() < FEWEST_PAIRS {
            return None;
        }
        let title = &self.document.sections[table.section].title;
        let outline = Outline {
            stem: format!("Match each property from the table in “{title}” with its value."),
            marks: i64::try_from(rows.len()).unwrap_or(4).min(4),
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 3,
        };
        let pair = |row: &&Row| (capitalised(&row.label), format!("{} {}", row.written, row.unit));
        let pairs: Vec<(String, String)> = rows.iter().map(pair).collect();
        let sentences: Vec<usize> = rows.iter().map(|row| row.sentence).collect();
        self.candidate(outline, self.matching_of(&pairs, sentences[0]), sentences)
    }

    /// Both sides in shuffled orders of their own.
    pub(super) fn matching_of(&self, pairs: &[(String, String)], sentence: usize) -> ItemBody {
        let mut chance = self.chance("pairs", sentence);
        let mut lefts: Vec<usize> = (0..pairs.len()).collect();
        let mut rights = lefts.clone();
        chance.shuffle(&mut lefts);
        chance.shuffle(&mut rights);
        if lefts == rights {
            rights.rotate_left(1);
        }
        let partner = |index: &usize| {
            let at = rights.iter().position(|other| other == index);
            at.map(|at| format!("r{}", at + 1))
        };
        let key = (1..)
            .zip(&lefts)
            .map(|(number, index)| (format!("l{number}"), partner(index).into_iter().collect()));
        ItemBody::Matching {
            left: numbered("l", lefts.iter().map(|index| pairs[*index].0.clone())),
            right: numbered("r", rights.iter().map(|index| pairs[*index].1.clone())),
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
