//! The client's side of the truth: what was acknowledged, and how requests were answered.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

/// An attempt as the candidate knows it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) id: Uuid,
    /// The last answer to each question that was acknowledged.
    pub(crate) saved: BTreeMap<Uuid, Value>,
    /// An answer that was sent and not acknowledged: it may be there or not.
    pub(crate) unsure: Option<(Uuid, Value)>,
    /// Whether the submission was acknowledged.
    pub(crate) submitted: bool,
}

/// How one request was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) at: Instant,
    pub(crate) took: Duration,
    /// None when there was no answer.
    pub(crate) status: Option<u16>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Books(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    attempts: Vec<Attempt>,
    acknowledged: u64,
    answers: Vec<Answered>,
    unexpected: Vec<String>,
}

impl Books {
    /// An attempt that will not be touched any more.
    pub(crate) fn close(&self, attempt: Attempt) {
        self.pages().attempts.push(attempt);
    }

    /// One more 2xx to a request that changes something.
    pub(crate) fn acknowledge(&self) {
        self.pages().acknowledged += 1;
    }

    pub(crate) fn answered(&self, answered: Answered) {
        self.pages().answers.push(answered);
    }

    /// What should not have been answered.
    pub(crate) fn unexpected(&self, what: String) {
        self.pages().unexpected.push(what);
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.pages().attempts.clone()
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.pages().acknowledged
    }

    pub(crate) fn surprises(&self) -> Vec<String> {
        self.pages().unexpected.clone()
    }

    /// Answers whose request ended from `begin` on.
    pub(crate) fn since(&self, begin: Instant) -> Vec<Answered> {
        let pages = self.pages();
        pages
            .answers
            .iter()
            .filter(|answered| answered.at >= begin)
            .cloned()
            .collect()
    }

    /// The first success of a request that ended from `begin` on.
    pub(crate) fn first_success(&self, begin: Instant) -> Option<Instant> {
        let pages = self.pages();
        let success = |answered: &&Answered| answered.status.is_some_and(|status| status < 300);
        let since = pages.answers.iter().filter(|answered| answered.at >= begin);
        since.filter(success).map(|answered| answered.at).min()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often each status came, `none` for no answer: `200 × 31, none × 2`.
pub(crate) fn tally(answers: &[Answered]) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for answered in answers {
        let name = answered
            .status
            .map_or_else(|| "none".to_owned(), |status| status.to_string());
        *counts.entry(name).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} × {count}"))
        .collect();
    parts.join(", ")
}
