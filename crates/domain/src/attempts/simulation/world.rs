//! The code under test and the model side by side.

use super::catalogue::{ASSESSMENTS, Setup};
use super::compare::compare;
use super::invariants::Witness;
use super::model::Model;
use super::outcome::Outcome;
use super::real::{Check, Real};
use super::request::Request;
use super::steps::{Jump, Step};

/// 2026-11-18T11:06:40Z, a moment as good as any.
const BEGINNING: i64 = 1_795_000_000_000_000;

/// Where a sequence of steps happens.
pub(super) struct World {
    real: Real,
    model: Model,
    witness: Witness,
}

impl World {
    pub(super) fn new(setups: [Setup; ASSESSMENTS]) -> Self {
        Self {
            real: Real::new(setups),
            model: Model::new(setups, BEGINNING),
            witness: Witness::default(),
        }
    }

    /// Takes the step on both sides; what they disagree on is the error.
    pub(super) fn take(&mut self, step: &Step) -> Check<Outcome> {
        self.jump(step);
        let request = Request::of(step, &self.model);
        let outcome = self.real.perform(&request)?;
        let expected = self.model.perform(&request);
        if outcome != expected {
            return Err(format!("came to {outcome:?}, should come to {expected:?}"));
        }
        compare(&self.real, &self.model)?;
        self.witness.check(&self.real, &outcome)?;
        Ok(outcome)
    }

    fn jump(&mut self, step: &Step) {
        let running = self.model.running(step.who);
        let now = self.model.now;
        self.model.now = match step.jump {
            Jump::Still => now,
            Jump::By(span) => now + span,
            Jump::To(by, nudge) => running
                .and_then(|index| self.model.limit(index, by))
                .map_or(now, |limit| limit + nudge),
            Jump::ToHeartbeat(nudge) => running
                .and_then(|index| self.model.attempts[index].last_activity)
                .map_or(now, |last| last + 60_000_000 + nudge),
        };
        self.real.set_clock(self.model.now);
    }
}
