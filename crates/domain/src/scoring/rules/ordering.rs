//! Entries in order.

use std::collections::BTreeSet;

use super::text::fold;
use super::{Grade, ratio};
use crate::authoring::item::Choice;

/// The exact order earns everything; with partial credit the longest right run earns its share.
///
/// A run is a row of neighbours that are neighbours in the key too, in the same order. One entry alone is no order, so a
/// run of one earns nothing. An answer with repeated or unknown entries is wrong as a whole: no such answer can be saved.
pub(super) fn grade(options: &[Choice], key: &[String], partial_credit: bool, order: &[String]) -> Grade {
    let key: Vec<String> = key.iter().map(|id| fold(id)).collect();
    let wanted: BTreeSet<&str> = key.iter().map(String::as_str).collect();
    let known: BTreeSet<String> = options.iter().map(|option| fold(&option.id)).collect();
    let is_among_options = |id: &&str| known.is_empty() || known.contains(*id);
    if key.is_empty() || wanted.len() != key.len() || !wanted.iter().all(is_among_options) {
        return Grade::NoKey;
    }
    if order == key.as_slice() {
        return Grade::Share(1.0);
    }
    let given: BTreeSet<&str> = order.iter().map(String::as_str).collect();
    if !partial_credit || given.len() != order.len() || !given.is_subset(&wanted) {
        return Grade::Wrong;
    }
    match longest_run(&key, order) {
        0 | 1 => Grade::Wrong,
        run => Grade::Share(ratio(run, key.len())),
    }
}

/// Length of the longest row of entries that stand next to each other, in this order, in both lists.
fn longest_run(key: &[String], order: &[String]) -> usize {
    let places: Vec<Option<usize>> = order
        .iter()
        .map(|id| key.iter().position(|wanted| wanted == id))
        .collect();
    let mut longest = 0;
    let mut run = 0;
    let mut previous = None;
    for place in places {
        let follows = matches!((previous, place), (Some(before), Some(here)) if here == before + 1);
        run = if follows { run + 1 } else { 1 };
        previous = place;
        longest = longest.max(run);
    }
    longest
}
