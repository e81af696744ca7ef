//! The quality gate refuses planted items by the rule they break, and lets sound ones through.

use std::collections::{BTreeMap, BTreeSet};

use domain::authoring::gate::rule_names;
use domain::authoring::item::{ItemGroup, ItemKind};
use testkit::judged_items::{Table, planted, sound, verdicts, verdicts_on_batch};

const FEWEST_PLANTED: usize = 12;

fn kinds_of(table: &Table) -> BTreeSet<ItemKind> {
    table.items.iter().map(|judged| judged.item.body.kind()).collect()
}

#[test]
fn every_rule_refuses_its_planted_items_by_its_name() {
    let planted = planted();
    let named: Vec<&str> = planted.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(named, rule_names().collect::<Vec<_>>());
    let mut faults = Vec::new();
    for (rule, table) in &planted {
        assert!(
            table.items.len() >= FEWEST_PLANTED,
            "{rule}: {} planted",
            table.items.len()
        );
        assert!(kinds_of(table).len() >= 2, "{rule}: one kind only");
        for (judged, verdict) in table.items.iter().zip(verdicts(table)) {
            if verdict.as_ref().err().map(|refusal| refusal.rule) != Some(*rule) {
                faults.push(format!("{rule}: {verdict:?} – {}", judged.item.stem));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn at_least_95_of_100_sound_items_pass() {
    let subjects = sound();
    let mut kinds: BTreeMap<ItemKind, usize> = BTreeMap::new();
    let (mut all, mut refused) = (0, Vec::new());
    for (subject, table) in &subjects {
        all += table.items.len();
        for (judged, verdict) in table.items.iter().zip(verdicts_on_batch(table)) {
            *kinds.entry(judged.item.body.kind()).or_default() += 1;
            if let Err(refusal) = verdict {
                refused.push(format!("{subject}: {refusal} – {}", judged.item.stem));
            }
        }
    }
    let made = |kind: &&ItemKind| matches!(kind.group(), ItemGroup::RuleScored | ItemGroup::Essay);
    assert_eq!(
        kinds.len(),
        ItemKind::ALL.iter().filter(made).count(),
        "{kinds:?}"
    );
    assert!(subjects.len() >= 5);
    assert_eq!(all, 100);
    assert!(
        refused.len() * 20 <= all,
        "{} refused: {refused:#?}",
        refused.len()
    );
}
