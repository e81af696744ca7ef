//! A million random moves against a model: the use cases of this slice on storage in memory, beside an independent
//! reference, compared after every step.
//!
//! A failure prints a sequence from which no step can be left out, as the arguments of [`replay`] (with the variants of the
//! enums in [`steps`] in scope). Every replay is the same: time and ids are counted, nothing waits.

mod catalogue;
mod compare;
mod invariants;
mod memory;
mod model;
mod model_attempt;
mod outcome;
mod real;
mod repository;
mod request;
mod steps;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::catch_unwind;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRunner};

use self::catalogue::{ASSESSMENTS, Setup};
use self::outcome::Outcome;
use self::real::Check;
use self::steps::{Answers, Case, Deed, Given, Jump, Step, Target, cases};
use self::world::World;
use super::{DegradedReason, Expiry};

/// Moves in all; FAULTS R9 asks for this many.
const MOVES: u64 = 1_000_000;

/// Threads that share them.
const SHARES: u64 = 2;

/// How often every kind of outcome must at least come up, or the moves prove little.
const SEEN_AT_LEAST: u64 = 500;

/// How often each kind of outcome came up.
type Tally = BTreeMap<&'static str, u64>;

fn replay(setups: [Setup; ASSESSMENTS], steps: &[Step]) -> Check<Vec<Outcome>> {
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
            let outcomes = replay(setups, &steps).map_err(TestCaseError::fail)?;
            for outcome in outcomes {
                *tally.borrow_mut().entry(outcome.name()).or_default() += 1;
            }
            Ok(())
        });
        outcome.map_err(describe)?;
    }
    Ok(tally.into_inner())
}

/// What went wrong, a panic included.
fn failure(setups: [Setup; ASSESSMENTS], steps: &[Step]) -> Option<String> {
    match catch_unwind(|| replay(setups, steps)) {
        Ok(outcome) => outcome.err(),
        Err(_) => Some("the panic printed above".to_owned()),
    }
}

fn describe(error: TestError<Case>) -> String {
    match error {
        TestError::Abort(reason) => format!("gave up: {reason}"),
        TestError::Fail(reason, (setups, steps)) => {
            let steps = shorten(steps, |steps| failure(setups, steps).is_some());
            let wrong = failure(setups, &steps).unwrap_or_else(|| reason.to_string());
            format!("{wrong}\nreplay(\n    {setups:?},\n    &{steps:#?},\n)")
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
    let kinds = [
        "attempt",
        "saved",
        "section",
        "submitted",
        "quiet",
        "expired by deadline",
        "expired by inactivity",
        "not found",
        "no such assessment",
        "other in progress",
        "no attempts left",
        "unlawful",
        "already expired",
        "section out of order",
        "sections missing",
    ];
    for kind in kinds {
        assert!(
            tally.get(kind).is_some_and(|count| *count >= SEEN_AT_LEAST),
            "too few `{kind}` in {tally:?}"
        );
    }
}

const SETUP: Setup = Setup {
    sections: 2,
    time_limit_minutes: Some(10),
    inactivity_minutes: 30,
    max_attempts: Some(1),
    score_on_expiry: true,
};

const fn step(jump: Jump, deed: Deed) -> Step {
    Step { jump, who: 0, deed }
}

const fn save() -> Deed {
    let answers = Answers {
        given: [Some(Given::First), Some(Given::First)],
        skew: 0,
    };
    Deed::Save {
        target: Target::Fitting,
        offset: 0,
        answers,
    }
}

#[test]
fn a_written_sequence_is_replayed_to_the_microsecond() {
    let start = Deed::Start {
        target: Target::Fitting,
    };
    let steps = [
        step(Jump::Still, Deed::OptIn { assessment: 0 }),
        step(Jump::Still, start),
        step(Jump::To(Expiry::Deadline, 5_000_000), save()),
        step(Jump::By(1), save()),
        step(Jump::Still, start),
        step(Jump::Still, Deed::OptIn { assessment: 0 }),
    ];
    let outcomes = replay([SETUP; ASSESSMENTS], &steps).unwrap();
    let names: Vec<_> = outcomes.iter().map(Outcome::name).collect();
    let expected = [
        "attempt",
        "attempt",
        "saved",
        "expired by deadline",
        "already expired",
        "no attempts left",
    ];
    assert_eq!(names, expected);
    assert_eq!(outcomes[2], Outcome::Saved([Some((1, true)), Some((2, true))]));
}

#[test]
fn a_section_submitted_blank_leaves_the_result_degraded() {
    let answers = Answers {
        given: [None, None],
        skew: 0,
    };
    let section = Deed::SubmitSection {
        target: Target::Fitting,
        offset: 0,
        answers,
    };
    let steps = [
        step(Jump::Still, Deed::OptIn { assessment: 0 }),
        step(
            Jump::Still,
            Deed::Start {
                target: Target::Fitting,
            },
        ),
        step(Jump::Still, section),
        step(Jump::Still, section),
        step(
            Jump::Still,
            Deed::Submit {
                target: Target::Fitting,
            },
        ),
    ];
    let outcomes = replay([SETUP; ASSESSMENTS], &steps).unwrap();
    assert_eq!(
        outcomes[2..4],
        [Outcome::Section(Some(1)), Outcome::Section(None)]
    );
    assert_eq!(outcomes[4], Outcome::Submitted(vec![DegradedReason::Unanswered]));
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
