//! Left entries and the right entries that belong to them.

use std::collections::{BTreeMap, BTreeSet};

use super::text::fold;
use super::{Grade, Graded, part, ratio};

/// All or nothing, or the share of right pairs.
///
/// With partial credit a wrong pair takes back a right one of the same left entry, and a pair for an entry that has no key
/// takes back one anywhere: otherwise choosing everything would earn everything.
pub(super) fn grade(
    key: &BTreeMap<String, BTreeSet<String>>,
    partial_credit: bool,
    pairs: &BTreeMap<String, BTreeSet<String>>,
) -> Graded {
    let key: BTreeMap<String, (&str, BTreeSet<String>)> = key
        .iter()
        .filter(|(_, rights)| !rights.is_empty())
        .map(|(left, rights)| {
            (
                fold(left),
                (left.as_str(), rights.iter().map(|right| fold(right)).collect()),
            )
        })
        .collect();
    let wanted: usize = key.values().map(|(_, rights)| rights.len()).sum();
    if wanted == 0 {
        return Grade::NoKey.into();
    }
    let nothing = BTreeSet::new();
    let mut earned = 0;
    let mut parts = Vec::with_capacity(key.len());
    for (left, (id, rights)) in &key {
        let chosen = pairs.get(left).unwrap_or(&nothing);
        let hits = chosen.intersection(rights).count();
        let kept = hits.saturating_sub(chosen.len() - hits);
        earned += kept;
        parts.push(part(
            id,
            ratio(kept, rights.len()),
            ratio(rights.len(), wanted),
            rationale(kept, rights.len()),
        ));
    }
    let stray: usize = pairs
        .iter()
        .filter(|(left, _)| !key.contains_key(*left))
        .map(|(_, rights)| rights.len())
        .sum();
    let share = ratio(earned.saturating_sub(stray), wanted);
    let grade = if partial_credit || share >= 1.0 {
        Grade::Share(share)
    } else {
        Grade::Wrong
    };
    Graded { grade, parts }
}

fn rationale(kept: usize, wanted: usize) -> &'static str {
    match kept {
        0 => "This match is not right.",
        _ if kept == wanted => "This match is right.",
        _ => "This match is partly right.",
    }
}
