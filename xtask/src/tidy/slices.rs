//! Slices of the domain may know earlier slices, never each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::rust_text::{RustText, names_after};
use super::tree::Tree;

const ROOT: &str = "crates/domain/src/";

/// Kernel modules, even when they grow into folders; `store` names the port traits of every slice on purpose.
const KERNEL: [&str; 5] = ["ids", "job", "points", "store", "time"];

/// Compiled for tests only, and therefore free to name later slices.
const TEST_FOLDERS: [&str; 2] = ["tests/", "simulation/"];

type Edges<'tree> = BTreeMap<&'tree str, BTreeMap<String, String>>;

/// Imports between slice folders form no cycle; tests may look anywhere.
pub(crate) fn slices_form_no_cycle(tree: &Tree, findings: &mut Findings) {
    let edges = edges(tree);
    let mut reported = BTreeSet::new();
    for slice in edges.keys() {
        if let Some(cycle) = cycle_from(slice, &edges) {
            let mut members = cycle.clone();
            members.sort();
            if reported.insert(members) {
                let path = &edges[slice][&cycle[1 % cycle.len()]];
                findings.error(
                    path,
                    &format!("slices form a cycle: {} → {slice}", cycle.join(" → ")),
                );
            }
        }
    }
}

/// Slice → slice that it imports → a file that does.
fn edges(tree: &Tree) -> Edges<'_> {
    let files: Vec<(&str, &str, &str)> = tree
        .below(ROOT, ".rs")
        .filter_map(|(path, text)| {
            let (slice, file) = path.strip_prefix(ROOT)?.split_once('/')?;
            let test =
                file.ends_with("tests.rs") || TEST_FOLDERS.iter().any(|folder| file.starts_with(folder));
            (!KERNEL.contains(&slice) && !test).then_some((slice, path, text))
        })
        .collect();
    let slices: BTreeSet<&str> = files.iter().map(|(slice, _, _)| *slice).collect();
    let mut edges = Edges::new();
    for (slice, path, source) in files {
        for (_, name) in names_after(RustText::of(source).without_tests(), "crate") {
            if name != slice && slices.contains(name.as_str()) {
                edges
                    .entry(slice)
                    .or_default()
                    .entry(name)
                    .or_insert_with(|| path.to_owned());
            }
        }
    }
    edges
}

/// The shortest way from a slice back to itself.
fn cycle_from(start: &str, edges: &Edges<'_>) -> Option<Vec<String>> {
    let mut paths = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let targets = path
                .last()
                .and_then(|last| edges.get(last.as_str()))
                .into_iter()
                .flat_map(BTreeMap::keys);
            for target in targets {
                if target == start {
                    return Some(path);
                }
                if seen.insert(target.clone()) {
                    longer.push([path.clone(), vec![target.clone()]].concat());
                }
            }
        }
        paths = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn slices_in_order_are_fine_and_the_store_may_name_them_all() {
        let files = [
            ("crates/domain/src/identity/mod.rs", "use crate::store::Tx;"),
            (
                "crates/domain/src/attempts/mod.rs",
                "use crate::{identity::UserId, scoring::Score, store::Tx};",
            ),
            ("crates/domain/src/scoring/mod.rs", "use crate::identity::UserId;"),
            (
                "crates/domain/src/store.rs",
                "use crate::{attempts, identity, scoring};",
            ),
        ];
        assert!(errors(slices_form_no_cycle, &files).is_empty());
    }

    #[test]
    fn a_cycle_over_three_slices_is_found_once() {
        let files = [
            ("crates/domain/src/a/mod.rs", "use crate::b::X;"),
            ("crates/domain/src/b/mod.rs", ""),
            ("crates/domain/src/b/model.rs", "fn f() -> crate::c::Y {}"),
            ("crates/domain/src/c/mod.rs", "use crate::{a::Z};"),
        ];
        let found = errors(slices_form_no_cycle, &files);
        assert_eq!(
            found,
            ["crates/domain/src/a/mod.rs: slices form a cycle: a → b → c → a"]
        );
    }

    #[test]
    fn tests_do_not_count() {
        let files = [
            ("crates/domain/src/a/mod.rs", "use crate::b::X;"),
            (
                "crates/domain/src/b/mod.rs",
                "#[cfg(test)]\nmod tests { use crate::a::Y; }",
            ),
            ("crates/domain/src/b/tests.rs", "use crate::a::Y;"),
        ];
        assert!(errors(slices_form_no_cycle, &files).is_empty());
    }
}
