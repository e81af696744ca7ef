//! What an assessment has of each description, and what of it came from the bank.

use std::collections::BTreeMap;

use super::super::item::{CognitiveLevel, Difficulty};
use super::super::model::KnownVersion;
use super::CoverageRow;
use super::makers::Candidate;

type Description = (usize, CognitiveLevel, Difficulty);

/// One row per description that occurs, in the order of the sections.
pub(super) fn counted(sections: &[(String, Vec<Candidate>)]) -> Vec<CoverageRow> {
    let mut counts: BTreeMap<Description, (usize, usize)> = BTreeMap::new();
    for (index, (_, chosen)) in sections.iter().enumerate() {
        for candidate in chosen {
            let item = &candidate.item;
            let count = counts
                .entry((index, item.cognitive_level, item.difficulty))
                .or_default();
            count.0 += 1;
            count.1 += usize::from(candidate.known.is_some());
        }
    }
    let row = |((section, level, difficulty), (count, reused)): (Description, (usize, usize))| CoverageRow {
        topic: Some(sections[section].0.clone()),
        cognitive_level: Some(level),
        difficulty: Some(difficulty),
        wanted: None,
        count,
        reused,
    };
    counts.into_iter().map(row).collect()
}

/// The items of the bank by section and place.
pub(super) fn reused_in(sections: &[(String, Vec<Candidate>)]) -> BTreeMap<(i32, i32), KnownVersion> {
    let mut reused = BTreeMap::new();
    for ((_, chosen), section) in sections.iter().zip(0..) {
        for (candidate, place) in chosen.iter().zip(0..) {
            reused.extend(candidate.known.map(|known| ((section, place), known)));
        }
    }
    reused
}
