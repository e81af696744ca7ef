//! Publishes jobs that are ready. Every process that commits jobs has a relay; the row is the outbox.
//!
//! What a commit of this process made ready is published at once. The rest (jobs that came due, that were put back, or whose
//! process died between its commit and the publication) is found by one process's sweeper, which is the leader by a leased
//! row.
//! Architecture invariant: a job is published first and marked after, so that a process that dies in between leaves a job
//! that is published twice and never one that looks published and is not. Marking lags a little on purpose: most jobs have
//! been claimed by then, and need no mark.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::job::{Clock, Queue, StoreError};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bounded::{self, in_time};
use crate::dispatch::{Dispatch, Ready};
use crate::store::Outbox;

const SERVICE: &str = "relay";
/// Announcements that may wait; the sweeper finds what does not fit.
const ANNOUNCED: usize = 20_000;
/// Jobs that go out together.
const BATCH: usize = 500;
const MARK_EVERY: Duration = Duration::from_millis(100);
/// Marks that are later than this belong to a process that is in trouble, and their jobs are found by looking.
const ALL_MARKED_WITHIN: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_millis(200);
/// The next sweep after one that has left something behind.
const SWEEP_SOON: Duration = Duration::from_millis(20);
/// Hints that are given together cost one look.
const HINTS_MEET_WITHIN: Duration = Duration::from_millis(5);
const LEAD_EVERY: Duration = Duration::from_millis(500);
/// A process that dies leads this long: what it left behind is published within 5 s.
const LEAD_FOR: Duration = Duration::from_secs(2);
/// Fresh jobs are being published by the process that made them.
const OTHERS_PUBLISH_WITHIN: Duration = Duration::from_millis(300);

/// Tells the relay of this process what a commit has made ready.
#[derive(Clone)]
pub struct Announcer(mpsc::Sender<Vec<Ready>>);

impl Announcer {
    /// Returns at once; no jobs at all say that there are some which the caller does not know. What a relay that is busy does
    /// not take is found by the sweeper.
    pub fn announce(&self, ready: Vec<Ready>) {
        let _ = self.0.try_send(ready);
    }
}

/// See the module.
pub struct Relay {
    dispatch: Arc<dyn Dispatch>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    announced: mpsc::Receiver<Vec<Ready>>,
}

impl Relay {
    /// A relay and what commits tell it by.
    pub fn new(
        dispatch: Arc<dyn Dispatch>,
        outbox: Arc<dyn Outbox>,
        clock: Arc<dyn Clock>,
    ) -> (Self, Announcer) {
        let (sender, announced) = mpsc::channel(ANNOUNCED);
        let relay = Self {
            dispatch,
            outbox,
            clock,
            announced,
        };
        (relay, Announcer(sender))
    }

    /// Publishes until `stop` fires. `holder` is this process, for the sweeper's lease.
    pub async fn run(self, holder: Uuid, stop: CancellationToken) {
        let Self {
            dispatch,
            outbox,
            clock,
            announced,
        } = self;
        let desk = Desk {
            dispatch,
            outbox,
            clock,
            room: Mutex::default(),
            hint: Notify::new(),
        };
        let (published, unmarked) = mpsc::unbounded_channel();
        let publishing = desk.publish_announced(announced, published);
        let working = async { tokio::join!(publishing, desk.mark_published(unmarked), desk.sweep(holder)) };
        stop.run_until_cancelled(working).await;
    }
}

struct Desk {
    dispatch: Arc<dyn Dispatch>,
    outbox: Arc<dyn Outbox>,
    clock: Arc<dyn Clock>,
    /// What may be published, as of the last sweep.
    room: Mutex<BTreeMap<Queue, usize>>,
    /// This process has made jobs ready which it cannot name.
    hint: Notify,
}

impl Desk {
    async fn publish_announced(
        &self,
        mut announced: mpsc::Receiver<Vec<Ready>>,
        published: mpsc::UnboundedSender<Vec<Ready>>,
    ) {
        let mut batch = Vec::new();
        while announced.recv_many(&mut batch, BATCH).await > 0 {
            if batch.iter().any(Vec::is_empty) {
                self.hint.notify_one();
            }
            let now = self.clock.now();
            let mut due: Vec<_> = batch.drain(..).flatten().collect();
            due.retain(|ready| ready.run_at <= now && self.take_room(ready.queue));
            if due.is_empty() || !self.dispatch.delivers() {
                continue;
            }
            match self.dispatch.publish(&due).await {
                Ok(()) => {
                    let _ = published.send(due);
                }
                Err(error) => tracing::debug!(error = &error as &dyn Error, "jobs stay unpublished"),
            }
        }
    }

    /// False when enough of the queue is published; the sweeper publishes the rest in the order in which it is to be done.
    fn take_room(&self, queue: Queue) -> bool {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        match room
            .get_mut(&queue)
            .and_then(|room| room.checked_sub(1).map(|less| (room, less)))
        {
            Some((room, less)) => {
                *room = less;
                true
            }
            None => false,
        }
    }

    async fn mark_published(&self, mut unmarked: mpsc::UnboundedReceiver<Vec<Ready>>) {
        let mut published = Vec::new();
        while unmarked.recv_many(&mut published, BATCH).await > 0 {
            tokio::time::sleep(MARK_EVERY).await;
            while let Ok(more) = unmarked.try_recv() {
                published.push(more);
            }
            let jobs: Vec<_> = published.drain(..).flatten().collect();
            for batch in jobs.chunks(BATCH) {
                self.mark(batch).await;
            }
        }
    }

    /// A job that cannot be marked is published again, which does no harm.
    async fn mark(&self, jobs: &[Ready]) {
        let marking = self.outbox.mark_published(jobs, self.clock.now());
        if let Err(error) = in_time(bounded::LEAST, marking).await {
            tracing::debug!(error = &error as &dyn Error, "published jobs cannot be marked");
        }
    }

    async fn sweep(&self, holder: Uuid) {
        let mut leadership = Leadership::default();
        let mut hinted = false;
        loop {
            let swept = if self.dispatch.delivers() {
                in_time(bounded::LEAST, self.look(holder, &mut leadership, hinted)).await
            } else {
                // Somebody whose dispatch works may have it.
                leadership.leads = false;
                leadership.asked = None;
                Ok(false)
            };
            let left_some = swept.unwrap_or_else(|error| {
                tracing::debug!(error = &error as &dyn Error, "ready jobs cannot be looked for");
                false
            });
            let pause = tokio::time::sleep(if left_some { SWEEP_SOON } else { SWEEP_EVERY });
            hinted = tokio::select! {
                () = pause => false,
                () = self.hint.notified() => {
                    tokio::time::sleep(HINTS_MEET_WITHIN).await;
                    true
                }
            };
        }
    }

    /// Publishes what is left, if this process leads or has made some of it; true if there was more than fitted.
    async fn look(
        &self,
        holder: Uuid,
        leadership: &mut Leadership,
        hinted: bool,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        self.make_up_for_loss(leadership).await?;
        let Ok(room) = self.dispatch.room().await else {
            return Ok(false);
        };
        self.room
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&room);
        self.ask_to_lead(holder, leadership).await?;
        if !leadership.leads && !hinted {
            return Ok(false);
        }
        let room = in_batches(room);
        let due_by = if hinted { now } else { now - OTHERS_PUBLISH_WITHIN };
        let unpublished = self.outbox.unpublished(&room, due_by).await?;
        if unpublished.is_empty() || self.dispatch.publish(&unpublished).await.is_err() {
            return Ok(false);
        }
        self.mark(&unpublished).await;
        Ok(leadership.leads && has_more(&room, &unpublished))
    }

    /// Twice, because jobs that were published before the loss may be marked after the first time.
    async fn make_up_for_loss(&self, leadership: &mut Leadership) -> Result<(), StoreError> {
        let is_new = self.dispatch.take_loss();
        if is_new {
            leadership.lost_at = Some(Instant::now());
        } else if leadership
            .lost_at
            .is_none_or(|at| at.elapsed() < ALL_MARKED_WITHIN)
        {
            return Ok(());
        }
        let jobs = self.outbox.unpublish().await?;
        if !is_new {
            leadership.lost_at = None;
        }
        if jobs > 0 {
            let dispatch = self.dispatch.name();
            tracing::warn!(dispatch, jobs, "published jobs were lost and are published again");
        }
        Ok(())
    }

    async fn ask_to_lead(&self, holder: Uuid, leadership: &mut Leadership) -> Result<(), StoreError> {
        if leadership.asked.is_none_or(|asked| asked.elapsed() >= LEAD_EVERY) {
            leadership.leads = self
                .outbox
                .lead(SERVICE, holder, self.clock.now(), LEAD_FOR)
                .await?;
            leadership.asked = Some(Instant::now());
        }
        Ok(())
    }
}

#[derive(Default)]
struct Leadership {
    asked: Option<Instant>,
    leads: bool,
    /// When what was published got lost, until that is made up for.
    lost_at: Option<Instant>,
}

fn in_batches(room: BTreeMap<Queue, usize>) -> Vec<(Queue, usize)> {
    room.into_iter()
        .map(|(queue, room)| (queue, room.min(BATCH)))
        .filter(|(_, room)| *room > 0)
        .collect()
}

fn has_more(room: &[(Queue, usize)], published: &[Ready]) -> bool {
    room.iter().any(|(queue, room)| {
        let of_queue = published.iter().filter(|ready| ready.queue == *queue);
        of_queue.count() == *room
    })
}
