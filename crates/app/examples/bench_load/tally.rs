//! What came of the requests: latencies per operation, refusals and errors by class, how late the tool itself was.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::histogram::Histogram;

/// What a virtual user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// Begins an attempt.
    Start,
    /// Saves a short answer.
    Save,
    /// Saves the state of a text.
    Autosave,
    /// Says that the candidate is there.
    Heartbeat,
    /// Hands in.
    Submit,
    /// Asks how far scoring is.
    Status,
    /// Reads the result.
    Result,
    /// From handing in until an event stream told the end of scoring.
    Stream,
    /// From handing in until a poll found scoring ended.
    Scored,
}

impl Operation {
    /// All of them, in the order of a sitting.
    pub(crate) const ALL: [Self; 9] = [
        Self::Start,
        Self::Save,
        Self::Autosave,
        Self::Heartbeat,
        Self::Submit,
        Self::Status,
        Self::Result,
        Self::Stream,
        Self::Scored,
    ];

    /// As reports name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Save => "save",
            Self::Autosave => "autosave",
            Self::Heartbeat => "heartbeat",
            Self::Submit => "submit",
            Self::Status => "status",
            Self::Result => "result",
            Self::Stream => "scored (stream)",
            Self::Scored => "scored (polls)",
        }
    }

    /// Whether it writes, and what p99 is asked of.
    pub(crate) const fn is_write(self) -> bool {
        matches!(
            self,
            Self::Start | Self::Save | Self::Autosave | Self::Heartbeat | Self::Submit
        )
    }
}

/// Of one phase.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    /// How many were to be done.
    pub(crate) planned: BTreeMap<Operation, u64>,
    /// From the time at which each was due until its answer; refusals and repetitions are within.
    pub(crate) done: BTreeMap<Operation, Histogram>,
    /// "Come later": by status; each was sent again.
    pub(crate) refused: BTreeMap<u16, u64>,
    /// Requests that were sent again because a connection broke.
    pub(crate) repeated: u64,
    /// What was given up, by class.
    pub(crate) failed: BTreeMap<String, u64>,
    /// From the time at which a request was due until the tool turned to it.
    pub(crate) late: Histogram,
}

impl Tally {
    /// One is due.
    pub(crate) fn plan(&mut self, operation: Operation) {
        *self.planned.entry(operation).or_default() += 1;
    }

    /// One has succeeded.
    pub(crate) fn add(&mut self, operation: Operation, after: Duration) {
        self.done.entry(operation).or_default().add(after);
    }

    /// One was given up.
    pub(crate) fn fail(&mut self, operation: Operation, class: &str) {
        let class = format!("{}: {class}", operation.name());
        *self.failed.entry(class).or_default() += 1;
    }

    /// How many of an operation have succeeded.
    pub(crate) fn count(&self, operation: Operation) -> u64 {
        self.done.get(&operation).map_or(0, Histogram::total)
    }

    /// Everything that was given up.
    pub(crate) fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Requests that were answered with success.
    pub(crate) fn requests(&self) -> u64 {
        let requests = Operation::ALL.into_iter();
        let requests = requests.filter(|operation| !matches!(operation, Operation::Scored));
        requests.map(|operation| self.count(operation)).sum()
    }
}
