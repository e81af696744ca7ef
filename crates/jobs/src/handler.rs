//! What a slice writes to get work done: a handler that answers in words.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use domain::job::{Claim, Clock, JobKind, StoreError, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// Longest text kept of an error, in characters.
const ERROR_TEXT_LIMIT: usize = 500;

/// Does one kind of job. `Tx` is what the storage calls its transaction (`dyn domain::store::Tx` in this workspace).
///
/// Implementations write plain `async fn`. With `Tx = dyn domain::store::Tx` the parameter of `commit` and `dead` is spelt
/// `&mut (dyn Tx + 'static)`, or through a type alias of `dyn Tx`.
pub trait Handler<Tx: ?Sized + Send + 'static>: Send + Sync + 'static {
    /// The kind this handler does.
    const KIND: JobKind;
    /// After this long the work is cancelled and counts as the transient error `deadline`.
    const DEADLINE: Duration = Duration::from_mins(10);
    /// Whether `commit` writes anything; if not, it is never called, and many such jobs are completed by one transaction.
    const COMMITS: bool = true;
    /// What `work` found and `commit` writes.
    type Output: Send + Sync + 'static;

    /// The slow part: computation and network, no transaction. It may run more than once for one outcome.
    fn work(
        &self,
        job: &Claim,
        ctx: &WorkContext,
    ) -> impl Future<Output = Result<Work<Self::Output>, JobError>> + Send;

    /// Writes the output in the transaction that completes the job. Runs again from the start after a conflict.
    fn commit(
        &self,
        tx: &mut Tx,
        job: &Claim,
        output: &Self::Output,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Commits with the transition to failed, so that whoever waits for the job learns that it will not come.
    fn dead(&self, _tx: &mut Tx, _job: &Claim) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// What status pages show of the output: ids and counts, never answers.
    fn result(&self, _output: &Self::Output) -> Option<Value> {
        None
    }
}

/// A handler's answer.
#[derive(Debug)]
pub enum Work<T> {
    /// It is done; commit this.
    Done(T),
    /// Not now; counts as an attempt.
    Retry {
        /// How long to wait.
        after: Duration,
        /// Stored as the error code.
        reason: &'static str,
    },
    /// Too early; does not count as an attempt.
    Snooze {
        /// When to look again.
        until: Timestamp,
        /// Stored as the error code.
        reason: &'static str,
    },
    /// There is nothing left to do: the job ends as cancelled.
    Discard {
        /// Stored as the error code.
        reason: &'static str,
    },
}

/// What kind of failure it was, by what the engine does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    Transient,
    RateLimited { retry_after: Duration },
    Permanent,
}

/// Work that failed. The texts of the source's chain are stored with the job, so they must not contain answers.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub struct JobError {
    pub(crate) class: ErrorClass,
    pub(crate) code: &'static str,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl JobError {
    /// May pass by itself: tried again with growing, random delays.
    pub fn transient(code: &'static str) -> Self {
        Self {
            class: ErrorClass::Transient,
            code,
            source: None,
        }
    }

    /// A provider asked for patience: tried again after `retry_after`, without using an attempt up.
    pub fn rate_limited(code: &'static str, retry_after: Duration) -> Self {
        Self {
            class: ErrorClass::RateLimited { retry_after },
            code,
            source: None,
        }
    }

    /// Will fail again: no retry.
    pub fn permanent(code: &'static str) -> Self {
        Self {
            class: ErrorClass::Permanent,
            code,
            source: None,
        }
    }

    /// Attaches what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The code and the `Display` texts of the chain, at most 500 characters, without what the database cannot keep.
    pub(crate) fn describe(&self) -> String {
        let mut text = self.code.to_owned();
        let mut next = self.source();
        while let Some(error) = next {
            let _ = write!(text, ": {error}");
            next = error.source();
        }
        let text = text.replace('\0', "\u{fffd}");
        match text.char_indices().nth(ERROR_TEXT_LIMIT) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        }
    }
}

/// What `work` is given besides its claim.
#[derive(Clone)]
pub struct WorkContext {
    pub(crate) cancelled: CancellationToken,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) correlation_id: Arc<str>,
}

impl WorkContext {
    /// Fires when the lease is lost, the deadline has passed or the process shuts down; stop soon afterwards.
    pub const fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ties the log lines and audit rows of one job together.
    pub fn correlation_id(&self) -> &str {
        &self.correlation_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_the_code_and_the_chain_and_is_cut() {
        let cause = std::io::Error::other("connection reset");
        assert_eq!(
            JobError::transient("provider_down").because(cause).describe(),
            "provider_down: connection reset"
        );
        let zero = std::io::Error::other("no \0 in a text");
        assert_eq!(
            JobError::transient("bad_reply").because(zero).describe(),
            "bad_reply: no \u{fffd} in a text"
        );
        let long = JobError::permanent("bad_reply")
            .because("é".repeat(2_000))
            .describe();
        assert_eq!(long.chars().count(), ERROR_TEXT_LIMIT);
    }
}
