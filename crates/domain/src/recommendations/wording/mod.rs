//! Reasons in a model's words, as a conversation that somebody else carries: [`Wording`] says what to ask next and takes what came
//! back.
//!
//! Invariants: nothing of a reply but texts is kept, each in the place of a pick that was asked about, so that a reply can neither
//! add nor remove nor order picks; a text that fails a check is not taken, and the words of this program stay; the catalogue's
//! words travel as data inside a boundary that nobody outside can know, and those that speak to a machine do not travel at all.

mod checks;
mod numbers;
mod prompt;
mod quotations;
mod reply;
mod titles;

use std::collections::BTreeMap;

use self::checks::Allowed;
use self::prompt::Secrets;
pub use self::prompt::{PROMPT_VERSION, PURPOSE};
use self::reply::{Fault, read};
pub(super) use self::titles::telling_titles;
use super::model::{Outcome, Pick, Profile, Selection, SkillEstimate};
use crate::catalog::speaks_to_models;
use crate::llm::{CallKey, JournalSecret, ModelName, input_hash};
use crate::scoring::llm::Asked;

/// What reasons are said about.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// With the reasons of this program.
    pub selection: &'a Selection,
    /// Which it was made from.
    pub profile: &'a Profile,
    /// The titles of the catalogue as [`super::Library::titles`] gives them.
    pub titles: &'a [&'a str],
}

/// What is next.
#[derive(Debug)]
pub enum Step {
    /// Ask this, and give the words that come back to [`Wording::answered`].
    Ask(Box<Asked>),
    /// It is done: what could be taken.
    Done(Worded),
}

/// Reasons in a model's words, one place for each pick of the selection that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worded {
    model: ModelName,
    reasons: Vec<Option<String>>,
}

impl Worded {
    /// How many reasons could be taken.
    pub fn len(&self) -> usize {
        self.reasons.iter().flatten().count()
    }

    /// Whether every reason stays as it is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The selection that was asked about, with these reasons where there are some.
    #[must_use]
    pub fn applied_to(self, mut selection: Selection) -> Selection {
        for (pick, reason) in selection.picks.iter_mut().zip(self.reasons) {
            if let Some(reason) = reason {
                pick.rationale = reason;
                pick.worded_by = Some(self.model.clone());
            }
        }
        selection
    }
}

/// See the module. Everything in it follows from the material, the secret and the model's words.
pub struct Wording<'a> {
    subject: String,
    secret: &'a JournalSecret,
    /// What is asked about, by the numbers of picks, from 1.
    sent: BTreeMap<usize, Sent<'a>>,
    input: [u8; 32],
    worded: Worded,
    /// The first answer, with what is wrong with it.
    refused: Option<(String, Vec<Fault>)>,
    is_over: bool,
}

/// A pick that is asked about, with what may be said of it.
struct Sent<'a> {
    pick: &'a Pick,
    /// One for each of its traces.
    skills: Vec<&'a SkillEstimate>,
    allowed: Allowed<'a>,
}

impl<'a> Wording<'a> {
    /// Begins. `subject` names what the recommendation is for by ids.
    pub fn begin(
        material: Material<'a>,
        subject: String,
        model: ModelName,
        secret: &'a JournalSecret,
    ) -> Self {
        let picks = &material.selection.picks;
        let is_asked = material.selection.outcome == Outcome::Recommended;
        let numbered = (1..).zip(picks).filter(|_| is_asked);
        let sent: BTreeMap<usize, Sent<'a>> = numbered
            .filter_map(|(number, pick)| Some((number, Sent::of(pick, material.profile, material.titles)?)))
            .collect();
        let parts = prompt::inputs(&sent);
        Self {
            input: input_hash(parts.iter().map(String::as_str)),
            subject,
            secret,
            worded: Worded {
                model,
                reasons: vec![None; picks.len()],
            },
            sent,
            refused: None,
            is_over: false,
        }
    }

    /// What is next; the same until [`Self::answered`] changes it.
    pub fn next(&self) -> Step {
        if self.is_over || self.missing().next().is_none() {
            return Step::Done(self.worded.clone());
        }
        Step::Ask(Box::new(self.asked()))
    }

    /// Takes the model's words for what was asked last.
    pub fn answered(&mut self, words: &str) {
        let canary = self.secrets().canary;
        let said = read(words, &self.sent, &canary);
        for (number, text) in said.reasons {
            if let Some(reason) = number
                .checked_sub(1)
                .and_then(|at| self.worded.reasons.get_mut(at))
            {
                // What was taken stays.
                reason.get_or_insert(text);
            }
        }
        self.is_over = self.refused.is_some();
        self.refused = Some((words.replace(&canary, ""), said.faults));
    }

    /// The reasons that there are, where no further answer can be had.
    pub fn cut_short(self) -> Worded {
        self.worded
    }

    /// The numbers of picks that a reason is still asked for.
    fn missing(&self) -> impl Iterator<Item = usize> {
        let numbers = self.sent.keys().copied();
        numbers.filter(|number| self.worded.reasons.get(number - 1).is_some_and(Option::is_none))
    }

    fn key(&self) -> CallKey {
        CallKey {
            purpose: PURPOSE,
            subject: self.subject.clone(),
            prompt_version: PROMPT_VERSION,
            model: self.worded.model.clone(),
            sample: 0,
            round: u32::from(self.refused.is_some()),
            input: self.input,
        }
    }

    fn secrets(&self) -> Secrets {
        Secrets::of(&self.secret.seed(&self.key()))
    }

    fn asked(&self) -> Asked {
        let key = self.key();
        let first = prompt::request(&self.sent, &self.secrets());
        let mut request = match &self.refused {
            None => first,
            Some((words, faults)) => {
                let missing: Vec<usize> = self.missing().collect();
                prompt::re_ask(first, words, faults, &missing)
            }
        };
        request.tag = key.digest();
        Asked { key, request }
    }
}

impl<'a> Sent<'a> {
    /// None if nothing is asked about a pick, because it has no evidence or its entry speaks to a machine.
    fn of(pick: &'a Pick, profile: &'a Profile, titles: &'a [&'a str]) -> Option<Self> {
        if pick.traces.is_empty() || !speaks_to_models(&pick.content).is_empty() {
            return None;
        }
        let skill_of = |slug: &str| profile.skills.iter().find(|skill| skill.skill == slug);
        let traces = pick.traces.iter();
        let skills: Option<Vec<&SkillEstimate>> = traces.map(|trace| skill_of(&trace.skill)).collect();
        let skills = skills?;
        Some(Self {
            allowed: Allowed::of(pick, &skills, titles),
            skills,
            pick,
        })
    }
}

#[cfg(test)]
mod tests;
