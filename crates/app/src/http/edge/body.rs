//! The body of a request on its way in: as fast as it has to be, and at nobody else's cost while it is waited for.

use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::StreamExt as _;
use http_body::{Body as _, Frame, SizeHint};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use crate::config::LimitsConfig;
use crate::http::problem::{ProblemType, kinds};

/// Who lets us wait for so long is not worked on meanwhile.
const LEAVE_AFTER: Duration = Duration::from_secs(1);

/// Why a body broke off, when that was our doing.
pub(super) type Verdict = Arc<OnceLock<&'static ProblemType>>;

/// How long a body may be waited for: the grace, and a second longer for each so many bytes. Only waiting counts: a handler
/// that takes its time over what has come costs the client nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    grace: Duration,
    bytes_per_second: u64,
}

impl Pace {
    pub(super) fn of(limits: &LimitsConfig) -> Self {
        Self {
            grace: limits.body_grace(),
            bytes_per_second: limits.body_bytes_per_second,
        }
    }

    fn budget(self, received: u64) -> Duration {
        let milliseconds = received.saturating_mul(1000) / self.bytes_per_second.max(1);
        self.grace.saturating_add(Duration::from_millis(milliseconds))
    }
}

/// A request's place among those that are worked on.
pub(super) struct Slot {
    in_flight: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Slot {
    /// `None` when all are taken.
    pub(super) fn take(in_flight: &Arc<Semaphore>) -> Option<Arc<Self>> {
        let permit = Arc::clone(in_flight).try_acquire_owned().ok()?;
        Some(Arc::new(Self {
            in_flight: Arc::clone(in_flight),
            held: Mutex::new(Some(permit)),
        }))
    }

    fn leave(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes a place again; false when others have taken them all.
    fn come_back(&self) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Arc::clone(&self.in_flight).try_acquire_owned().ok();
        }
        held.is_some()
    }
}

/// Takes what is left of a body, up to `most` bytes and for the grace of a body, and throws it away: whoever is refused may read
/// no answer before everything is sent. It costs no place among the requests that are worked on.
pub(super) fn throw_away(body: Body, most: usize, pace: Pace) {
    let discarding = async move {
        let (mut left, mut pieces) = (most, body.into_data_stream());
        while left > 0
            && let Some(Ok(piece)) = pieces.next().await
        {
            left = left.saturating_sub(piece.len());
        }
    };
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(tokio::time::timeout(pace.grace, discarding));
    }
}

/// See the module. What its reader leaves of it is thrown away.
pub(super) struct PacedBody {
    body: Body,
    pace: Pace,
    slot: Arc<Slot>,
    verdict: Verdict,
    received: u64,
    waited: Duration,
    waiting: Option<Waiting>,
    /// Bytes that are taken although nobody wants them.
    unwanted: usize,
    /// Nothing more comes, or is waited for.
    has_ended: bool,
}

/// A wait that has not ended.
struct Waiting {
    since: Instant,
    limit: Pin<Box<Sleep>>,
    /// Whether the limit is the one of [`LEAVE_AFTER`].
    holds_slot: bool,
}

impl PacedBody {
    pub(super) fn new(body: Body, pace: Pace, slot: Arc<Slot>, verdict: Verdict, unwanted: usize) -> Self {
        Self {
            body,
            pace,
            slot,
            verdict,
            received: 0,
            waited: Duration::ZERO,
            waiting: None,
            unwanted,
            has_ended: false,
        }
    }

    /// Ready when the client has been waited for long enough.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.pace.budget(self.received).saturating_sub(self.waited);
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            since: Instant::now(),
            limit: Box::pin(tokio::time::sleep(left.min(LEAVE_AFTER))),
            holds_slot: left > LEAVE_AFTER,
        });
        ready!(waiting.limit.as_mut().poll(cx));
        if !waiting.holds_slot {
            return Poll::Ready(());
        }
        self.slot.leave();
        waiting.holds_slot = false;
        waiting.limit.as_mut().reset(waiting.since + left);
        waiting.limit.as_mut().poll(cx)
    }

    fn give_up(&mut self, kind: &'static ProblemType) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.has_ended = true;
        // The first reason is the one that counts.
        let _ = self.verdict.set(kind);
        Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(kind.title)))))
    }
}

impl http_body::Body for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            ready!(this.poll_wait(cx));
            return this.give_up(&kinds::BODY_TOO_SLOW);
        };
        if let Some(waiting) = this.waiting.take() {
            this.waited += waiting.since.elapsed();
        }
        if !this.slot.come_back() {
            return this.give_up(&kinds::OVERLOADED);
        }
        match &frame {
            Some(Ok(frame)) => this.received += frame.data_ref().map_or(0, |data| data.len() as u64),
            Some(Err(_)) | None => this.has_ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for PacedBody {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            throw_away(std::mem::take(&mut self.body), self.unwanted, self.pace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_so_many_bytes_are_worth_a_second() {
        let pace = Pace {
            grace: Duration::from_secs(10),
            bytes_per_second: 1024,
        };
        assert_eq!(pace.budget(0), Duration::from_secs(10));
        assert_eq!(pace.budget(2048), Duration::from_secs(12));
        assert_eq!(pace.budget(512), Duration::from_millis(10_500));
        assert!(pace.budget(u64::MAX) > Duration::from_secs(1 << 40));
    }
}
