//! The reference: attempts by their rules, in plain numbers. It shares names with the code under test, but
//! none of its rules: no call leads from here into the slice. Instants and spans are microseconds.
//!
//! This file says who may open and begin an attempt; what happens in it stands in the `model_…` files beside.

use super::catalogue::{ASSESSMENTS, MAX_ITEMS, section_of};
use super::editions::{Setup, Version};
use super::groups::{AT_FIRST, Groups};
use super::model_attempt::{ModelAttempt, Places};
use super::outcome::{Outcome, Refusal};
use super::request::Request;
use super::steps::{CANDIDATES, Deed};
use crate::attempts::{AttemptEvent, AttemptState, Expiry, ScoringState};

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;

/// Everything there is.
pub(super) struct Model {
    pub(super) setups: [Setup; ASSESSMENTS],
    pub(super) versions: Vec<Version>,
    pub(super) published: [Option<usize>; ASSESSMENTS],
    pub(super) now: i64,
    pub(super) attempts: Vec<ModelAttempt>,
    pub(super) groups: Groups,
    /// Percent of the usual time.
    pub(super) factors: [u32; CANDIDATES],
    /// When the service was last known to take answers.
    pub(super) served: Option<i64>,
    /// What the latest step left in the audit log: the action, and the attempt it was about.
    pub(super) audited: Vec<(&'static str, Option<usize>)>,
    /// Attempts and mark as they were before the step, kept from the first change on that a refusal would undo.
    before: Option<(Vec<ModelAttempt>, Option<i64>)>,
}

impl Model {
    pub(super) fn new(setups: &[Setup; ASSESSMENTS], now: i64) -> Self {
        let mut model = Self {
            setups: *setups,
            versions: Vec::new(),
            published: [None; ASSESSMENTS],
            now,
            attempts: Vec::new(),
            groups: AT_FIRST,
            factors: [100; CANDIDATES],
            served: None,
            audited: Vec::new(),
            before: None,
        };
        for assessment in 0..ASSESSMENTS {
            model.publish(assessment, Some(0));
        }
        model
    }

    /// The current section and the number of sections.
    pub(super) fn sections(&self, index: usize) -> (i32, i32) {
        let attempt = &self.attempts[index];
        (attempt.section, self.version(index).edition.sections)
    }

    /// The items an attempt has in a section.
    pub(super) fn places(&self, index: usize, section: i32) -> Vec<usize> {
        let track = self.version(index).is_track();
        let attempt = &self.attempts[index];
        let here = |place: &usize| attempt.has(*place) && section_of(track, *place) == section;
        (0..MAX_ITEMS).filter(here).collect()
    }

    /// The version the attempt was opened in.
    pub(super) fn version(&self, index: usize) -> &Version {
        &self.versions[self.attempts[index].version]
    }

    /// The version that says when attempts may begin: what is published now, or the attempt's own when nothing is.
    pub(super) fn in_force(&self, index: usize) -> &Version {
        let attempt = &self.attempts[index];
        &self.versions[self.published[attempt.assessment].unwrap_or(attempt.version)]
    }

    /// What the candidate is taking.
    pub(super) fn running(&self, who: usize) -> Option<usize> {
        self.attempts
            .iter()
            .position(|attempt| attempt.who == who && attempt.state == AttemptState::InProgress)
    }

    pub(super) fn note(&mut self, action: &'static str, attempt: Option<usize>) {
        self.audited.push((action, attempt));
    }

    /// Remembers what a refusal later in the same step brings back.
    pub(super) fn remember(&mut self) {
        if self.before.is_none() {
            self.before = Some((self.attempts.clone(), self.served));
        }
    }

    pub(super) fn perform(&mut self, request: &Request) -> Outcome {
        self.audited.clear();
        let outcome = self.act(request).unwrap_or_else(Outcome::Refused);
        let before = self.before.take();
        if matches!(outcome, Outcome::Refused(_)) {
            self.audited.clear();
            if let Some((attempts, served)) = before {
                self.attempts = attempts;
                self.served = served;
            }
        }
        outcome
    }

    fn act(&mut self, request: &Request) -> Result<Outcome, Refusal> {
        match request.deed {
            Deed::OptIn { assessment } => self.opt_in(request.who, assessment),
            Deed::Take { assessment, .. } => self.take(request, assessment),
            Deed::Start { .. }
            | Deed::Save { .. }
            | Deed::SubmitSection { .. }
            | Deed::Submit { .. }
            | Deed::Heartbeat { .. }
            | Deed::Abandon { .. } => self.go_on(request),
            Deed::Judge { .. } => Ok(self.judge(request)),
            Deed::Finish { .. } => Ok(self.end_scoring(request, ScoringState::Done)),
            Deed::FailScoring { .. } => Ok(self.end_scoring(request, ScoringState::Failed)),
            Deed::Void { staff, .. } => self.void(request, staff),
            Deed::Release { staff, hold, .. } => self.release(request, staff, hold),
            Deed::Extend { staff, minutes, .. } => self.extend(request, staff, minutes),
            Deed::Accommodate {
                staff,
                person,
                factor,
            } => self.accommodate(staff, person, factor),
            Deed::Sweep => Ok(self.sweep()),
            Deed::MarkServing => Ok(self.mark_serving()),
            Deed::Publish { assessment, edition } => Ok(self.publish(assessment, edition)),
            Deed::Regroup { cohort, change } => self.regroup(cohort, change),
        }
    }

    fn opt_in(&mut self, who: usize, assessment: usize) -> Result<Outcome, Refusal> {
        let version = self.may_take(who, assessment)?;
        let expired = match self.find_open(who, assessment) {
            Some((open, None)) => return Ok(Outcome::Attempt(open)),
            found => found.and_then(|(_, expired)| expired),
        };
        match (self.open(who, assessment, version), expired) {
            (Ok(index), _) => {
                self.note("attempts.opted_in", Some(index));
                Ok(Outcome::Attempt(index))
            }
            (Err(_), Some(by)) => Ok(Outcome::Expired(by)),
            (Err(refusal), None) => Err(refusal),
        }
    }

    fn take(&mut self, request: &Request, assessment: usize) -> Result<Outcome, Refusal> {
        let (open, expired) = match self.find_open(request.who, assessment) {
            Some((open, None)) => (Some(open), None),
            found => (None, found.and_then(|(_, expired)| expired)),
        };
        if let Some(open) = open
            && self.attempts[open].state == AttemptState::InProgress
        {
            return Ok(Outcome::Taken(open, true));
        }
        let known = self.attempts.len();
        match (self.take_up(request, assessment, open), expired) {
            (Err(_), Some(by)) => {
                // What could not begin was never there; what has expired stays so.
                self.attempts.truncate(known);
                Ok(Outcome::Expired(by))
            }
            (taken, _) => taken,
        }
    }

    /// Begins what is opted in, or else a new attempt.
    fn take_up(
        &mut self,
        request: &Request,
        assessment: usize,
        open: Option<usize>,
    ) -> Result<Outcome, Refusal> {
        let version = self.may_take(request.who, assessment)?;
        let index = match open {
            Some(open) => open,
            None => self.open(request.who, assessment, version)?,
        };
        self.attempts[index].taken_at_once = open.is_none();
        self.begin(index, request.code)?;
        Ok(Outcome::Taken(index, false))
    }

    /// The version to take, of what is published and assigned.
    fn may_take(&self, who: usize, assessment: usize) -> Result<usize, Refusal> {
        let version = self.published.get(assessment).copied().flatten();
        let version = version.ok_or(Refusal::NoSuchAssessment)?;
        let assigned = self
            .groups
            .iter()
            .any(|group| group.members[who] && group.assigned[assessment]);
        assigned.then_some(version).ok_or(Refusal::NoSuchAssessment)
    }

    /// What is open of the assessment, unless it has just expired, by this limit.
    fn find_open(&mut self, who: usize, assessment: usize) -> Option<(usize, Option<Expiry>)> {
        let open = self.attempts.iter().position(|attempt| {
            attempt.who == who && attempt.assessment == assessment && attempt.is_open()
        })?;
        Some((open, self.expire_if_overdue(open)))
    }

    fn open(&mut self, who: usize, assessment: usize, version: usize) -> Result<usize, Refusal> {
        let edition = self.versions[version].edition;
        let mine = |attempt: &&ModelAttempt| attempt.who == who && attempt.assessment == assessment;
        let made = self
            .attempts
            .iter()
            .filter(mine)
            .filter(|attempt| attempt.counts())
            .count();
        if let Some(allowed) = edition.max_attempts.filter(|allowed| made >= *allowed as usize) {
            return Err(Refusal::NoAttemptsLeft(allowed));
        }
        self.remember();
        let inactivity = i64::from(edition.inactivity_minutes) * MINUTE;
        self.attempts
            .push(ModelAttempt::new(who, assessment, version, inactivity, self.now));
        Ok(self.attempts.len() - 1)
    }

    /// The form that was drawn for a new attempt.
    pub(super) fn adopt(&mut self, index: usize, form: Places) {
        self.attempts[index].form = form;
    }

    /// Begins an attempt that is opted in, or resumes it.
    pub(super) fn start(&mut self, index: usize, code: Option<&str>) -> Result<Outcome, Refusal> {
        self.attempts[index].must_be_open(AttemptEvent::Start)?;
        if self.attempts[index].state == AttemptState::OptedIn {
            self.published[self.attempts[index].assessment].ok_or(Refusal::NoSuchAssessment)?;
            self.begin(index, code)?;
        }
        Ok(Outcome::Attempt(index))
    }

    fn begin(&mut self, index: usize, code: Option<&str>) -> Result<(), Refusal> {
        let now = self.now;
        self.may_begin(index, code)?;
        let who = self.attempts[index].who;
        if let Some(other) = self.running(who)
            && self.expire_if_overdue(other).is_none()
        {
            return Err(Refusal::OtherInProgress(other));
        }
        let (factor, sitting_ends) = (self.factors[who], self.in_force(index).closes_at());
        let edition = self.version(index).edition;
        let attempt = &mut self.attempts[index];
        attempt.state = AttemptState::InProgress;
        attempt.started = Some(now);
        attempt.factor = factor;
        attempt.inactivity = i64::from(edition.inactivity_minutes) * MINUTE * i64::from(factor) / 100;
        attempt.note_activity(now);
        self.attempts[index].deadline = self.deadline(index, factor, sitting_ends);
        self.note("attempts.started", Some(index));
        Ok(())
    }

    /// The sitting has to be open, the pause since the last attempt over, and the access code right.
    fn may_begin(&self, index: usize, code: Option<&str>) -> Result<(), Refusal> {
        let (now, version) = (self.now, self.in_force(index));
        if let Some(opens_at) = version.opens_at().filter(|opens_at| now < *opens_at) {
            return Err(Refusal::NotOpenYet(opens_at));
        }
        if let Some(closes_at) = version.closes_at().filter(|closes_at| now >= *closes_at) {
            return Err(Refusal::Closed(closes_at));
        }
        if let Some(until) = self.cool_down(index).filter(|until| now < *until) {
            return Err(Refusal::CoolDown(until));
        }
        match version.edition.access_code {
            Some(right) if code.is_none_or(|code| code.trim() != right.trim()) => {
                Err(Refusal::WrongAccessCode)
            }
            _ => Ok(()),
        }
    }

    /// Until when the candidate has to wait after the last attempt of the same assessment that counts.
    pub(super) fn cool_down(&self, index: usize) -> Option<i64> {
        let attempt = &self.attempts[index];
        let pause = self.in_force(index).edition.cool_down_minutes?;
        let mine = |other: &&ModelAttempt| other.who == attempt.who && other.assessment == attempt.assessment;
        let others = self.attempts.iter().filter(mine).filter(|other| other.counts());
        let ended = others.filter_map(|other| other.ended).max()?;
        Some(ended + i64::from(pause) * MINUTE)
    }
}
