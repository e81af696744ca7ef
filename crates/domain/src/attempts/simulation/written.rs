//! Written sequences: what the random ones find by chance, told once in full.

use super::catalogue::{ASSESSMENTS, TRACK};
use super::editions::{Edition, Setup};
use super::outcome::{Outcome, Refusal};
use super::replay;
use super::steps::{ADMIN, Answers, CANDIDATES, Code, Deed, Given, Jump, Regrouping, Step, Target};
use crate::attempts::{DegradedReason, Expiry};

pub(super) const MINUTE: i64 = 60_000_000;

const FIRST: Answers = Answers {
    given: [Some(Given::First), Some(Given::First)],
    from: 0,
    skew: Some(0),
};

const BLANK: Answers = Answers {
    given: [None, None],
    ..FIRST
};

pub(super) const OPT_IN: Deed = Deed::OptIn { assessment: 0 };

pub(super) const START: Deed = Deed::Start {
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

pub(super) const fn save() -> Deed {
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

pub(super) const fn extend(staff: usize) -> Deed {
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

pub(super) const fn accommodate(factor: u32) -> Deed {
    Deed::Accommodate {
        staff: ADMIN,
        person: 0,
        factor,
    }
}

/// A world in which every assessment has these rules.
pub(super) fn all(generated: Edition, track: Edition) -> [Setup; ASSESSMENTS] {
    let mut setups = [[generated; 2]; ASSESSMENTS];
    setups[TRACK] = [track; 2];
    setups
}

/// What the steps of the first candidate come to.
pub(super) fn played(setups: &[Setup; ASSESSMENTS], steps: &[(Jump, Deed)]) -> Vec<Outcome> {
    let step = |(jump, deed): &(Jump, Deed)| Step {
        jump: *jump,
        who: 0,
        deed: *deed,
    };
    replay(setups, &steps.iter().map(step).collect::<Vec<_>>()).unwrap()
}

pub(super) fn names(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(Outcome::name).collect()
}

pub(super) fn limited() -> [Setup; ASSESSMENTS] {
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
fn an_expiry_stays_when_nothing_new_may_be_opened() {
    let take = Deed::Take {
        assessment: 0,
        code: Code::Right,
    };
    for again in [OPT_IN, take] {
        let outcomes = played(
            &limited(),
            &[
                (Jump::Still, OPT_IN),
                (Jump::Still, START),
                (Jump::To(Expiry::Deadline, 5_000_001), again),
                (Jump::Still, again),
            ],
        );
        assert_eq!(names(&outcomes)[2..], ["expired by deadline", "no attempts left"]);
    }
}

#[test]
fn what_has_begun_is_resumed_after_the_assessment_is_archived() {
    let archive = Deed::Publish {
        assessment: TRACK,
        edition: None,
    };
    let outcomes = played(
        &all(Edition::PLAIN, Edition::PLAIN_TRACK),
        &[
            (Jump::Still, TAKE),
            (Jump::Still, archive),
            (Jump::Still, TAKE),
            (Jump::Still, submit(None)),
            (Jump::Still, TAKE),
        ],
    );
    let expected = ["resumed", "submitted", "no such assessment"];
    assert_eq!(names(&outcomes)[2..], expected);
}

#[test]
fn answers_without_a_time_count_as_they_arrive() {
    let written = |skew| {
        let answers = Answers {
            given: [Some(Given::First), None],
            skew,
            ..FIRST
        };
        let save = Deed::Save {
            target: Target::Fitting,
            offset: 0,
            answers,
        };
        (Jump::Still, save)
    };
    let outcomes = played(
        &limited(),
        &[
            (Jump::Still, OPT_IN),
            (Jump::Still, START),
            written(Some(MINUTE)),
            written(Some(0)),
            written(None),
            written(Some(0)),
        ],
    );
    let stored = [(1, true), (2, false), (3, true), (4, true)];
    assert_eq!(
        outcomes[2..],
        stored.map(|answer| Outcome::Saved([Some(answer), None]))
    );
}
