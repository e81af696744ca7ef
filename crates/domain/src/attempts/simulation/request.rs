//! A step with its target and answers made concrete, the same for the code under test and for the model.

use super::catalogue::{MAX_ITEMS, PER_SECTION};
use super::model::Model;
use super::steps::{Answers, Deed, Given, Step, Target};
use crate::attempts::{AttemptState, ScoringState};

/// One answer as it is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) item: usize,
    pub(super) given: Given,
    /// Microseconds, by the candidate's clock.
    pub(super) written_at: i64,
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
}

impl Request {
    pub(super) fn of(step: &Step, model: &Model) -> Self {
        let attempt = match step.deed.target() {
            None | Some(Target::Unknown) => None,
            Some(Target::Any(number)) => number.checked_rem(model.attempts.len()),
            Some(Target::Fitting) => fitting(step, model),
        };
        let (current, count) = attempt.map_or((0, 1), |index| model.sections(index));
        let (section, sent) = match step.deed {
            // The edge derives the section of a save from its items, so there is always one.
            Deed::Save { offset, answers, .. } => {
                let section = (current + offset).clamp(0, count - 1);
                (section, sent(answers, section, model.now))
            }
            Deed::SubmitSection { offset, answers, .. } => {
                let section = current + offset;
                let exists = (0..count).contains(&section);
                (
                    section,
                    if exists {
                        sent(answers, section, model.now)
                    } else {
                        Vec::new()
                    },
                )
            }
            _ => (0, Vec::new()),
        };
        Self {
            who: step.who,
            deed: step.deed,
            attempt,
            section,
            sent,
        }
    }
}

fn fitting(step: &Step, model: &Model) -> Option<usize> {
    let mine = |index: &usize| model.attempts[*index].who == step.who;
    let fits = |index: &usize| {
        let attempt = &model.attempts[*index];
        match step.deed {
            Deed::Start { .. } => matches!(attempt.state, AttemptState::OptedIn | AttemptState::InProgress),
            Deed::Judge { .. } | Deed::Finish { .. } | Deed::FailScoring { .. } => {
                attempt.scoring == ScoringState::Running
            }
            Deed::OptIn { .. } | Deed::Void { .. } => true,
            Deed::Save { .. } | Deed::SubmitSection { .. } | Deed::Submit { .. } | Deed::Heartbeat { .. } => {
                attempt.state == AttemptState::InProgress
            }
        }
    };
    let latest_first = || (0..model.attempts.len()).rev().filter(mine);
    latest_first().find(fits).or_else(|| latest_first().next())
}

fn sent(answers: Answers, section: i32, now: i64) -> Vec<Sent> {
    let first = usize::try_from(section).map_or(0, |section| section * PER_SECTION);
    let given = answers
        .given
        .iter()
        .enumerate()
        .filter_map(|(position, given)| Some((first + position, (*given)?)));
    let sent = given.map(|(item, given)| Sent {
        item,
        given,
        written_at: now + answers.skew,
    });
    sent.filter(|sent| sent.item < MAX_ITEMS).collect()
}
