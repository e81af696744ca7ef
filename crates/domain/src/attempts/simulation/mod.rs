//! A million random moves against a model: the use cases of this slice on storage in memory, beside an independent
//! reference, compared after every step.
//!
//! A failure prints a sequence from which no step can be left out, as the arguments of [`replay`] (with the variants of the
//! enums in [`steps`] and `Edition` in scope). Every replay is the same: time and ids are counted, nothing waits.

mod catalog;
mod catalogue;
mod compare;
mod editions;
mod forms;
mod generation;
mod groups;
mod invariants;
mod memory;
mod model;
mod model_attempt;
mod model_staff;
mod model_taking;
mod model_time;
mod outcome;
mod real;
mod real_scoring;
mod real_staff;
mod repository;
mod request;
mod rows;
mod steps;
mod timekeeping;
mod world;
mod written;
mod written_time;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::catch_unwind;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRunner};

use self::catalogue::ASSESSMENTS;
use self::editions::Setup;
use self::generation::{Case, cases};
use self::outcome::Outcome;
use self::real::Check;
use self::steps::Step;
use self::world::World;

/// Moves in all; FAULTS R9 asks for this many.
const MOVES: u64 = 1_000_000;

/// Threads that share them.
const SHARES: u64 = 2;

/// How often everything in [`SEEN`] must at least come up, or the moves prove little.
const SEEN_AT_LEAST: u64 = 200;

/// Deeds with what they must have come to. The least likely comes up twice as often as it has to.
const SEEN: [(&str, &str); 42] = [
    ("opt in", "attempt"),
    ("opt in", "no attempts left"),
    ("take", "begun"),
    ("take", "resumed"),
    ("take", "no such assessment"),
    ("take", "no attempts left"),
    ("take", "not open yet"),
    ("take", "closed"),
    ("take", "cool-down"),
    ("take", "wrong access code"),
    ("take", "other in progress"),
    ("start", "attempt"),
    ("start", "no such assessment"),
    ("start", "not open yet"),
    ("start", "closed"),
    ("start", "cool-down"),
    ("start", "wrong access code"),
    ("start", "other in progress"),
    ("start", "expired by opt-in"),
    ("save", "saved"),
    ("save", "section out of order"),
    ("save", "expired by deadline"),
    ("save", "expired by inactivity"),
    ("save", "already expired"),
    ("heartbeat", "attempt"),
    ("submit section", "section"),
    ("submit", "submitted"),
    ("submit", "submitted and held"),
    ("submit", "sections missing"),
    ("submit", "section out of order"),
    ("abandon", "voided"),
    ("void", "voided"),
    ("void", "not found"),
    ("release", "attempt"),
    ("release", "not scored"),
    ("release", "not found"),
    ("extend", "attempt"),
    ("extend", "no deadline"),
    ("accommodate", "accommodated and retimed"),
    ("accommodate", "no such person"),
    ("sweep", "swept"),
    ("mark serving", "credited"),
];

/// How often each kind of step came to each kind of outcome.
type Tally = BTreeMap<(&'static str, &'static str), u64>;

fn replay(setups: &[Setup; ASSESSMENTS], steps: &[Step]) -> Check<Vec<Outcome>> {
    let mut world = World::new(setups);
    let take = |(number, step)| {
        world
            .take(step)
            .map_err(|wrong| format!("step {number}, {step:?}: {wrong}"))
    };
    steps.iter().enumerate().map(take).collect()
}

/// Runs cases until there are enough moves.
fn share(moves: u64) -> Check<Tally> {
    let config = Config {
        cases: 64,
        max_shrink_iters: 20_000,
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: None,
        ..Config::default()
    };
    let tally = RefCell::new(Tally::new());
    while tally.borrow().values().sum::<u64>() < moves {
        let outcome = TestRunner::new(config.clone()).run(&cases(), |(setups, steps)| {
            let outcomes = replay(&setups, &steps).map_err(TestCaseError::fail)?;
            for (step, outcome) in steps.iter().zip(outcomes) {
                let kind = (step.deed.name(), outcome.name());
                *tally.borrow_mut().entry(kind).or_default() += 1;
            }
            Ok(())
        });
        outcome.map_err(describe)?;
    }
    Ok(tally.into_inner())
}

/// What went wrong, a panic included.
fn failure(setups: &[Setup; ASSESSMENTS], steps: &[Step]) -> Option<String> {
    match catch_unwind(|| replay(setups, steps)) {
        Ok(outcome) => outcome.err(),
        Err(_) => Some("the panic printed above".to_owned()),
    }
}

fn describe(error: TestError<Case>) -> String {
    match error {
        TestError::Abort(reason) => format!("gave up: {reason}"),
        TestError::Fail(reason, (setups, steps)) => {
            let steps = shorten(steps, |steps| failure(&setups, steps).is_some());
            let wrong = failure(&setups, &steps).unwrap_or_else(|| reason.to_string());
            format!("{wrong}\nreplay(\n    &{setups:?},\n    &{steps:#?},\n)")
        }
    }
}

/// Leaves steps out as long as it fails. Shrinking tries each step only once, but one can become needless with another.
fn shorten<T: Clone>(mut steps: Vec<T>, fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let without = |steps: &[T], left_out: usize| {
        let mut shorter = steps.to_vec();
        shorter.remove(left_out);
        shorter
    };
    while let Some(shorter) = (0..steps.len())
        .rev()
        .map(|left_out| without(&steps, left_out))
        .find(|shorter| fails(shorter))
    {
        steps = shorter;
    }
    steps
}

#[test]
fn a_million_random_moves_agree_with_the_model() {
    let shares: Vec<_> = (0..SHARES)
        .map(|_| std::thread::spawn(|| share(MOVES.div_ceil(SHARES))))
        .collect();
    let mut tally = Tally::new();
    for share in shares {
        let share = share.join().expect("no panic outside a case");
        for (name, count) in share.unwrap_or_else(|failure| panic!("{failure}")) {
            *tally.entry(name).or_default() += count;
        }
    }
    let moves: u64 = tally.values().sum();
    assert!(moves >= MOVES, "only {moves} moves");
    for kind in SEEN {
        assert!(
            tally.get(&kind).is_some_and(|count| *count >= SEEN_AT_LEAST),
            "too few of {kind:?} in {tally:?}"
        );
    }
}

#[test]
fn a_failing_sequence_is_shortened_to_what_it_needs() {
    // A three needs an earlier one; a two is needed only as long as there is a five.
    let fails = |steps: &[u8]| {
        let one = steps.iter().position(|step| *step == 1);
        let three = steps.iter().rposition(|step| *step == 3);
        one.zip(three).is_some_and(|(one, three)| one < three) && (!steps.contains(&5) || steps.contains(&2))
    };
    assert_eq!(shorten(vec![4, 2, 1, 5, 4, 3, 5, 3], fails), [1, 3]);
}
