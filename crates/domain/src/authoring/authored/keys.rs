//! Keys that name options: they must be there, and name what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{Findings, escaped, folded};
use crate::authoring::item::Choice;

const OPTIONS: &str = "/body/options";
const KEY: &str = "/body/key";
const AN_OPTION: &str = "the id of an option";

pub(super) fn one(options: &[Choice], key: &[String], findings: &mut Findings) {
    findings.choices(OPTIONS, options);
    findings.require(!key.is_empty(), KEY, "a list with the id of a right option");
    let known = ids(options);
    for (index, id) in key.iter().enumerate() {
        findings.require(known.contains(&folded(id)), &format!("{KEY}/{index}"), AN_OPTION);
    }
    let right: BTreeSet<String> = key.iter().map(|id| folded(id)).collect();
    let wrong_ones = known.is_empty() || !known.is_subset(&right);
    findings.require(wrong_ones, KEY, "a list that leaves a wrong option to choose");
}

/// The key is a set, so that its ids have no place of their own to point to.
pub(super) fn several(options: &[Choice], key: &BTreeSet<String>, findings: &mut Findings) {
    findings.choices(OPTIONS, options);
    findings.require(!key.is_empty(), KEY, "a list with the ids of all right options");
    let known = ids(options);
    for id in key.iter().filter(|id| !known.contains(&folded(id))) {
        findings.require(false, KEY, &format!("a list of option ids, which “{id}” is not"));
    }
}

pub(super) fn order(options: &[Choice], key: &[String], findings: &mut Findings) {
    findings.choices(OPTIONS, options);
    let given: BTreeSet<String> = key.iter().map(|id| folded(id)).collect();
    let whole = given == ids(options) && given.len() == key.len();
    findings.require(whole, KEY, "a list of every option's id once, in the right order");
}

pub(super) fn pairs(
    left: &[Choice],
    right: &[Choice],
    key: &BTreeMap<String, BTreeSet<String>>,
    findings: &mut Findings,
) {
    findings.choices("/body/left", left);
    findings.choices("/body/right", right);
    let (lefts, rights) = (ids(left), ids(right));
    for (id, chosen) in key {
        let pointer = format!("{KEY}/{}", escaped(id));
        findings.require(
            lefts.contains(&folded(id)),
            &pointer,
            "left out: no left entry has this id",
        );
        findings.require(
            !chosen.is_empty(),
            &pointer,
            "a list with the id of a right entry",
        );
        for id in chosen.iter().filter(|id| !rights.contains(&folded(id))) {
            findings.require(
                false,
                &pointer,
                &format!("a list of right entries' ids, which “{id}” is not"),
            );
        }
    }
    let keyed: BTreeSet<String> = key.keys().map(|id| folded(id)).collect();
    for entry in left.iter().filter(|entry| !keyed.contains(&folded(&entry.id))) {
        findings.require(
            false,
            KEY,
            &format!("a map with a member for left entry “{}”", entry.id),
        );
    }
}

fn ids(choices: &[Choice]) -> BTreeSet<String> {
    choices.iter().map(|choice| folded(&choice.id)).collect()
}
