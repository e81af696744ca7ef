//! What can happen in a simulated world. Steps print as the Rust expressions a replay takes.

use crate::attempts::Expiry;

/// Number of candidates. People are numbered: candidates, then advisors, then an admin; the number behind is nobody.
pub(super) const CANDIDATES: usize = 3;

/// Number of advisors.
pub(super) const ADVISORS: usize = 2;

/// The admin's number.
pub(super) const ADMIN: usize = CANDIDATES + ADVISORS;

/// Number of cohorts; the number behind the last one names an unknown cohort.
pub(super) const COHORTS: usize = 2;

/// One move: time passes, then somebody does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) jump: Jump,
    /// The candidate it is about.
    pub(super) who: usize,
    pub(super) deed: Deed,
}

/// How the clock moves first; spans in microseconds. The service is up meanwhile, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Still,
    By(i64),
    /// The service is down for so long.
    Down(i64),
    /// To a limit of the candidate's open attempt, give or take; stays when there is no such limit.
    To(Expiry, i64),
    /// To a minute after the last activity of what the candidate is taking, give or take.
    ToHeartbeat(i64),
    /// To the beginning of the sitting of what the candidate took last, give or take, if that is still to come.
    ToOpening(i64),
    /// To its end.
    ToClosing(i64),
    /// To the end of the pause after it.
    ToCoolDown(i64),
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

/// Which access code is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The one in force, or any when none is.
    Right,
    Wrong,
    Missing,
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

/// Most answers sent at once.
pub(super) const MOST_SENT: usize = 2;

/// Answers to items of one section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) given: [Option<Given>; MOST_SENT],
    /// At which item of the section they begin, modulo how many there are.
    pub(super) from: usize,
    /// How far the candidate's clock is off, in microseconds; none where the client does not say when it was written.
    pub(super) skew: Option<i64>,
}

/// Who comes into a cohort or goes out, or which assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Regrouping {
    Join(usize),
    Leave(usize),
    Assign(usize),
    Unassign(usize),
}

/// What is done. Sections are named relative to the attempt's current one; staff by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    OptIn {
        assessment: usize,
    },
    Take {
        assessment: usize,
        code: Code,
    },
    Start {
        target: Target,
        code: Code,
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
        answers: Option<Answers>,
    },
    Heartbeat {
        target: Target,
    },
    Abandon {
        target: Target,
    },
    /// A scoring job judges a text or a program: the one by this number, modulo how many there are.
    Judge {
        target: Target,
        job: usize,
    },
    /// The evaluation job ends.
    Finish {
        target: Target,
    },
    /// The evaluation job is dead.
    FailScoring {
        target: Target,
    },
    Void {
        target: Target,
        staff: usize,
    },
    Release {
        target: Target,
        staff: usize,
        hold: bool,
    },
    Extend {
        target: Target,
        staff: usize,
        minutes: u32,
    },
    Accommodate {
        staff: usize,
        person: usize,
        factor: u32,
    },
    Sweep,
    MarkServing,
    /// An edition of the assessment is frozen into its next version, or none can be taken any more.
    Publish {
        assessment: usize,
        edition: Option<usize>,
    },
    Regroup {
        cohort: usize,
        change: Regrouping,
    },
}

impl Deed {
    pub(super) const fn target(self) -> Option<Target> {
        match self {
            Self::OptIn { .. }
            | Self::Take { .. }
            | Self::Accommodate { .. }
            | Self::Sweep
            | Self::MarkServing
            | Self::Publish { .. }
            | Self::Regroup { .. } => None,
            Self::Start { target, .. }
            | Self::Save { target, .. }
            | Self::SubmitSection { target, .. }
            | Self::Submit { target, .. }
            | Self::Heartbeat { target }
            | Self::Abandon { target }
            | Self::Judge { target, .. }
            | Self::Finish { target }
            | Self::FailScoring { target }
            | Self::Void { target, .. }
            | Self::Release { target, .. }
            | Self::Extend { target, .. } => Some(target),
        }
    }

    /// For counting.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OptIn { .. } => "opt in",
            Self::Take { .. } => "take",
            Self::Start { .. } => "start",
            Self::Save { .. } => "save",
            Self::SubmitSection { .. } => "submit section",
            Self::Submit { .. } => "submit",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Abandon { .. } => "abandon",
            Self::Judge { .. } => "judge",
            Self::Finish { .. } => "finish",
            Self::FailScoring { .. } => "fail scoring",
            Self::Void { .. } => "void",
            Self::Release { .. } => "release",
            Self::Extend { .. } => "extend",
            Self::Accommodate { .. } => "accommodate",
            Self::Sweep => "sweep",
            Self::MarkServing => "mark serving",
            Self::Publish { .. } => "publish",
            Self::Regroup { .. } => "regroup",
        }
    }
}
