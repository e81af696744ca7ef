//! Written sequences about time: downtime, extensions, accommodations, the end of a sitting.

use super::editions::Edition;
use super::outcome::Outcome;
use super::steps::{ADMIN, Deed, Jump};
use super::written::{MINUTE, OPT_IN, START, accommodate, all, extend, limited, names, played, save};
use crate::attempts::Expiry;

#[test]
fn time_lost_while_the_service_was_down_is_given_back_unless_it_was_up_before() {
    let lost = [
        (Jump::Still, Deed::MarkServing),
        (Jump::Still, OPT_IN),
        (Jump::Still, START),
        (Jump::Down(120 * MINUTE), save()),
        (Jump::To(Expiry::Deadline, 5_000_001), save()),
    ];
    assert_eq!(
        names(&played(&limited(), &lost))[3..],
        ["saved", "expired by deadline"]
    );
    let over = [
        (Jump::Still, Deed::MarkServing),
        (Jump::Still, OPT_IN),
        (Jump::Still, START),
        (Jump::To(Expiry::Deadline, 5_000_001), Deed::MarkServing),
        (Jump::Down(120 * MINUTE), Deed::MarkServing),
        (Jump::Still, save()),
    ];
    assert_eq!(
        names(&played(&limited(), &over))[4..],
        ["nothing credited", "expired by deadline"]
    );
}

#[test]
fn extensions_go_beyond_the_sitting_and_accommodations_do_not() {
    let generated = Edition {
        time_limit_minutes: Some(30),
        closes: Some(25),
        ..Edition::PLAIN
    };
    let outcomes = played(
        &all(generated, Edition::PLAIN_TRACK),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::Still, accommodate(300)),
            (Jump::By(25 * MINUTE + 5_000_000), save()),
            (Jump::Still, extend(ADMIN)),
            (Jump::By(5 * MINUTE), save()),
            (Jump::By(1), save()),
            (Jump::Still, extend(ADMIN)),
        ],
    );
    let expected = [
        "saved",
        "attempt",
        "saved",
        "expired by deadline",
        "already expired",
    ];
    assert_eq!(names(&outcomes)[3..], expected);
}

#[test]
fn an_end_of_the_sitting_set_after_opting_in_holds_for_accommodations_too() {
    let generated = Edition {
        time_limit_minutes: Some(30),
        ..Edition::PLAIN
    };
    let mut setups = all(generated, Edition::PLAIN_TRACK);
    setups[0][1].closes = Some(25);
    let publish = Deed::Publish {
        assessment: 0,
        edition: Some(1),
    };
    let outcomes = played(
        &setups,
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, publish),
            (Jump::Still, START),
            (Jump::Still, accommodate(300)),
            (Jump::By(25 * MINUTE + 5_000_001), save()),
        ],
    );
    assert_eq!(outcomes[4], Outcome::Expired(Expiry::Deadline));
}

#[test]
fn an_accommodation_keeps_extensions_when_the_sitting_no_longer_ends() {
    let generated = Edition {
        time_limit_minutes: Some(30),
        closes: Some(25),
        ..Edition::PLAIN
    };
    let mut setups = all(generated, Edition::PLAIN_TRACK);
    setups[0][1].closes = None;
    let publish = Deed::Publish {
        assessment: 0,
        edition: Some(1),
    };
    let outcomes = played(
        &setups,
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::Still, extend(ADMIN)),
            (Jump::Still, publish),
            (Jump::Still, accommodate(200)),
            (Jump::By(60 * MINUTE + 5_000_000), save()),
            (Jump::By(1), save()),
        ],
    );
    assert_eq!(names(&outcomes)[5..], ["saved", "expired by deadline"]);
}

#[test]
fn a_lowered_accommodation_ends_nothing_in_the_past() {
    let outcomes = played(
        &limited(),
        &[
            (Jump::Still, accommodate(300)),
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::By(20 * MINUTE), accommodate(100)),
            (Jump::By(5_000_000), save()),
            (Jump::By(1), save()),
        ],
    );
    assert_eq!(names(&outcomes)[4..], ["saved", "expired by deadline"]);
}
