//! One answer being graded by a model, as a conversation that somebody else carries.

use std::time::Duration;

use super::confidence::{Signals, mixed_confidence};
use super::prompt::{self, PROMPT_VERSION, PURPOSE, Secrets};
use super::reply::{Fault, Judged, Reply, read_reply};
use super::{
    FLAG_BEFORE_CALIBRATION, FLAG_OUT_OF_RANGE, FLAG_QUOTE_NOT_FOUND, FLAG_SUSPECTED_INJECTION, find_quote,
    routing,
};
use crate::llm::{CallKey, JournalSecret, ModelName, ModelRequest, input_hash};
use crate::scoring::calibration::Trust;
use crate::scoring::local::{TextTask, level_reached};
use crate::scoring::model::{CriterionVerdict, Reason, Scorer, Verdict};
use crate::scoring::rubric_points::essay_points;

/// Answers asked for at most, when the first one leaves doubt.
const MOST_SAMPLES: usize = 3;
/// The longest a provider may take for one answer.
const TIMEOUT: Duration = Duration::from_secs(40);

/// What to ask, with the name under which it is journalled.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The call's name.
    pub key: CallKey,
    /// The request.
    pub request: ModelRequest,
}

/// What is next.
#[derive(Debug)]
pub enum Step {
    /// Ask this, and give the words that come back to [`Grading::answered`].
    Ask(Box<Asked>),
    /// It is done.
    Done(Verdict),
    /// The model said nothing that can be used, twice.
    Unusable(Unusable),
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What was wrong with its last answer; nothing if the rubric makes no total.
    pub faults: Vec<Fault>,
}

/// See the module. Everything in it follows from the task, the secret and the model's words.
pub struct Grading<'a> {
    task: &'a TextTask<'a>,
    /// Which answer: ids, no words.
    subject: String,
    model: ModelName,
    secret: &'a JournalSecret,
    /// The second opinion.
    local: &'a Verdict,
    /// Further samples are asked for below this confidence, 0–1.
    unsure_below: f64,
    /// What people's judgements of the model have taught.
    trust: Option<&'a Trust>,
    input: [u8; 32],
    /// Usable answers, in the order of samples.
    replies: Vec<Reply>,
    /// The unusable answer of the running sample, with what is wrong with it.
    refused: Option<(String, Vec<Fault>)>,
    unusable: Option<Unusable>,
    /// Whether the model has said what it must never say.
    leaked: bool,
}

impl<'a> Grading<'a> {
    /// Begins. `subject` names the answer by ids; `local` is the local scorer's verdict on it.
    pub fn begin(
        task: &'a TextTask<'a>,
        subject: String,
        model: ModelName,
        secret: &'a JournalSecret,
        (local, unsure_below): (&'a Verdict, f64),
    ) -> Self {
        let inputs = prompt::inputs(task);
        Self {
            input: input_hash(inputs.iter().map(String::as_str)),
            task,
            subject,
            model,
            secret,
            local,
            unsure_below,
            trust: None,
            replies: Vec::new(),
            refused: None,
            unusable: None,
            leaked: false,
        }
    }

    /// The same with what people's judgements of the model have taught.
    #[must_use]
    pub fn trusting(self, trust: Option<&'a Trust>) -> Self {
        Self { trust, ..self }
    }

    /// What is next; the same until [`Self::answered`] changes it.
    pub fn next(&self) -> Step {
        match (self.verdict(), &self.unusable) {
            (Some(verdict), None) if !self.is_enough(&verdict) => Step::Ask(Box::new(self.asked())),
            (Some(verdict), _) => Step::Done(verdict),
            (None, Some(unusable)) => Step::Unusable(unusable.clone()),
            // Scores that make no total never will: the rubric is at fault.
            (None, None) if !self.replies.is_empty() => Step::Unusable(Unusable { faults: Vec::new() }),
            (None, None) => Step::Ask(Box::new(self.asked())),
        }
    }

    /// Takes the model's words for what was asked last.
    pub fn answered(&mut self, words: &str) {
        let canary = self.secrets().canary;
        let read = if words.contains(&canary) {
            self.leaked = true;
            Err(vec![Fault::Leaked])
        } else {
            read_reply(words, self.task.rubric)
        };
        match (read, self.refused.take()) {
            (Ok(reply), _) => self.replies.push(reply),
            (Err(faults), None) => {
                let words = words.replace(&canary, "");
                self.refused = Some((words, faults));
            }
            // If there are samples before this one, they stand.
            (Err(faults), Some(_)) => self.unusable = Some(Unusable { faults }),
        }
    }

    /// The verdict by the samples there are, where no further one can be had.
    pub fn cut_short(&self) -> Option<Verdict> {
        self.verdict()
    }

    fn is_enough(&self, verdict: &Verdict) -> bool {
        self.replies.len() >= MOST_SAMPLES
            || verdict
                .confidence
                .is_some_and(|confidence| confidence >= self.unsure_below)
    }

    fn key(&self) -> CallKey {
        CallKey {
            purpose: PURPOSE,
            subject: self.subject.clone(),
            prompt_version: PROMPT_VERSION,
            model: self.model.clone(),
            sample: u32::try_from(self.replies.len()).unwrap_or(u32::MAX),
            round: u32::from(self.refused.is_some()),
            input: self.input,
        }
    }

    fn secrets(&self) -> Secrets {
        Secrets::of(&self.secret.seed(&self.key()))
    }

    fn asked(&self) -> Asked {
        let key = self.key();
        let first = prompt::request(self.task, &self.secrets(), key.sample, TIMEOUT);
        let mut request = match &self.refused {
            None => first,
            Some((words, faults)) => {
                let faults: Vec<String> = faults.iter().map(Fault::to_string).collect();
                prompt::re_ask(first, words, &faults)
            }
        };
        request.tag = key.digest();
        Asked { key, request }
    }

    /// The verdict by the median of the samples; none before the first.
    fn verdict(&self) -> Option<Verdict> {
        let first = self.replies.first()?;
        let on_topic = self.replies.iter().filter(|reply| reply.on_topic).count() * 2 > self.replies.len();
        let criteria = self.criteria(first);
        let scores: Vec<(&str, f64)> = criteria
            .iter()
            .map(|judged| (judged.criterion.as_str(), judged.score))
            .collect();
        let points = essay_points(self.task.rubric, &scores, on_topic, self.task.marks).ok()?;
        let reason = if on_topic {
            Reason::Judged
        } else {
            Reason::OffTopic
        };
        let mut verdict = Verdict {
            scorer: Scorer::Llm,
            scorer_version: self.version(),
            points: Some(points),
            max_points: self.task.marks,
            reason,
            criteria,
            confidence: None,
            flags: Vec::new(),
        };
        let mixed = mixed_confidence(&self.signals(&verdict));
        verdict.flags = self.flags(&verdict);
        verdict.confidence = Some(match self.trust {
            None => mixed,
            Some(trust) => {
                verdict.flags.push(format!("{FLAG_BEFORE_CALIBRATION}{mixed}"));
                trust.apply(mixed)
            }
        });
        Some(verdict)
    }

    fn version(&self) -> String {
        let version = uncalibrated_version(&self.model);
        match self.trust {
            None => version,
            Some(trust) => format!("{version}/{}", trust.name()),
        }
    }

    fn criteria(&self, first: &Reply) -> Vec<CriterionVerdict> {
        let weighted = self.task.rubric.normalised();
        let judged = weighted.enumerate().map(|(at, (criterion, weight))| {
            let score = median(self.replies.iter().map(|reply| reply.criteria[at].score));
            let said = &first.criteria[at];
            CriterionVerdict {
                criterion: criterion.id.clone(),
                score,
                weight,
                level: level_reached(&criterion.levels, score),
                evidence: find_quote(self.task.answer, &said.quote).into_iter().collect(),
                rationale: said.rationale.clone(),
            }
        });
        judged.collect()
    }

    fn signals(&self, verdict: &Verdict) -> Signals {
        let shares: Vec<f64> = self
            .replies
            .iter()
            .filter_map(|reply| self.share(reply))
            .collect();
        let greatest = shares.iter().copied().fold(f64::MIN, f64::max);
        let least = shares.iter().copied().fold(f64::MAX, f64::min);
        let reports: Vec<f64> = self.replies.iter().filter_map(|reply| reply.confidence).collect();
        Signals {
            self_report: (!reports.is_empty()).then(|| median(reports.into_iter())),
            gap: routing::gap(verdict, self.local),
            local_confidence: self.local.confidence.unwrap_or(1.0),
            spread: (shares.len() > 1).then_some(greatest - least),
            quotes_found: self.quotes_found(),
        }
    }

    fn share(&self, reply: &Reply) -> Option<f64> {
        let scores: Vec<(&str, f64)> = reply
            .criteria
            .iter()
            .map(|judged| (judged.criterion.as_str(), judged.score))
            .collect();
        let points = essay_points(self.task.rubric, &scores, reply.on_topic, FINE).ok()?;
        Some(points.as_f64() / FINE.as_f64())
    }

    /// Of all criteria that were given something, in all samples.
    fn quotes_found(&self) -> Option<f64> {
        let earned = |judged: &&Judged| judged.score > 0.0;
        let all: Vec<bool> = self
            .replies
            .iter()
            .flat_map(|reply| &reply.criteria)
            .filter(earned)
            .map(|judged| find_quote(self.task.answer, &judged.quote).is_some())
            .collect();
        let found = all.iter().filter(|found| **found).count();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a handful of criteria in a handful of samples"
        )]
        let share = found as f64 / all.len() as f64;
        (!all.is_empty()).then_some(share)
    }

    fn flags(&self, verdict: &Verdict) -> Vec<String> {
        let screening = super::screening::screen(self.task.answer, self.task.rubric);
        let seen_by_model = self.replies.iter().any(|reply| reply.addresses_grader);
        let unfounded = verdict.criteria.iter().zip(&self.replies[0].criteria);
        let mut unfounded =
            unfounded.filter(|(kept, said)| !said.quote.is_empty() && kept.evidence.is_empty());
        let mut flags = screening.flags();
        if !screening.is_suspicion() && (seen_by_model || self.leaked) {
            flags.insert(0, FLAG_SUSPECTED_INJECTION.to_owned());
        }
        if unfounded.next().is_some() {
            flags.push(FLAG_QUOTE_NOT_FOUND.to_owned());
        }
        if self.replies.iter().any(|reply| reply.out_of_range) {
            flags.push(FLAG_OUT_OF_RANGE.to_owned());
        }
        flags
    }
}

/// The version of verdicts by a model of which nothing was learnt.
pub fn uncalibrated_version(model: &ModelName) -> String {
    format!("{PROMPT_VERSION}+{model}")
}

/// Marks to compare samples with, so that rounding hides no difference.
const FINE: crate::points::Points = crate::points::Points::whole(1_000_000);

/// Of at least one number; of an even count the mean of the middle two.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        length if length % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

#[cfg(test)]
#[path = "grading_tests.rs"]
mod tests;
