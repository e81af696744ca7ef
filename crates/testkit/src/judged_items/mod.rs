//! Items with a verdict that is known beforehand: bad ones, planted for the rule that has to refuse them, and sound ones.
//!
//! Written by hand for this purpose, in tables beside this file. Tests hold the figures above their limits, `cargo xtask bench
//! gate` prints them.

mod broken;
mod build;
mod table;

use domain::authoring::gate::{self, Context, Gate, Known, Refusal, Topics};

pub use table::{Judged, Table};

/// Bad items for each rule of the gate, in the order of its rules.
pub fn planted() -> Vec<(&'static str, Table)> {
    let mut flaws = Table::read(include_str!("planted/flaws.txt"));
    flaws.items.push(broken::blank_option());
    let mut grounded = Table::read(include_str!("planted/grounded.txt"));
    grounded.items.extend(broken::without_source());
    vec![
        ("one_key", broken::one_key()),
        ("flaws", flaws),
        ("no_leak", Table::read(include_str!("planted/no_leak.txt"))),
        ("grounded", grounded),
        (
            "distractors",
            Table::read(include_str!("planted/distractors.txt")),
        ),
        (
            "not_trivial",
            Table::read(include_str!("planted/not_trivial.txt")),
        ),
        (
            "no_duplicate",
            Table::read(include_str!("planted/no_duplicate.txt")),
        ),
        ("blueprint", Table::read(include_str!("planted/blueprint.txt"))),
    ]
}

/// Sound items by subject, together a hundred.
pub fn sound() -> Vec<(&'static str, Table)> {
    vec![
        ("biology", Table::read(include_str!("sound/biology.txt"))),
        ("physics", Table::read(include_str!("sound/physics.txt"))),
        ("history", Table::read(include_str!("sound/history.txt"))),
        ("economics", Table::read(include_str!("sound/economics.txt"))),
        ("computing", Table::read(include_str!("sound/computing.txt"))),
        ("letters", Table::read(include_str!("sound/letters.txt"))),
    ]
}

/// The verdicts on the items of a table, each judged on its own beside the bank.
pub fn verdicts(table: &Table) -> Vec<Result<(), Refusal>> {
    let (known, topics) = (Known::of(&table.bank), topics_of(table));
    let judge = |judged: &Judged| {
        let context = Context {
            known: &known,
            topics: &topics,
            wanted: judged.wanted(),
            cited: judged.cited.as_deref(),
        };
        gate::judge(&judged.item, &context)
    };
    table.items.iter().map(judge).collect()
}

/// The verdicts on the items of a table as one batch, in which each is compared with those before it.
pub fn verdicts_on_batch(table: &Table) -> Vec<Result<(), Refusal>> {
    let mut gate = Gate::new(topics_of(table), Known::of(&table.bank));
    table
        .items
        .iter()
        .map(|judged| gate.admit(&judged.item, judged.wanted()))
        .collect()
}

fn topics_of(table: &Table) -> Topics {
    let topics = table.topics.iter();
    Topics::of(topics.map(|(title, text)| (title.as_str(), text.as_str())))
}
