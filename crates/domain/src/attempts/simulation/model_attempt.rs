//! One attempt of the reference, and what can be said of it without looking at others.

use super::catalogue::{Kind, MAX_ITEMS};
use super::outcome::Refusal;
use super::request::Sent;
use super::steps::{Given, MOST_SENT};
use crate::attempts::{AttemptEvent, AttemptState, DegradedReason, ScoringState, VoidedBy};

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelAnswer {
    pub(super) seq: i64,
    pub(super) given: Given,
    pub(super) written_at: Option<i64>,
    pub(super) saved_at: i64,
}

/// What the record of an item says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Right,
    Wrong,
    Unanswered,
    /// A person has to look at it.
    Awaited,
    Judged,
    Ungraded,
    /// After it was ungraded.
    JudgedLate,
}

/// A set of places in the version, one bit each.
pub(super) type Places = u16;

/// One attempt. Instants and spans are microseconds.
#[derive(Clone, Debug)]
pub(super) struct ModelAttempt {
    pub(super) who: usize,
    pub(super) assessment: usize,
    pub(super) version: usize,
    /// Opened and begun in one step, with words of the client.
    pub(super) taken_at_once: bool,
    /// Its items. Drawing is left to the code under test; the draw is checked apart and holds from then on.
    pub(super) form: Places,
    pub(super) state: AttemptState,
    pub(super) scoring: ScoringState,
    pub(super) section: i32,
    pub(super) seq: i64,
    pub(super) opted_in: i64,
    pub(super) started: Option<i64>,
    pub(super) deadline: Option<i64>,
    /// What extensions have added to the deadline.
    pub(super) extra: i64,
    pub(super) last_activity: Option<i64>,
    pub(super) inactivity: i64,
    pub(super) factor: u32,
    pub(super) submitted: Option<i64>,
    pub(super) ended: Option<i64>,
    pub(super) scored: Option<i64>,
    pub(super) released: Option<i64>,
    pub(super) voided_by: Option<VoidedBy>,
    pub(super) changed: i64,
    pub(super) degraded: Vec<DegradedReason>,
    pub(super) answers: [Option<ModelAnswer>; MAX_ITEMS],
    pub(super) marks: [Option<Mark>; MAX_ITEMS],
    /// Which items have a job that judges them.
    pub(super) jobs: Places,
    pub(super) evaluation_job: bool,
}

impl ModelAttempt {
    /// Somebody's new attempt of a version of an assessment.
    pub(super) const fn new(
        who: usize,
        assessment: usize,
        version: usize,
        inactivity: i64,
        now: i64,
    ) -> Self {
        Self {
            who,
            assessment,
            version,
            taken_at_once: false,
            form: 0,
            state: AttemptState::OptedIn,
            scoring: ScoringState::None,
            section: 0,
            seq: 0,
            opted_in: now,
            started: None,
            deadline: None,
            extra: 0,
            last_activity: None,
            inactivity,
            factor: 100,
            submitted: None,
            ended: None,
            scored: None,
            released: None,
            voided_by: None,
            changed: now,
            degraded: Vec::new(),
            answers: [None; MAX_ITEMS],
            marks: [None; MAX_ITEMS],
            jobs: 0,
            evaluation_job: false,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, AttemptState::OptedIn | AttemptState::InProgress)
    }

    /// Whether it is one of the attempts a candidate has: what staff take out was never there, and neither was what was
    /// given up or forgotten before it began.
    pub(super) fn counts(&self) -> bool {
        match self.state {
            AttemptState::Voided => self.voided_by == Some(VoidedBy::Owner) && self.started.is_some(),
            AttemptState::Expired => self.started.is_some(),
            _ => true,
        }
    }

    pub(super) const fn has(&self, place: usize) -> bool {
        self.form >> place & 1 == 1
    }

    pub(super) fn must_be_in_progress(&self, event: AttemptEvent) -> Result<(), Refusal> {
        if self.state == AttemptState::InProgress {
            Ok(())
        } else {
            Err(refusal(self.state, event))
        }
    }

    pub(super) fn must_be_open(&self, event: AttemptEvent) -> Result<(), Refusal> {
        if self.is_open() {
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

    /// A clock that was put back makes nobody look less active.
    pub(super) fn note_activity(&mut self, now: i64) {
        self.last_activity = self.last_activity.max(Some(now));
        self.changed = now;
    }

    /// Each answer gets the next number; one known to be written earlier than what is there does not replace it.
    pub(super) fn save(&mut self, sent: &[Sent], now: i64) -> [Option<(i64, bool)>; MOST_SENT] {
        let mut acknowledged = [None; MOST_SENT];
        for (slot, sent) in acknowledged.iter_mut().zip(sent) {
            self.seq += 1;
            let there = &mut self.answers[sent.place];
            let stored = match (&there, sent.written_at) {
                (Some(before), Some(written)) => before.written_at.unwrap_or(before.saved_at) <= written,
                _ => true,
            };
            if stored {
                *there = Some(ModelAnswer {
                    seq: self.seq,
                    given: sent.given,
                    written_at: sent.written_at,
                    saved_at: now,
                });
            }
            *slot = Some((self.seq, stored));
            self.note_activity(now);
        }
        acknowledged
    }

    /// Rules score what they can at once; each text and program with something in it gets a job.
    pub(super) fn score_by_rules(&mut self, track: bool) {
        for place in (0..MAX_ITEMS).filter(|place| self.form >> place & 1 == 1) {
            let given = self.answers[place].map(|answer| answer.given);
            self.marks[place] = match (given, Kind::at(track, place)) {
                (None | Some(Given::Null | Given::Blank), _) => Some(Mark::Unanswered),
                (Some(_), Kind::Text | Kind::Program) => {
                    self.jobs |= 1 << place;
                    None
                }
                (Some(_), Kind::File) => Some(Mark::Awaited),
                (Some(Given::Second), Kind::Truth) => Some(Mark::Wrong),
                (Some(_), Kind::Truth | Kind::Profile) => Some(Mark::Right),
            };
        }
        if self.marks.contains(&Some(Mark::Unanswered)) {
            self.degraded.push(DegradedReason::Unanswered);
        }
    }

    /// An answer is judged once; that nobody could judge it is no judgement.
    pub(super) const fn judge(&mut self, place: usize) {
        if self.jobs >> place & 1 == 1 {
            match self.marks[place] {
                None => self.marks[place] = Some(Mark::Judged),
                Some(Mark::Ungraded) => self.marks[place] = Some(Mark::JudgedLate),
                Some(_) => {}
            }
        }
    }

    /// What no record exists for is ungraded, and the result is visible unless it is held back. Scoring ends
    /// once, but that what failed may still be done. Whether it ended.
    pub(super) fn end_scoring(&mut self, scoring: ScoringState, held: bool, now: i64) -> bool {
        let late = self.scoring == ScoringState::Failed && scoring == ScoringState::Done;
        if self.scoring != ScoringState::Running && !late {
            return false;
        }
        match self.state {
            AttemptState::AwaitingAsync if scoring == ScoringState::Failed => {
                self.state = AttemptState::Failed;
            }
            AttemptState::AwaitingAsync | AttemptState::Failed => self.state = AttemptState::Completed,
            AttemptState::Expired => {}
            _ => return false,
        }
        for place in (0..MAX_ITEMS).filter(|place| self.form >> place & 1 == 1) {
            self.marks[place].get_or_insert(Mark::Ungraded);
        }
        self.scoring = scoring;
        self.scored = Some(now);
        self.released = self.released.or((!held).then_some(now));
        self.changed = now;
        true
    }

    /// Out of the count; what was saved and scored stays, but nothing is scored any more.
    pub(super) fn void(&mut self, by: VoidedBy, now: i64) {
        self.state = AttemptState::Voided;
        self.voided_by = Some(by);
        self.ended.get_or_insert(now);
        if self.scoring == ScoringState::Running {
            self.scoring = ScoringState::None;
        }
        self.changed = now;
    }
}

/// An attempt in a state that does not take the event; an expired one says just that.
pub(super) const fn refusal(state: AttemptState, event: AttemptEvent) -> Refusal {
    match state {
        AttemptState::Expired => Refusal::AlreadyExpired,
        _ => Refusal::Unlawful(state, event),
    }
}
