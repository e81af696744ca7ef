//! One option, several options, and what a wrong one costs.

use std::collections::BTreeSet;

use super::text::fold;
use super::{Grade, ratio};
use crate::authoring::item::{Choice, Negative};
use crate::points::Points;

/// Any one right option earns everything. A key that names no option of the item is no key: nobody could be right.
pub(super) fn one(options: &[Choice], key: &[String], chosen: &str) -> Grade {
    let key = folded(key);
    let known = folded_options(options);
    if !key.iter().any(|id| known.is_empty() || known.contains(id)) {
        return Grade::NoKey;
    }
    Grade::right_if(key.contains(chosen))
}

/// Any wrong option makes the answer wrong; a right subset earns its share if partial credit is on.
pub(super) fn several(
    options: &[Choice],
    key: &BTreeSet<String>,
    partial_credit: bool,
    chosen: &BTreeSet<String>,
) -> Grade {
    let key = folded(key);
    let known = folded_options(options);
    if key.is_empty() || (!known.is_empty() && !key.is_subset(&known)) {
        return Grade::NoKey;
    }
    if !chosen.is_subset(&key) {
        return Grade::Wrong;
    }
    if chosen.len() == key.len() || partial_credit {
        return Grade::Share(ratio(chosen.len(), key.len()));
    }
    Grade::Share(0.0)
}

/// What a wrong answer costs, as a positive number of at most the marks. The percentage wins; nonsense (NaN, negative)
/// costs nothing.
pub(super) fn penalty(negative: Negative, marks: Points) -> Points {
    let penalty = match (negative.percent, negative.mark) {
        (Some(percent), _) if percent.is_finite() => marks.scaled(percent.clamp(0.0, 1.0)),
        (Some(_), _) | (None, None) => Points::ZERO,
        (None, Some(mark)) => mark,
    };
    penalty.clamp(Points::ZERO, marks)
}

fn folded<'a>(ids: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    ids.into_iter()
        .map(|id| fold(id))
        .filter(|id| !id.is_empty())
        .collect()
}

fn folded_options(options: &[Choice]) -> BTreeSet<String> {
    options.iter().map(|option| fold(&option.id)).collect()
}
