//! How the quality gate does on items whose verdict is known beforehand, and how fast it is.
//!
//! Run by `cargo xtask bench gate`, which prints its figures as a table: `name<TAB>unit<TAB>sample,sample,…` lines. For each
//! rule: how many of the bad items planted for it are refused, by its name or by another rule's; then how many of the sound
//! items pass; then how many items a core judges in a second, each beside a bank of a thousand others. The items are in
//! `crates/testkit/src/judged_items`; what was refused otherwise than expected goes to the standard error.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its standard streams"
)]

use std::time::Instant;

use domain::authoring::gate::{Gate, Known, Topics, Wanted};
use domain::authoring::item::ItemContent;
use testkit::judged_items::{planted, sound, verdicts, verdicts_on_batch};

const ROUNDS: usize = 5;
const BANK: usize = 1000;

fn main() {
    for (rule, table) in planted() {
        let judged = verdicts(&table);
        let (mut own, mut others) = (0, 0);
        for (item, verdict) in table.items.iter().zip(judged) {
            match verdict {
                Err(refusal) if refusal.rule == rule => own += 1,
                Err(refusal) => {
                    others += 1;
                    eprintln!("planted for {rule}, {refusal}: {}", item.item.stem);
                }
                Ok(()) => eprintln!("planted for {rule}, passed: {}", item.item.stem),
            }
        }
        let count = table.items.len();
        println!("gate, {rule}: refused by its name, of {count} planted\titems\t{own}");
        println!("gate, {rule}: refused by another rule\titems\t{others}");
    }
    let (mut passed, mut all) = (0, 0);
    for (subject, table) in sound() {
        for (item, verdict) in table.items.iter().zip(verdicts_on_batch(&table)) {
            all += 1;
            match verdict {
                Ok(()) => passed += 1,
                Err(refusal) => eprintln!("sound, {subject}, {refusal}: {}", item.item.stem),
            }
        }
    }
    println!("gate: sound items passed, of {all} (goal ≥ 95 %)\titems\t{passed}");
    let rates: Vec<String> = (0..ROUNDS)
        .map(|_| format!("{:.1}", items_per_second()))
        .collect();
    println!(
        "gate: items judged beside a bank of {BANK}\titems/s/core\t{}",
        rates.join(",")
    );
}

fn items_per_second() -> f64 {
    let items: Vec<ItemContent> = sound()
        .into_iter()
        .flat_map(|(_, table)| table.items)
        .map(|judged| judged.item)
        .collect();
    let numbered = |(number, item): (usize, &ItemContent)| {
        let mut other = item.clone();
        other.stem = format!("{} {number} {}", number * 7, item.stem);
        other
    };
    let bank: Vec<ItemContent> = items
        .iter()
        .cycle()
        .take(BANK)
        .enumerate()
        .map(numbered)
        .collect();
    let gate = Gate::new(Topics::default(), Known::of(&bank));
    let began = Instant::now();
    let mut judged: u32 = 0;
    for item in &items {
        // The verdict depends on the made-up bank; only the time it takes is of interest.
        let _ = std::hint::black_box(gate.judge(item, Wanted::default()));
        judged += 1;
    }
    f64::from(judged) / began.elapsed().as_secs_f64()
}
