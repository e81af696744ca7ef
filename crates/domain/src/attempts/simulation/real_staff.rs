//! The code under test: moves of staff and of the service itself.

use super::catalogue::{cohort_id, definition_id, user_id};
use super::editions::Version;
use super::outcome::{Outcome, Refusal};
use super::real::{Check, Real, run_now, store_refused};
use super::request::Request;
use super::steps::{ADMIN, Deed, Regrouping};
use crate::attempts::{Accommodate, Extend, MarkServing, Release, Sweep, Void};
use crate::identity::{ChangeCohort, CohortError, MembershipChange, Principal, Role, Staff};
use crate::ids::AttemptId;

impl Real {
    pub(super) fn behind_the_desk(&mut self, attempt_id: AttemptId, request: &Request) -> Check<Outcome> {
        match request.deed {
            Deed::Void { staff, .. } => {
                let (staff, reason) = (self::staff(staff), None);
                let voided = self.run(&Void {
                    staff,
                    attempt_id,
                    reason,
                });
                Ok(voided.map_or_else(|error| self.refused(error), |()| Outcome::Voided))
            }
            Deed::Release { staff, hold, .. } => self.release(attempt_id, staff, hold),
            Deed::Extend { staff, minutes, .. } => {
                let result = self.run(&Extend {
                    staff: self::staff(staff),
                    attempt_id,
                    minutes,
                    reason: None,
                });
                self.alive(result, |real, attempt| real.as_stored(&attempt))
            }
            Deed::Accommodate {
                staff,
                person,
                factor,
            } => self.accommodate(staff, person, factor),
            Deed::Sweep => self.sweep(),
            Deed::MarkServing => {
                let marked = self.run(&MarkServing);
                Ok(marked.map_or_else(|error| Outcome::Refused(store_refused(&error)), Outcome::Credited))
            }
            Deed::Publish { assessment, edition } => Ok(self.publish(assessment, edition)),
            Deed::Regroup { cohort, change } => Ok(self.regroup(cohort, change)),
            _ => unreachable!("{:?} is not for staff", request.deed),
        }
    }

    fn release(&mut self, attempt_id: AttemptId, staff: usize, hold: bool) -> Check<Outcome> {
        let staff = self::staff(staff);
        match self.run(&Release {
            staff,
            attempt_id,
            hold,
        }) {
            Ok(attempt) => self.as_stored(&attempt),
            Err(error) => Ok(self.refused(error)),
        }
    }

    fn accommodate(&mut self, staff: usize, person: usize, factor: u32) -> Check<Outcome> {
        let accommodated = self.run(&Accommodate {
            staff: self::staff(staff),
            user_id: user_id(person),
            time_factor: factor,
            note: None,
        });
        match accommodated {
            Ok(accommodated) => {
                let running = accommodated.running.map(|attempt| {
                    self.as_stored(&attempt)?;
                    Ok::<_, String>(self.index(attempt.id))
                });
                Ok(Outcome::Accommodated(running.transpose()?))
            }
            Err(error) => Ok(self.refused(error)),
        }
    }

    fn sweep(&mut self) -> Check<Outcome> {
        let swept = run_now(Sweep.apply(&self.ctx, &mut self.memory))
            .map_err(|error| error.to_string())?
            .expired;
        self.commit();
        Ok(Outcome::Swept(usize::try_from(swept).expect("a few attempts")))
    }

    /// Publishing itself belongs to another slice; here it is what storage shows of it.
    pub(super) fn publish(&mut self, assessment: usize, edition: Option<usize>) -> Outcome {
        let number = self.memory.versions.len();
        if let Some(edition) = edition {
            self.memory.versions.push(Version {
                assessment,
                edition: self.setups[assessment][edition],
                published: self.ctx.now().as_micros(),
            });
        }
        self.memory.published[assessment] = edition.map(|_| number);
        Outcome::Quiet
    }

    fn regroup(&mut self, cohort: usize, change: Regrouping) -> Outcome {
        let mut membership = MembershipChange::default();
        match change {
            Regrouping::Join(person) => membership.add_members.push(user_id(person)),
            Regrouping::Leave(person) => membership.remove_members.push(user_id(person)),
            Regrouping::Assign(assessment) => membership.add_assessments.push(definition_id(assessment)),
            Regrouping::Unassign(assessment) => {
                membership.remove_assessments.push(definition_id(assessment));
            }
        }
        let changed = self.run(&ChangeCohort {
            admin: principal(ADMIN).admin().expect("an admin"),
            cohort_id: cohort_id(cohort),
            name: None,
            change: membership,
        });
        match changed {
            Ok(_) => Outcome::Quiet,
            Err(error) => Outcome::Refused(match error {
                CohortError::NotFound => Refusal::NotFound,
                CohortError::NoSuchMember { .. } => Refusal::NoSuchPerson,
                CohortError::NoSuchAssessment { .. } => Refusal::NoSuchAssessment,
                CohortError::NameTaken | CohortError::Everyone => Refusal::Store(error.to_string()),
                CohortError::Store(error) => store_refused(&error),
            }),
        }
    }
}

fn principal(person: usize) -> Principal {
    let role = if person == ADMIN {
        Role::Admin
    } else {
        Role::Advisor
    };
    Principal {
        user_id: user_id(person),
        role,
    }
}

fn staff(person: usize) -> Staff {
    principal(person).staff().expect("an advisor or an admin")
}
