//! A step with its target, code and answers made concrete, the same for the code under test and for the model.

use super::model::Model;
use super::steps::{Answers, Code, Deed, Given, Step, Target};
use crate::attempts::{AttemptState, ScoringState};

/// One answer as it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Place in the version.
    pub(super) place: usize,
    pub(super) given: Given,
    /// Microseconds, by the candidate's clock, if the client says.
    pub(super) written_at: Option<i64>,
}

/// Who asks for what.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) who: usize,
    pub(super) deed: Deed,
    /// None names an attempt that does not exist.
    pub(super) attempt: Option<usize>,
    pub(super) section: i32,
    pub(super) sent: Vec<Sent>,
    pub(super) code: Option<&'static str>,
    /// Of which item the answer is judged.
    pub(super) judged: Option<usize>,
}

impl Request {
    pub(super) fn of(step: &Step, model: &Model) -> Self {
        let attempt = match step.deed.target() {
            None | Some(Target::Unknown) => None,
            Some(Target::Any(number)) => number.checked_rem(model.attempts.len()),
            Some(Target::Fitting) => fitting(step, model),
        };
        let mut request = Self {
            who: step.who,
            deed: step.deed,
            attempt,
            section: 0,
            sent: Vec::new(),
            code: None,
            judged: None,
        };
        request.fill(model);
        request
    }

    fn fill(&mut self, model: &Model) {
        let (current, count) = self.attempt.map_or((0, 1), |index| model.sections(index));
        match self.deed {
            // The edge derives the section of a save from its items, so there is always one.
            Deed::Save { offset, answers, .. } => {
                self.section = (current + offset).clamp(0, count - 1);
                self.send(answers, model);
            }
            Deed::SubmitSection { offset, answers, .. } => {
                self.section = current + offset;
                self.send(answers, model);
            }
            Deed::Submit { answers, .. } => {
                self.section = count - 1;
                if let Some(answers) = answers {
                    self.send(answers, model);
                }
            }
            Deed::Start { code, .. } => {
                let assessment = self.attempt.map(|index| model.attempts[index].assessment);
                let own = self.attempt.map(|index| model.attempts[index].version);
                self.code = given_code(code, assessment.and_then(|it| model.published[it]).or(own), model);
            }
            Deed::Take { assessment, code } => {
                let version = model.published.get(assessment).copied().flatten();
                self.code = given_code(code, version, model);
            }
            Deed::Judge { job, .. } => {
                let jobs = self.attempt.map_or(0, |index| model.attempts[index].jobs);
                let places: Vec<usize> = (0..16).filter(|place| jobs >> place & 1 == 1).collect();
                self.judged = job.checked_rem(places.len()).map(|job| places[job]);
            }
            _ => {}
        }
    }

    /// Answers to items that the attempt has in the section; the edge refuses others.
    fn send(&mut self, answers: Answers, model: &Model) {
        let places = self
            .attempt
            .map_or_else(Vec::new, |index| model.places(index, self.section));
        let given = answers.given.iter().take(places.len()).enumerate();
        let sent = given.filter_map(|(number, given)| {
            Some(Sent {
                place: places[(answers.from + number) % places.len()],
                given: (*given)?,
                written_at: answers.skew.map(|skew| model.now + skew),
            })
        });
        self.sent = sent.collect();
    }
}

fn given_code(code: Code, version: Option<usize>, model: &Model) -> Option<&'static str> {
    match code {
        Code::Right => version.and_then(|number| model.versions[number].edition.access_code),
        Code::Wrong => Some("grey heron"),
        Code::Missing => None,
    }
}

fn fitting(step: &Step, model: &Model) -> Option<usize> {
    let mine = |index: &usize| model.attempts[*index].who == step.who;
    let fits = |index: &usize| {
        let attempt = &model.attempts[*index];
        match step.deed {
            Deed::Start { .. } | Deed::Abandon { .. } | Deed::Extend { .. } => attempt.is_open(),
            Deed::Judge { .. } | Deed::Finish { .. } | Deed::FailScoring { .. } => {
                attempt.scoring == ScoringState::Running
            }
            Deed::Release { .. } => matches!(attempt.scoring, ScoringState::Done | ScoringState::Failed),
            Deed::Void { .. } => attempt.state != AttemptState::Voided,
            _ => attempt.state == AttemptState::InProgress,
        }
    };
    let latest_first = || (0..model.attempts.len()).rev().filter(mine);
    latest_first().find(fits).or_else(|| latest_first().next())
}
