//! What can happen in a simulated world. Steps are made from bytes, each of which shrinks on its own towards the simplest
//! step, and print as the Rust expressions a replay takes.

use proptest::prelude::*;

use super::catalogue::{ASSESSMENTS, PER_SECTION, Setup};
use crate::attempts::Expiry;

/// Number of candidates.
pub(super) const CANDIDATES: usize = 2;

/// Most steps of one world.
const LONGEST: usize = 240;

/// One move: time passes, then somebody does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) jump: Jump,
    pub(super) who: usize,
    pub(super) deed: Deed,
}

/// How the clock moves first; spans in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Still,
    By(i64),
    /// To a limit of what the candidate is taking, give or take; stays when there is no such limit.
    To(Expiry, i64),
    /// To a minute after the last activity of what the candidate is taking, give or take.
    ToHeartbeat(i64),
}

/// Which attempt is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The candidate's latest one that the deed makes sense for, if there is one.
    Fitting,
    /// Any attempt of anyone, by this number modulo how many there are.
    Any(usize),
    /// One that does not exist.
    Unknown,
}

/// What is answered to one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Null,
    /// White space for a text.
    Blank,
    /// True, or words.
    First,
    /// False, or other words.
    Second,
}

/// Answers to the items of one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) given: [Option<Given>; PER_SECTION],
    /// How far the candidate's clock is off, in microseconds.
    pub(super) skew: i64,
}

/// What is done. Sections are named relative to the attempt's current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    OptIn {
        assessment: usize,
    },
    Start {
        target: Target,
    },
    Save {
        target: Target,
        offset: i32,
        answers: Answers,
    },
    SubmitSection {
        target: Target,
        offset: i32,
        answers: Answers,
    },
    Submit {
        target: Target,
    },
    Heartbeat {
        target: Target,
    },
    /// A scoring job judges a text.
    Judge {
        target: Target,
        item: usize,
    },
    /// The evaluation job ends.
    Finish {
        target: Target,
    },
    /// The evaluation job is dead.
    FailScoring {
        target: Target,
    },
    /// Staff take the attempt out of the count.
    Void {
        target: Target,
    },
}

impl Deed {
    pub(super) const fn target(self) -> Option<Target> {
        match self {
            Self::OptIn { .. } => None,
            Self::Start { target }
            | Self::Save { target, .. }
            | Self::SubmitSection { target, .. }
            | Self::Submit { target }
            | Self::Heartbeat { target }
            | Self::Judge { target, .. }
            | Self::Finish { target }
            | Self::FailScoring { target }
            | Self::Void { target } => Some(target),
        }
    }
}

/// Settings and steps of one world.
pub(super) type Case = ([Setup; ASSESSMENTS], Vec<Step>);

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let setups = any::<[[u8; 5]; ASSESSMENTS]>().prop_map(|bytes| bytes.map(Setup::decode));
    (
        setups,
        prop::collection::vec(any::<[u8; 5]>().prop_map(decode), 1..=LONGEST),
    )
}

fn decode([kind, time, target, first, second]: [u8; 5]) -> Step {
    Step {
        jump: jump(time),
        who: usize::from(target & 1),
        deed: deed(kind, aim(target >> 1), [first, second]),
    }
}

fn jump(byte: u8) -> Jump {
    const NUDGES: [i64; 7] = [0, 1, -1, 4_999_999, 5_000_000, 5_000_001, -1_000_000];
    let nudge = NUDGES[usize::from(byte) % NUDGES.len()];
    match byte {
        0..=149 => Jump::Still,
        150..=219 => Jump::By(i64::from(byte - 149) * 700_001),
        220..=229 => Jump::ToHeartbeat(nudge.min(1)),
        230..=237 => Jump::To(Expiry::Deadline, nudge),
        238..=245 => Jump::To(Expiry::Inactivity, nudge),
        246..=251 => Jump::By(i64::from(byte - 245) * 300_000_000),
        252..=255 => Jump::By(-3_600_000_000),
    }
}

fn aim(byte: u8) -> Target {
    match byte {
        0..=113 => Target::Fitting,
        114..=125 => Target::Any(usize::from(byte - 114)),
        _ => Target::Unknown,
    }
}

fn deed(kind: u8, target: Target, [first, second]: [u8; 2]) -> Deed {
    let (offset, answers) = (offset(second), answers(first, second));
    match kind {
        // Seldom the unknown one behind the last.
        0..=35 => Deed::OptIn {
            assessment: usize::from(first) * (ASSESSMENTS * 16 + 1) / (256 * 16),
        },
        36..=79 => Deed::Start { target },
        80..=134 => {
            let given = if answers.given == [None; 2] {
                [Some(Given::First), None]
            } else {
                answers.given
            };
            Deed::Save {
                target,
                offset,
                answers: Answers { given, ..answers },
            }
        }
        135..=189 => Deed::SubmitSection {
            target,
            offset,
            answers,
        },
        190..=214 => Deed::Submit { target },
        215..=231 => Deed::Heartbeat { target },
        232..=240 => Deed::Judge {
            target,
            item: usize::from(first) % 6,
        },
        241..=250 => Deed::Finish { target },
        251..=252 => Deed::FailScoring { target },
        253..=255 => Deed::Void { target },
    }
}

fn offset(byte: u8) -> i32 {
    match byte {
        0..=219 => 0,
        220..=237 => 1,
        238..=255 => -1,
    }
}

fn answers(first: u8, second: u8) -> Answers {
    const GIVEN: [Option<Given>; 5] = [
        None,
        Some(Given::First),
        Some(Given::Second),
        Some(Given::Blank),
        Some(Given::Null),
    ];
    let [one, other] = [usize::from(first) % 5, usize::from(first) / 5 % 5];
    Answers {
        given: [GIVEN[one], GIVEN[other]],
        skew: [0, 0, -9_000_000, 9_000_000][usize::from(second) % 4],
    }
}
