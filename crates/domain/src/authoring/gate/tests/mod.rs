//! Planted bad items are refused by the rule they break, sound ones pass.

mod build;
mod planted;
mod planted_texts;
mod sound;

use super::super::item::ItemContent;
use super::{Gate, check, content_hash};
use build::{mc, tf};

/// Every planted item must be refused, and by this rule.
fn assert_refused_by(rule: &str, items: &[ItemContent], bank: &[ItemContent]) {
    assert!(items.len() >= 10, "{} items planted for {rule}", items.len());
    for item in items {
        let refused = check(item, bank).map_err(|rejection| rejection.rule);
        assert_eq!(refused, Err(rule), "{:?}: {}", item.body.kind(), item.stem);
    }
}

#[test]
fn one_key_refuses_its_planted_items() {
    assert_refused_by("one_key", &planted::one_key(), &[]);
}

#[test]
fn flaws_refuses_its_planted_items() {
    assert_refused_by("flaws", &planted::flaws(), &[]);
}

#[test]
fn distractors_refuses_its_planted_items() {
    assert_refused_by("distractors", &planted::distractors(), &[]);
}

#[test]
fn no_leak_refuses_its_planted_items() {
    assert_refused_by("no_leak", &planted_texts::no_leak(), &[]);
}

#[test]
fn grounded_refuses_its_planted_items() {
    assert_refused_by("grounded", &planted_texts::grounded(), &[]);
}

#[test]
fn no_duplicate_refuses_its_planted_items() {
    let (bank, copies) = planted_texts::duplicates();
    assert_refused_by("no_duplicate", &copies, &bank);
}

#[test]
fn at_least_95_of_100_sound_items_pass() {
    let items = sound::items();
    assert!(items.len() >= 30);
    let mut gate = Gate::default();
    let refused: Vec<String> = items
        .iter()
        .filter_map(|item| {
            gate.admit(item)
                .err()
                .map(|rejection| format!("{rejection} – {}", item.stem))
        })
        .collect();
    assert!(refused.len() * 20 <= items.len(), "{refused:#?}");
}

#[test]
fn the_hash_ignores_case_punctuation_and_the_order_of_options() {
    let one = mc("Which animal barks?", &["Dog", "Cat", "Cow"], "a", "A dog barks.");
    let same = mc("which animal  barks", &["cow", "dog", "cat"], "b", "A dog barks.");
    let other = mc("Which animal purrs?", &["Dog", "Cat", "Cow"], "b", "A cat purrs.");
    assert_eq!(content_hash(&one), content_hash(&same));
    assert_ne!(content_hash(&one), content_hash(&other));
}

#[test]
fn a_gate_knows_what_it_admitted() {
    let item = tf(
        "A dog is an animal that barks loudly.",
        true,
        "A dog is an animal that barks loudly.",
    );
    let mut gate = Gate::knowing(&[]);
    assert_eq!(gate.check(&item), Ok(()));
    assert_eq!(gate.admit(&item), Ok(()));
    assert_eq!(gate.admit(&item).unwrap_err().rule, "no_duplicate");
}
