//! One attempt of the reference, and what can be said of it without looking at others.

use super::catalogue::{MAX_ITEMS, PER_SECTION};
use super::outcome::Refusal;
use super::request::Sent;
use super::steps::Given;
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, ScoringState};

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelAnswer {
    pub(super) seq: i64,
    pub(super) given: Given,
    pub(super) written_at: i64,
    pub(super) saved_at: i64,
}

/// What the record of an item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Right,
    Wrong,
    Unanswered,
    Judged,
    Ungraded,
}

/// One attempt.
#[derive(Clone, Debug)]
pub(super) struct ModelAttempt {
    pub(super) who: usize,
    pub(super) assessment: usize,
    pub(super) state: AttemptState,
    pub(super) scoring: ScoringState,
    pub(super) section: i32,
    pub(super) seq: i64,
    pub(super) opted_in: i64,
    pub(super) started: Option<i64>,
    pub(super) deadline: Option<i64>,
    pub(super) last_activity: Option<i64>,
    pub(super) submitted: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) scored: Option<i64>,
    pub(super) changed: i64,
    pub(super) degraded: Vec<DegradedReason>,
    pub(super) answers: [Option<ModelAnswer>; MAX_ITEMS],
    pub(super) marks: [Option<Mark>; MAX_ITEMS],
    /// Which items have a job that judges them.
    pub(super) text_jobs: [bool; MAX_ITEMS],
    pub(super) evaluation_job: bool,
}

/// When something happens to an attempt, and how many items it has.
#[derive(Clone, Copy)]
pub(super) struct Acting {
    pub(super) now: i64,
    pub(super) items: usize,
}

impl ModelAttempt {
    pub(super) const fn new(who: usize, assessment: usize, now: i64) -> Self {
        Self {
            who,
            assessment,
            state: AttemptState::OptedIn,
            scoring: ScoringState::None,
            section: 0,
            seq: 0,
            opted_in: now,
            started: None,
            deadline: None,
            last_activity: None,
            submitted: None,
            ended: None,
            scored: None,
            changed: now,
            degraded: Vec::new(),
            answers: [None; MAX_ITEMS],
            marks: [None; MAX_ITEMS],
            text_jobs: [false; MAX_ITEMS],
            evaluation_job: false,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, AttemptState::OptedIn | AttemptState::InProgress)
    }

    pub(super) fn must_be_in_progress(&self, event: AttemptEvent) -> Result<(), Refusal> {
        if self.state == AttemptState::InProgress {
            Ok(())
        } else {
            Err(refusal(self.state, event))
        }
    }

    pub(super) const fn must_be_at(&self, requested: i32) -> Result<(), Refusal> {
        let current = self.section;
        if requested == current {
            Ok(())
        } else {
            Err(Refusal::OutOfOrder { requested, current })
        }
    }

    pub(super) const fn note_activity(&mut self, now: i64) {
        self.last_activity = Some(now);
        self.changed = now;
    }

    /// Each answer gets the next number; one written earlier than what is there does not replace it.
    pub(super) fn save(&mut self, sent: &[Sent], now: i64) -> [Option<(i64, bool)>; PER_SECTION] {
        let mut acknowledged = [None; PER_SECTION];
        for &Sent {
            item,
            given,
            written_at,
        } in sent
        {
            self.seq += 1;
            let stored = self.answers[item].is_none_or(|there| there.written_at <= written_at);
            if stored {
                self.answers[item] = Some(ModelAnswer {
                    seq: self.seq,
                    given,
                    written_at,
                    saved_at: now,
                });
            }
            acknowledged[item % PER_SECTION] = Some((self.seq, stored));
            self.note_activity(now);
        }
        acknowledged
    }

    /// A text is judged once; whatever judged it first stays.
    pub(super) const fn judge(&mut self, item: usize) {
        if self.text_jobs[item] && self.marks[item].is_none() {
            self.marks[item] = Some(Mark::Judged);
        }
    }

    /// What no record exists for is ungraded, and the result is visible; done or failed, it ends only once.
    pub(super) fn end_scoring(&mut self, scoring: ScoringState, acting: Acting) {
        if self.scoring != ScoringState::Running {
            return;
        }
        match self.state {
            AttemptState::AwaitingAsync if scoring == ScoringState::Failed => {
                self.state = AttemptState::Failed;
            }
            AttemptState::AwaitingAsync => self.state = AttemptState::Completed,
            AttemptState::Expired => {}
            _ => return,
        }
        for mark in &mut self.marks[..acting.items] {
            mark.get_or_insert(Mark::Ungraded);
        }
        self.scoring = scoring;
        self.scored = Some(acting.now);
        self.changed = acting.now;
    }
}

/// An attempt in a state that does not take the event; an expired one says just that.
pub(super) const fn refusal(state: AttemptState, event: AttemptEvent) -> Refusal {
    match state {
        AttemptState::Expired => Refusal::AlreadyExpired,
        _ => Refusal::Unlawful(state, event),
    }
}
