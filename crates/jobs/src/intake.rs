//! How jobs come into a worker: by deliveries and by looking.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use domain::job::{Claim, Queue, StoreError};
use futures::future::join_all;

use crate::dispatch::{Delivery, Dispatch, Receipt, Settling};
use crate::inbox::Inbox;
use crate::runner::Runner;
use crate::store::ClaimRequest;

const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);
/// For deliveries that came a little early, or whose rows were locked.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// Deliveries that have not brought a job in time are trusted less for so long.
const LAG_LASTS: Duration = Duration::from_secs(30);
/// The part of the patience that deliveries have meanwhile.
const LAGGING: u32 = 10;
/// Jobs of a queue that one statement claims: with more the first of them would wait for the last, and claims and finishes would
/// take turns. Where there is more, two are claimed at once.
const AT_ONCE: usize = 50;

/// A claim with what is to be told of its end.
pub(crate) type Taken = (Claim, Option<Receipt>);

/// The state of it between two rounds of the worker.
pub(crate) struct Intake {
    inbox: Inbox,
    /// Deliveries that had nothing to say have left their slots to others that wait, or there is more.
    again: bool,
    /// The last look has found as much as it asked for, and left slots.
    more: bool,
    found: Found,
    looks: Looks,
    lag: Lag,
    failing: bool,
}

impl Intake {
    /// Looks at once: what was published before this process started may have been lost.
    pub(crate) fn new() -> Self {
        Self {
            inbox: Inbox::default(),
            again: false,
            more: false,
            found: Found::default(),
            looks: Looks::new(Instant::now()),
            lag: Lag::default(),
            failing: false,
        }
    }

    pub(crate) fn add(&mut self, deliveries: Vec<Delivery>) {
        self.inbox.add(deliveries);
    }

    /// The longest wait until the next round. Deliveries that found no slot, or no database or heartbeat, are tried again
    /// although nothing happens.
    pub(crate) fn patience(&mut self) -> Duration {
        if std::mem::take(&mut self.again) {
            Duration::ZERO
        } else if self.inbox.is_empty() {
            Duration::MAX
        } else if self.inbox.keeps() && !self.failing {
            ASK_AGAIN_AFTER
        } else {
            TRY_AGAIN_AFTER
        }
    }

    pub(crate) fn look_soon(&mut self) {
        self.looks.wanted = Queue::ALL.into();
    }

    /// Claims as many of the delivered jobs as there are slots, with one statement. Those that came while the last one ran
    /// are in this one; deliveries stay while the database fails.
    pub(crate) async fn claim_delivered<Tx: ?Sized + Send + 'static>(
        &mut self,
        runner: &Runner<Tx>,
    ) -> Vec<Taken> {
        let ids = self.inbox.fitting(&free_slots(runner));
        if ids.is_empty() {
            return Vec::new();
        }
        let request = request(runner, Vec::new());
        match runner.store.claim_by_id(&request, &ids).await {
            Ok(found) => {
                self.failing = false;
                let answered = self.inbox.answered(&ids, found, Instant::now());
                self.again = answered.settled && !self.inbox.is_empty();
                answered.started
            }
            Err(error) => {
                self.note_failure(&error);
                Vec::new()
            }
        }
    }

    /// Claims what a look into the table finds: anything while jobs are not delivered, else what nobody has claimed for too
    /// long. Goes on with it round after round as long as there is more than fits. The slots that such jobs fill are not left
    /// to deliveries, which would wait here while other workers have nothing to do.
    pub(crate) async fn claim_found<Tx: ?Sized + Send + 'static>(
        &mut self,
        runner: &Runner<Tx>,
        dispatch: &dyn Dispatch,
    ) -> Vec<Taken> {
        let claims = self.look(runner, dispatch.delivers()).await;
        let taken = self.found.add(claims);
        if let Some(slots) = self.found.slots_beside(&runner.config.concurrency) {
            dispatch.resize(slots);
        }
        taken
    }

    async fn look<Tx: ?Sized + Send + 'static>(&mut self, runner: &Runner<Tx>, delivers: bool) -> Vec<Claim> {
        let statements = if std::mem::take(&mut self.more) { 2 } else { 1 };
        let free: Vec<_> = free_slots(runner)
            .into_iter()
            .map(|(queue, free)| (queue, free.saturating_sub(self.inbox.of(queue))))
            .filter(|(_, free)| *free > 0)
            .collect();
        let (config, now) = (&runner.config, Instant::now());
        if free.is_empty() || delivers && !self.looks.is_due(&free, config.poll_every, now) {
            return Vec::new();
        }
        let unclaimed_for = delivers.then(|| self.lag.patience(config.delivery_patience, now));
        let (mut claims, mut failure) = (Vec::new(), None);
        for claimed in claim_at_once(runner, portions(&free, statements), unclaimed_for).await {
            match claimed {
                Ok(claimed) => claims.extend(claimed),
                Err(error) => failure = Some(error),
            }
        }
        if let Some(error) = failure {
            self.note_failure(&error);
            return claims;
        }
        self.failing = false;
        // Those with a crash are never delivered.
        let is_late = claims.iter().any(|claim| claim.crash_count == 0);
        self.lag.note(delivers && is_late, now);
        self.note_found(&free, AT_ONCE * statements, &claims);
        claims
    }

    /// At most so many of each queue were asked for.
    fn note_found(&mut self, free: &[(Queue, usize)], most: usize, claims: &[Claim]) {
        let asked: Vec<_> = free
            .iter()
            .map(|(queue, free)| (*queue, most.min(*free)))
            .collect();
        self.looks.done(&asked, claims, Instant::now());
        let left = |(queue, free): &(Queue, usize)| *free > most && is_full(claims, (*queue, most));
        self.more = free.iter().any(left);
        self.again |= self.more;
    }

    /// Logged when it begins, not at every round.
    fn note_failure(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(error = error as &dyn Error, "jobs cannot be claimed");
        }
    }
}

/// When to look although jobs are delivered: after a while, because deliveries that never cease must not keep it from looking,
/// and at once where there was more than fitted.
struct Looks {
    /// Where a look has found as much as there were slots, or has not been since one was asked for.
    wanted: BTreeSet<Queue>,
    last: Instant,
}

impl Looks {
    fn new(now: Instant) -> Self {
        Self {
            wanted: Queue::ALL.into(),
            last: now,
        }
    }

    fn is_due(&self, slots: &[(Queue, usize)], every: Duration, now: Instant) -> bool {
        now.duration_since(self.last) >= every || slots.iter().any(|(queue, _)| self.wanted.contains(queue))
    }

    /// A queue that had no slot has not been looked at.
    fn done(&mut self, slots: &[(Queue, usize)], claims: &[Claim], now: Instant) {
        self.last = now;
        for slot in slots {
            if is_full(claims, *slot) {
                self.wanted.insert(slot.0);
            } else {
                self.wanted.remove(&slot.0);
            }
        }
    }
}

/// Whether deliveries come late: a slow line to them must not make each job wait for the whole patience. Where all workers are
/// busy it looks the same, and looking is no worse than deliveries then.
#[derive(Default)]
struct Lag {
    until: Option<Instant>,
}

impl Lag {
    fn note(&mut self, was_late: bool, now: Instant) {
        if was_late {
            self.until = Some(now + LAG_LASTS);
        }
    }

    fn patience(&self, usual: Duration, now: Instant) -> Duration {
        match self.until {
            Some(until) if now < until => usual / LAGGING,
            _ => usual,
        }
    }
}

/// The jobs that were found by looking and have not ended.
#[derive(Default)]
struct Found {
    running: Vec<(Queue, Settling)>,
    /// What they leave to deliveries, as the dispatch was told.
    slots: BTreeMap<Queue, usize>,
}

impl Found {
    fn add(&mut self, claims: Vec<Claim>) -> Vec<Taken> {
        let with_receipt = |claim: Claim| {
            let (receipt, settling) = Receipt::new();
            self.running.push((claim.queue, settling));
            (claim, Some(receipt))
        };
        claims.into_iter().map(with_receipt).collect()
    }

    /// The slots that are left of `all`, if that is news.
    fn slots_beside(&mut self, all: &BTreeMap<Queue, usize>) -> Option<&BTreeMap<Queue, usize>> {
        self.running.retain_mut(|(_, settling)| !settling.is_over());
        let mut left = all.clone();
        for (queue, _) in &self.running {
            left.entry(*queue)
                .and_modify(|slots| *slots = slots.saturating_sub(1));
        }
        let is_news = left != self.slots;
        self.slots = left;
        is_news.then_some(&self.slots)
    }
}

/// Claims whatever is due, as far as there are slots.
pub(crate) async fn claim_due<Tx: ?Sized + Send + 'static>(
    runner: &Runner<Tx>,
) -> Result<Vec<Claim>, StoreError> {
    let slots = free_slots(runner);
    if slots.is_empty() {
        return Ok(Vec::new());
    }
    runner.store.claim(&request(runner, slots)).await
}

fn request<Tx: ?Sized + Send + 'static>(runner: &Runner<Tx>, slots: Vec<(Queue, usize)>) -> ClaimRequest {
    let Runner {
        ports, config, held, ..
    } = runner;
    ClaimRequest {
        slots,
        suspect: !held.has_suspect(),
        owner: ports.process.id,
        now: ports.clock.now(),
        lease: config.lease,
        unclaimed_since: None,
    }
}

fn free_slots<Tx: ?Sized + Send + 'static>(runner: &Runner<Tx>) -> Vec<(Queue, usize)> {
    let Runner { config, held, .. } = runner;
    config
        .concurrency
        .iter()
        .map(|(queue, limit)| (*queue, limit.saturating_sub(held.running(*queue))))
        .filter(|(_, free)| *free > 0)
        .collect()
}

/// A claim for each portion of the slots. A job with a crash may be among the first one's.
async fn claim_at_once<Tx: ?Sized + Send + 'static>(
    runner: &Runner<Tx>,
    portions: Vec<Vec<(Queue, usize)>>,
    unclaimed_for: Option<Duration>,
) -> Vec<Result<Vec<Claim>, StoreError>> {
    let claiming = portions.into_iter().enumerate().map(async |(index, slots)| {
        let mut request = request(runner, slots);
        request.suspect &= index == 0;
        request.unclaimed_since = unclaimed_for.map(|patience| request.now - patience);
        runner.store.claim(&request).await
    });
    join_all(claiming).await
}

/// The slots of so many statements at most.
fn portions(free: &[(Queue, usize)], statements: usize) -> Vec<Vec<(Queue, usize)>> {
    let portion = |nth: usize| {
        let rest = |free: usize| free.saturating_sub(nth * AT_ONCE).min(AT_ONCE);
        let slots = free.iter().map(|(queue, free)| (*queue, rest(*free)));
        slots.filter(|(_, slots)| *slots > 0).collect()
    };
    (0..statements)
        .map(portion)
        .filter(|slots: &Vec<_>| !slots.is_empty())
        .collect()
}

fn is_full(claims: &[Claim], (queue, free): (Queue, usize)) -> bool {
    claims.iter().filter(|claim| claim.queue == queue).count() >= free
}

#[cfg(test)]
mod tests {
    use domain::job::{Fence, JobId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn claim(queue: Queue) -> Claim {
        Claim {
            id: JobId(Uuid::nil()),
            kind: "kind".to_owned(),
            queue,
            fence: Fence(1),
            attempt: 1,
            max_attempts: 1,
            crash_count: 0,
            payload: serde_json::Value::Null,
            parent: None,
            subject: None,
            run_at: Timestamp::from_micros(0),
        }
    }

    #[test]
    fn statements_share_the_slots() {
        let free = [(Queue::Static, AT_ONCE + 7), (Queue::Llm, 3)];
        let first = vec![(Queue::Static, AT_ONCE), (Queue::Llm, 3)];
        assert_eq!(portions(&free, 1), std::slice::from_ref(&first));
        assert_eq!(portions(&free, 2), [first, vec![(Queue::Static, 7)]]);
        assert_eq!(portions(&free, 3).len(), 2, "none without a slot");
    }

    #[test]
    fn jobs_that_were_found_leave_their_slots_to_deliveries_when_they_end() {
        let all = BTreeMap::from([(Queue::Static, 2), (Queue::Llm, 3)]);
        let mut found = Found::default();
        assert_eq!(found.slots_beside(&all), Some(&all));
        assert_eq!(found.slots_beside(&all), None, "no news");
        let mut taken = found.add(vec![claim(Queue::Llm), claim(Queue::Static), claim(Queue::Llm)]);
        let left = BTreeMap::from([(Queue::Static, 1), (Queue::Llm, 1)]);
        assert_eq!(found.slots_beside(&all), Some(&left));
        taken.pop().unwrap().1.unwrap().settle();
        drop(taken.pop());
        let left = BTreeMap::from([(Queue::Static, 2), (Queue::Llm, 2)]);
        assert_eq!(found.slots_beside(&all), Some(&left));
    }

    #[test]
    fn deliveries_that_were_late_once_are_waited_for_less_for_a_while() {
        let usual = Duration::from_secs(10);
        let (mut lag, now) = (Lag::default(), Instant::now());
        lag.note(false, now);
        assert_eq!(lag.patience(usual, now), usual);
        lag.note(true, now);
        lag.note(false, now + LAG_LASTS / 2);
        assert_eq!(lag.patience(usual, now + LAG_LASTS / 2), usual / LAGGING);
        assert_eq!(lag.patience(usual, now + LAG_LASTS), usual);
    }

    #[test]
    fn a_queue_that_had_more_than_fitted_is_looked_at_whatever_the_others_have() {
        let (hour, now) = (Duration::from_hours(1), Instant::now());
        let (busy, idle) = ((Queue::Static, 2), (Queue::Llm, 3));
        let mut looks = Looks::new(now);
        assert!(looks.is_due(&[busy, idle], hour, now), "the first one");
        looks.done(&[busy, idle], &[claim(Queue::Static), claim(Queue::Static)], now);
        assert!(!looks.is_due(&[idle], hour, now), "nothing was left there");
        looks.done(&[idle], &[], now);
        assert!(looks.is_due(&[(Queue::Static, 1), idle], hour, now));
        looks.done(&[(Queue::Static, 1), idle], &[], now);
        assert!(!looks.is_due(&[busy, idle], hour, now));
        assert!(looks.is_due(&[busy, idle], hour, now + hour));
    }
}
