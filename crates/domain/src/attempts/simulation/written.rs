//! Written sequences: what the random ones find by chance, told once in full.

use super::catalogue::{ASSESSMENTS, TRACK};
use super::editions::{Edition, Setup};
use super::outcome::{Outcome, Refusal};
use super::replay;
use super::steps::{ADMIN, Answers, CANDIDATES, Code, Deed, Given, Jump, Regrouping, Step, Target};
use crate::attempts::{DegradedReason, Expiry};

const MINUTE: i64 = 60_000_000;

const FIRST: Answers = Answers {
    given: [Some(Given::First), Some(Given::First)],
    from: 0,
    skew: 0,
};

const BLANK: Answers = Answers {
    given: [None, None],
    ..FIRST
};

const OPT_IN: Deed = Deed::OptIn { assessment: 0 };

const START: Deed = Deed::Start {
    target: Target::Fitting,
    code: Code::Right,
};

const TAKE: Deed = Deed::Take {
    assessment: TRACK,
    code: Code::Right,
};

const ABANDON: Deed = Deed::Abandon {
    target: Target::Fitting,
};

const FINISH: Deed = Deed::Finish {
    target: Target::Fitting,
};

const fn save() -> Deed {
    Deed::Save {
        target: Target::Fitting,
        offset: 0,
        answers: FIRST,
    }
}

const fn section(answers: Answers) -> Deed {
    Deed::SubmitSection {
        target: Target::Fitting,
        offset: 0,
        answers,
    }
}

const fn submit(answers: Option<Answers>) -> Deed {
    Deed::Submit {
        target: Target::Fitting,
        answers,
    }
}

const fn void(staff: usize) -> Deed {
    Deed::Void {
        target: Target::Fitting,
        staff,
    }
}

const fn extend(staff: usize) -> Deed {
    Deed::Extend {
        target: Target::Fitting,
        staff,
        minutes: 5,
    }
}

const fn release(hold: bool) -> Deed {
    Deed::Release {
        target: Target::Fitting,
        staff: ADMIN,
        hold,
    }
}

const fn accommodate(factor: u32) -> Deed {
    Deed::Accommodate {
        staff: ADMIN,
        person: 0,
        factor,
    }
}

/// A world in which every assessment has these rules.
fn all(generated: Edition, track: Edition) -> [Setup; ASSESSMENTS] {
    let mut setups = [[generated; 2]; ASSESSMENTS];
    setups[TRACK] = [track; 2];
    setups
}

/// What the steps of the first candidate come to.
fn played(setups: &[Setup; ASSESSMENTS], steps: &[(Jump, Deed)]) -> Vec<Outcome> {
    let step = |(jump, deed): &(Jump, Deed)| Step {
        jump: *jump,
        who: 0,
        deed: *deed,
    };
    replay(setups, &steps.iter().map(step).collect::<Vec<_>>()).unwrap()
}

fn names(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(Outcome::name).collect()
}

fn limited() -> [Setup; ASSESSMENTS] {
    let generated = Edition {
        time_limit_minutes: Some(10),
        ..Edition::PLAIN
    };
    all(generated, Edition::PLAIN_TRACK)
}

#[test]
fn the_deadline_counts_to_the_microsecond() {
    let outcomes = played(
        &limited(),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::To(Expiry::Deadline, 5_000_000), save()),
            (Jump::By(1), save()),
            (Jump::Still, START),
            (Jump::Still, OPT_IN),
        ],
    );
    let expected = [
        "attempt",
        "attempt",
        "saved",
        "expired by deadline",
        "already expired",
        "no attempts left",
    ];
    assert_eq!(names(&outcomes), expected);
    assert_eq!(outcomes[2], Outcome::Saved([Some((1, true)), Some((2, true))]));
}

#[test]
fn a_section_submitted_blank_leaves_the_result_degraded() {
    let outcomes = played(
        &limited(),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::Still, submit(None)),
            (Jump::Still, section(BLANK)),
            (Jump::Still, section(BLANK)),
            (Jump::Still, submit(Some(FIRST))),
            (Jump::Still, submit(None)),
        ],
    );
    assert_eq!(outcomes[2], Outcome::Refused(Refusal::SectionsMissing(2)));
    assert_eq!(
        outcomes[3..5],
        [Outcome::Section(Some(1)), Outcome::Section(None)]
    );
    assert_eq!(names(&outcomes[5..6]), ["section out of order"]);
    let degraded = vec![DegradedReason::Unanswered];
    let submitted = Outcome::Submitted {
        saved: [None, None],
        degraded,
        jobs: 1,
        held: false,
    };
    assert_eq!(outcomes[6], submitted);
}

#[test]
fn a_track_is_taken_at_once_and_submitted_with_its_last_answers() {
    let track = Edition {
        hold_results: true,
        ..Edition::PLAIN_TRACK
    };
    let outcomes = played(
        &all(Edition::PLAIN, track),
        &[
            (Jump::Still, TAKE),
            (Jump::Still, TAKE),
            (Jump::Still, submit(Some(FIRST))),
            (Jump::Still, release(false)),
            (Jump::Still, FINISH),
            (Jump::Still, release(false)),
            (Jump::Still, release(true)),
            (Jump::Still, TAKE),
        ],
    );
    let expected = [
        "begun",
        "resumed",
        "submitted and held",
        "not scored",
        "quiet",
        "attempt",
        "attempt",
        "begun",
    ];
    assert_eq!(names(&outcomes), expected);
}

#[test]
fn what_is_given_up_counts_once_it_was_begun_and_what_staff_take_out_does_not() {
    let outcomes = played(
        &all(Edition::PLAIN, Edition::PLAIN_TRACK),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, ABANDON),
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::Still, void(ADMIN)),
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            (Jump::Still, ABANDON),
            (Jump::Still, OPT_IN),
        ],
    );
    assert!(
        names(&outcomes)[..8]
            .iter()
            .all(|name| ["attempt", "voided"].contains(name))
    );
    assert_eq!(outcomes[8], Outcome::Refused(Refusal::NoAttemptsLeft(1)));
}

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
fn an_advisor_sees_what_a_cohort_of_theirs_takes_and_no_more() {
    let advisor = CANDIDATES + 1;
    let regroup = |change| (Jump::Still, Deed::Regroup { cohort: 1, change });
    let outcomes = played(
        &limited(),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, extend(advisor)),
            regroup(Regrouping::Join(0)),
            (Jump::Still, extend(advisor)),
            regroup(Regrouping::Unassign(0)),
            (Jump::Still, void(advisor)),
            regroup(Regrouping::Leave(0)),
            (Jump::Still, void(ADMIN)),
        ],
    );
    let expected = [
        "attempt",
        "not found",
        "quiet",
        "attempt",
        "quiet",
        "not found",
        "quiet",
        "voided",
    ];
    assert_eq!(names(&outcomes), expected);
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
