//! The code under test and the model side by side.

use super::catalogue::ASSESSMENTS;
use super::compare::compare;
use super::editions::Setup;
use super::forms::drawn;
use super::invariants::Witness;
use super::model::{MINUTE, Model};
use super::model_time::DOWN_AFTER;
use super::outcome::Outcome;
use super::real::{Check, Real};
use super::request::Request;
use super::steps::{Jump, Step};
use crate::time::Timestamp;

/// 2026-11-18T11:06:40Z, a moment as good as any.
const BEGINNING: i64 = 1_795_000_000_000_000;

/// Where a sequence of steps happens.
pub(super) struct World {
    real: Real,
    model: Model,
    witness: Witness,
}

impl World {
    pub(super) fn new(setups: &[Setup; ASSESSMENTS]) -> Self {
        Self {
            real: Real::new(setups, BEGINNING),
            model: Model::new(setups, BEGINNING),
            witness: Witness::default(),
        }
    }

    /// Takes the step on both sides; what they disagree on is the error.
    pub(super) fn take(&mut self, step: &Step) -> Check<Outcome> {
        self.jump(step);
        let request = Request::of(step, &self.model);
        let known = self.model.attempts.len();
        let outcome = self.real.perform(&request)?;
        let expected = self.model.perform(&request);
        if outcome != expected {
            return Err(format!("came to {outcome:?}, should come to {expected:?}"));
        }
        if let [new] = &self.real.ids[known..] {
            let form = drawn(
                &self.real.memory.rows[new].attempt.form,
                self.model.version(known),
            )?;
            self.model.adopt(known, form);
        }
        compare(&self.real, &self.model)?;
        self.witness.check(&self.real, request.attempt, &outcome)?;
        Ok(outcome)
    }

    fn jump(&mut self, step: &Step) {
        let was = self.model.now;
        self.model.now = self.landing(step).unwrap_or(was);
        self.real.set_clock(self.model.now);
        let down = matches!(step.jump, Jump::Down(_));
        // A service that is up goes on leaving marks, more often than any use case could notice.
        if let Some(served) = self
            .model
            .served
            .filter(|served| !down && was - served <= DOWN_AFTER)
        {
            let served = served.max(self.model.now);
            self.model.served = Some(served);
            self.real.mark(Timestamp::from_micros(served));
            self.witness.served = Some(served);
        }
    }

    /// Where the clock goes; none where there is nothing to jump to.
    fn landing(&self, step: &Step) -> Option<i64> {
        let (model, now) = (&self.model, self.model.now);
        let mine = |index: &usize| model.attempts[*index].who == step.who;
        let latest = || (0..model.attempts.len()).rev().filter(mine);
        let to_come = |at: Option<i64>| at.filter(|at| *at > now);
        match step.jump {
            Jump::Still => None,
            Jump::By(span) | Jump::Down(span) => Some(now + span),
            Jump::To(by, nudge) => latest().find_map(|index| Some(model.limit(index, by)? + nudge)),
            Jump::ToHeartbeat(nudge) => {
                let last = model.attempts[model.running(step.who)?].last_activity?;
                Some(last + MINUTE + nudge)
            }
            Jump::ToOpening(nudge) => {
                to_come(latest().find_map(|index| model.in_force(index).opens_at())).map(|at| at + nudge)
            }
            Jump::ToClosing(nudge) => {
                to_come(latest().find_map(|index| model.in_force(index).closes_at())).map(|at| at + nudge)
            }
            Jump::ToCoolDown(nudge) => {
                to_come(latest().find_map(|index| model.cool_down(index))).map(|at| at + nudge)
            }
        }
    }
}
