//! Random worlds. Steps are made from bytes, each of which shrinks on its own towards the simplest step.

use proptest::prelude::*;

use super::catalogue::{ASSESSMENTS, TRACK};
use super::editions::{EDITIONS, Edition, Setup};
use super::steps::{ADMIN, ADVISORS, Answers, CANDIDATES, COHORTS, Code, Deed, Given, Jump, MOST_SENT};
use super::steps::{Regrouping, Step, Target};
use crate::attempts::Expiry;

/// Most steps of one world.
const LONGEST: usize = 240;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// Editions and steps of one world.
pub(super) type Case = ([Setup; ASSESSMENTS], Vec<Step>);

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let setups = any::<[[[u8; 9]; EDITIONS]; ASSESSMENTS]>().prop_map(setups);
    (
        setups,
        prop::collection::vec(any::<[u8; 5]>().prop_map(decode), 1..=LONGEST),
    )
}

fn setups(bytes: [[[u8; 9]; EDITIONS]; ASSESSMENTS]) -> [Setup; ASSESSMENTS] {
    let mut assessment = 0..;
    bytes.map(|editions| {
        let track = assessment.next() == Some(TRACK);
        editions.map(|bytes| Edition::decode(track, bytes))
    })
}

fn decode([kind, time, target, first, second]: [u8; 5]) -> Step {
    let target = usize::from(target);
    Step {
        jump: jump(time),
        who: target % CANDIDATES,
        deed: deed(kind, aim(target / CANDIDATES), [first, second].map(usize::from)),
    }
}

fn jump(byte: u8) -> Jump {
    const NUDGES: [i64; 7] = [0, 1, -1, 4_999_999, 5_000_000, 5_000_001, -SECOND];
    const DOWN: [i64; 7] = [30, 29, 31, 45, 300, 1_500, 7_200];
    let nudge = NUDGES[usize::from(byte) % NUDGES.len()];
    match byte {
        0..=144 => Jump::Still,
        145..=206 => Jump::By(i64::from(byte - 144) * 700_001),
        207..=214 => Jump::ToHeartbeat(nudge.min(1)),
        215..=221 => Jump::To(Expiry::Deadline, nudge),
        222..=228 => Jump::To(Expiry::Inactivity, nudge),
        229..=230 => Jump::To(Expiry::OptIn, if byte == 229 { 5_000_000 } else { 5_000_001 }),
        231..=233 => Jump::ToOpening(nudge.signum()),
        234..=236 => Jump::ToClosing(nudge.signum()),
        237..=239 => Jump::ToCoolDown(nudge.signum()),
        240..=243 => Jump::By(i64::from(byte - 239) * 300 * SECOND),
        244..=250 => Jump::Down(DOWN[usize::from(byte - 244)] * SECOND + i64::from(byte == 244)),
        251..=255 => Jump::By(-HOUR),
    }
}

fn aim(number: usize) -> Target {
    match number {
        0..=74 | 84.. => Target::Fitting,
        75..=81 => Target::Any(number - 75),
        82..=83 => Target::Unknown,
    }
}

fn deed(kind: u8, target: Target, [first, second]: [usize; 2]) -> Deed {
    let (offset, answers) = (offset(second), answers(first, second));
    match kind {
        0..=15 => Deed::OptIn {
            assessment: assessment(first),
        },
        16..=53 => Deed::Take {
            assessment: if second % 2 == 0 { TRACK } else { assessment(first) },
            code: code(second),
        },
        54..=83 => Deed::Start {
            target,
            code: code(second),
        },
        84..=121 => Deed::Save {
            target,
            offset,
            answers: at_least_one(answers),
        },
        122..=155 => Deed::SubmitSection {
            target,
            offset,
            answers,
        },
        156..=177 => Deed::Submit {
            target,
            answers: (kind < 164).then_some(answers),
        },
        178..=185 => Deed::Heartbeat { target },
        186..=188 => Deed::Abandon { target },
        189..=196 => Deed::Judge { target, job: first },
        197..=205 => Deed::Finish { target },
        206..=207 => Deed::FailScoring { target },
        _ => behind_the_desk(kind, target, [first, second]),
    }
}

/// What staff and the service itself do.
fn behind_the_desk(kind: u8, target: Target, [first, second]: [usize; 2]) -> Deed {
    const STAFF: [usize; 6] = [
        ADMIN,
        ADMIN,
        CANDIDATES,
        CANDIDATES,
        CANDIDATES + 1,
        CANDIDATES + 1,
    ];
    let staff = STAFF[second % STAFF.len()];
    match kind {
        0..=211 => Deed::Void { target, staff },
        212..=219 => Deed::Release {
            target,
            staff,
            hold: first % 3 == 2,
        },
        220..=225 => Deed::Extend {
            target,
            staff,
            minutes: [5, 1, 30][first % 3],
        },
        226..=231 => accommodation(staff, first, second / STAFF.len()),
        232..=237 => Deed::Sweep,
        238..=244 => Deed::MarkServing,
        245..=247 => Deed::Publish {
            assessment: first % ASSESSMENTS,
            edition: (second % 8 != 7).then_some(second % EDITIONS),
        },
        248..=255 => Deed::Regroup {
            cohort: if first < 250 { first % COHORTS } else { COHORTS },
            change: regrouping(first / COHORTS, second),
        },
    }
}

fn accommodation(staff: usize, person: usize, factor: usize) -> Deed {
    const FACTORS: [u32; 6] = [100, 125, 150, 200, 300, 110];
    Deed::Accommodate {
        staff,
        // Seldom somebody who is no candidate.
        person: if person < 240 {
            person % CANDIDATES
        } else {
            CANDIDATES + person % (ADVISORS + 2)
        },
        factor: FACTORS[factor % FACTORS.len()],
    }
}

fn regrouping(which: usize, kind: usize) -> Regrouping {
    // The last one is unknown.
    let (person, assessment) = (which % (ADMIN + 2), which % (ASSESSMENTS + 1));
    match kind % 16 {
        0..=4 => Regrouping::Join(person),
        5..=7 => Regrouping::Leave(person),
        8..=13 => Regrouping::Assign(assessment),
        _ => Regrouping::Unassign(assessment),
    }
}

/// Seldom the unknown one behind the last.
fn assessment(byte: usize) -> usize {
    byte * (ASSESSMENTS * 16 + 1) / (256 * 16)
}

fn offset(byte: usize) -> i32 {
    match byte {
        0..=219 => 0,
        220..=237 => 1,
        _ => -1,
    }
}

fn code(byte: usize) -> Code {
    match byte {
        0..=199 => Code::Right,
        200..=227 => Code::Wrong,
        _ => Code::Missing,
    }
}

fn answers(first: usize, second: usize) -> Answers {
    const GIVEN: [Option<Given>; 5] = [
        None,
        Some(Given::First),
        Some(Given::Second),
        Some(Given::Blank),
        Some(Given::Null),
    ];
    let [one, other] = [first % 5, first / 5 % 5];
    Answers {
        given: [GIVEN[one], GIVEN[other]],
        from: first / 25,
        skew: [Some(0), Some(0), Some(-9_000_000), Some(9_000_000), None][second % 5],
    }
}

fn at_least_one(answers: Answers) -> Answers {
    if answers.given == [None; MOST_SENT] {
        Answers {
            given: [Some(Given::First), None],
            ..answers
        }
    } else {
        answers
    }
}
