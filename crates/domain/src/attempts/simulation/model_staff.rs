//! The reference for staff: whom they see, what they take out of the count, release and publish.

use super::catalogue::ASSESSMENTS;
use super::editions::Version;
use super::groups::{Group, MEMBERS};
use super::model::Model;
use super::outcome::{Outcome, Refusal};
use super::request::Request;
use super::steps::{ADMIN, COHORTS, Regrouping};
use crate::attempts::{AttemptEvent, AttemptState, ScoringState, VoidedBy};

impl Model {
    /// The attempt, if the staff member sees it: an advisor those of candidates who share a cohort that has the assessment.
    pub(super) fn seen_by(&self, staff: usize, request: &Request) -> Result<usize, Refusal> {
        let index = request.attempt.ok_or(Refusal::NotFound)?;
        let attempt = &self.attempts[index];
        let theirs =
            |group: &Group| both_in(*group, staff, attempt.who) && group.assigned[attempt.assessment];
        if staff == ADMIN || self.groups.iter().any(theirs) {
            Ok(index)
        } else {
            Err(Refusal::NotFound)
        }
    }

    /// Whether the staff member has to do with the candidate at all.
    pub(super) fn knows(&self, staff: usize, candidate: usize) -> bool {
        staff == ADMIN || self.groups.iter().any(|group| both_in(*group, staff, candidate))
    }

    pub(super) fn void(&mut self, request: &Request, staff: usize) -> Result<Outcome, Refusal> {
        let index = self.seen_by(staff, request)?;
        let attempt = &mut self.attempts[index];
        if attempt.state == AttemptState::Voided {
            return Err(Refusal::Unlawful(AttemptState::Voided, AttemptEvent::Void));
        }
        attempt.void(VoidedBy::Staff, self.now);
        self.note("attempts.voided", Some(index));
        Ok(Outcome::Voided)
    }

    pub(super) fn release(
        &mut self,
        request: &Request,
        staff: usize,
        hold: bool,
    ) -> Result<Outcome, Refusal> {
        let index = self.seen_by(staff, request)?;
        let attempt = &mut self.attempts[index];
        if attempt.scoring != ScoringState::Done && attempt.scoring != ScoringState::Failed {
            return Err(Refusal::NotScored);
        }
        match (hold, attempt.released) {
            (true, Some(_)) => {
                attempt.released = None;
                attempt.changed = self.now;
                self.note("attempts.held", Some(index));
            }
            (false, None) => {
                attempt.released = Some(self.now);
                attempt.changed = self.now;
                self.note("attempts.released", Some(index));
            }
            (true, None) | (false, Some(_)) => {}
        }
        Ok(Outcome::Attempt(index))
    }

    pub(super) fn publish(&mut self, assessment: usize, edition: Option<usize>) -> Outcome {
        self.published[assessment] = edition.map(|edition| {
            self.versions.push(Version {
                assessment,
                edition: self.setups[assessment][edition],
                published: self.now,
            });
            self.versions.len() - 1
        });
        Outcome::Quiet
    }

    pub(super) fn regroup(&mut self, cohort: usize, change: Regrouping) -> Result<Outcome, Refusal> {
        if cohort >= COHORTS {
            return Err(Refusal::NotFound);
        }
        let group = &mut self.groups[cohort];
        match change {
            Regrouping::Join(person) if person >= MEMBERS => return Err(Refusal::NoSuchPerson),
            Regrouping::Assign(assessment) if assessment >= ASSESSMENTS => {
                return Err(Refusal::NoSuchAssessment);
            }
            // Taking out who or what is not in is nothing to complain about.
            Regrouping::Leave(person) if person >= MEMBERS => {}
            Regrouping::Unassign(assessment) if assessment >= ASSESSMENTS => {}
            Regrouping::Join(person) => group.members[person] = true,
            Regrouping::Leave(person) => group.members[person] = false,
            Regrouping::Assign(assessment) => group.assigned[assessment] = true,
            Regrouping::Unassign(assessment) => group.assigned[assessment] = false,
        }
        self.note("cohorts.changed", None);
        Ok(Outcome::Quiet)
    }
}

fn both_in(group: Group, one: usize, other: usize) -> bool {
    group.members[one] && group.members[other]
}
