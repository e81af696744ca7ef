//! Deliveries on their way to a slot.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::job::{Claim, JobId, Queue};

use crate::dispatch::{Delivery, Receipt};
use crate::store::FoundById;

/// A delivery that cannot be claimed for so long, because its row is locked, is given back: it keeps others from coming.
const KEPT_AT_MOST: Duration = Duration::from_secs(2);

/// Deliveries that wait for a slot or for the database. Dropped ones are given back.
#[derive(Default)]
pub(crate) struct Inbox {
    waiting: Vec<Waiting>,
}

struct Waiting {
    delivery: Delivery,
    /// Since when the database says that it is to be asked again.
    kept_since: Option<Instant>,
}

/// What a claim made of the deliveries.
#[derive(Default)]
pub(crate) struct Answered {
    pub(crate) started: Vec<(Claim, Option<Receipt>)>,
    /// Whether there were deliveries that had nothing to say, so that their slots are still free.
    pub(crate) settled: bool,
}

impl Inbox {
    pub(crate) fn add(&mut self, deliveries: Vec<Delivery>) {
        self.waiting
            .extend(deliveries.into_iter().map(|delivery| Waiting {
                delivery,
                kept_since: None,
            }));
    }

    /// How many of a queue wait.
    pub(crate) fn of(&self, queue: Queue) -> usize {
        self.waiting
            .iter()
            .filter(|waiting| waiting.delivery.queue == queue)
            .count()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether any are to be claimed again that could not be claimed yet.
    pub(crate) fn keeps(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.kept_since.is_some())
    }

    /// The jobs to claim now: each once, in the order of their deliveries, and no more of a queue than `free` has slots.
    pub(crate) fn fitting(&self, free: &[(Queue, usize)]) -> Vec<JobId> {
        let mut free: BTreeMap<Queue, usize> = free.iter().copied().collect();
        let mut seen = BTreeSet::new();
        let mut fitting = Vec::new();
        for Waiting { delivery, .. } in &self.waiting {
            let Some(slots) = free.get_mut(&delivery.queue).filter(|slots| **slots > 0) else {
                continue;
            };
            if seen.insert(delivery.id) {
                *slots -= 1;
                fitting.push(delivery.id);
            }
        }
        fitting
    }

    /// What the database has answered about `asked`: each claim with its receipt. Deliveries that came too early stay, behind
    /// the others. The rest, and second ones of a job that was claimed, had nothing to say and are settled.
    pub(crate) fn answered(&mut self, asked: &[JobId], found: FoundById, now: Instant) -> Answered {
        let asked: BTreeSet<_> = asked.iter().copied().collect();
        let not_yet: BTreeSet<_> = found.not_yet.into_iter().collect();
        let mut claims: BTreeMap<_, _> = found.claims.into_iter().map(|claim| (claim.id, claim)).collect();
        let (mut answered, mut kept) = (Answered::default(), Vec::new());
        for mut waiting in std::mem::take(&mut self.waiting) {
            let id = waiting.delivery.id;
            if !asked.contains(&id) {
                self.waiting.push(waiting);
            } else if let Some(claim) = claims.remove(&id) {
                answered.started.push((claim, Some(waiting.delivery.receipt)));
            } else if not_yet.contains(&id) {
                let since = *waiting.kept_since.get_or_insert(now);
                if now.duration_since(since) < KEPT_AT_MOST {
                    kept.push(waiting);
                }
            } else {
                waiting.delivery.receipt.settle();
                answered.settled = true;
            }
        }
        self.waiting.append(&mut kept);
        // Claims nobody asked for would be lost until their leases end.
        answered
            .started
            .extend(claims.into_values().map(|claim| (claim, None)));
        answered
    }
}

#[cfg(test)]
mod tests {
    use domain::job::{Fence, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::dispatch::Settling;

    fn delivery(number: u128, queue: Queue) -> (Delivery, Settling) {
        let (receipt, settling) = Receipt::new();
        let id = JobId(Uuid::from_u128(number));
        (Delivery { id, queue, receipt }, settling)
    }

    fn claim(id: JobId) -> Claim {
        Claim {
            id,
            kind: "kind".to_owned(),
            queue: Queue::Static,
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
    fn each_job_is_asked_for_once_and_queues_keep_to_their_slots() {
        let mut inbox = Inbox::default();
        let of = |number, queue| delivery(number, queue).0;
        inbox.add(vec![
            of(1, Queue::Static),
            of(1, Queue::Static),
            of(2, Queue::Static),
        ]);
        inbox.add(vec![of(3, Queue::Static), of(4, Queue::Llm), of(5, Queue::Rag)]);
        let fitting = inbox.fitting(&[(Queue::Static, 2), (Queue::Llm, 1)]);
        assert_eq!(fitting, [1, 2, 4].map(|number| JobId(Uuid::from_u128(number))));
        assert_eq!(
            inbox.of(Queue::Static),
            4,
            "they wait until the database has answered"
        );
    }

    #[tokio::test]
    async fn a_claim_keeps_its_receipt_and_what_has_nothing_to_say_is_settled() {
        let mut inbox = Inbox::default();
        let ((one, one_settling), (twin, twin_settling)) =
            (delivery(1, Queue::Static), delivery(1, Queue::Static));
        let ((gone, gone_settling), (late, late_settling)) =
            (delivery(2, Queue::Static), delivery(3, Queue::Static));
        let (id, gone_id) = (one.id, gone.id);
        inbox.add(vec![one, twin, gone, late]);
        let found = FoundById {
            claims: vec![claim(id)],
            not_yet: Vec::new(),
        };
        let Answered { mut started, settled } = inbox.answered(&[id, gone_id], found, Instant::now());
        assert!(settled);
        assert!(twin_settling.settled().await && gone_settling.settled().await);
        let (claim, receipt) = started.pop().unwrap();
        assert_eq!(claim.id, id);
        receipt.unwrap().settle();
        assert!(one_settling.settled().await && started.is_empty());
        assert_eq!(inbox.of(Queue::Static), 1);
        drop(inbox);
        assert!(!late_settling.settled().await, "a dropped delivery is given back");
    }

    #[tokio::test]
    async fn what_came_too_early_is_asked_again_behind_the_others_and_given_back_in_the_end() {
        let mut inbox = Inbox::default();
        let ((early, settling), (next, _)) = (delivery(1, Queue::Static), delivery(2, Queue::Static));
        let (id, next_id) = (early.id, next.id);
        inbox.add(vec![early, next]);
        let free = [(Queue::Static, 1)];
        let not_yet = || FoundById {
            claims: Vec::new(),
            not_yet: vec![id],
        };
        let began = Instant::now();
        assert_eq!(inbox.fitting(&free), [id]);
        let answered = inbox.answered(&[id], not_yet(), began);
        assert!(answered.started.is_empty() && !answered.settled && inbox.keeps());
        assert_eq!(inbox.fitting(&free), [next_id], "it does not stand in the way");
        inbox.answered(&[id], not_yet(), began + KEPT_AT_MOST / 2);
        assert_eq!(inbox.of(Queue::Static), 2);
        inbox.answered(&[id], not_yet(), began + KEPT_AT_MOST);
        assert!(!settling.settled().await, "others may have it");
        assert_eq!(inbox.of(Queue::Static), 1);
    }
}
