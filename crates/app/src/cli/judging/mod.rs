//! Judging many texts at once, in the order given: by the local scorer on all cores, by language models as fast as they may be
//! asked.

mod cost;
mod flags;
mod opinions;
mod panel;

use std::sync::Arc;
use std::thread;

use domain::authoring::item::ItemBody;
use domain::authoring::rubric::Rubric;
use domain::points::Points;
use domain::scoring::Verdict;
use domain::scoring::local::{TextScorer, score_text};
use serde_json::Value;

pub(crate) use cost::Cost;
pub(crate) use flags::{JudgeError, JudgeFlags, ScorerArg, Unjudged};
pub(crate) use opinions::{Opinions, Ruling};
pub(crate) use panel::{Panel, usual_thresholds};

/// A question as a text scorer is asked it.
#[derive(Clone, Debug)]
pub(crate) struct TextQuestion {
    pub(crate) stem: String,
    pub(crate) body: ItemBody,
    pub(crate) marks: Points,
}

/// An answer to be judged, by whom.
pub(crate) struct TextToJudge {
    pub(crate) question: Arc<TextQuestion>,
    pub(crate) answer: String,
    pub(crate) scorer: Arc<dyn TextScorer>,
}

impl TextQuestion {
    /// A short answer; without a reference it is judged like an essay.
    pub(crate) fn new(stem: String, reference: &str, rubric: Rubric, marks: Points) -> Self {
        let body = if reference.trim().is_empty() {
            ItemBody::Essay {
                reference: None,
                rubric,
            }
        } else {
            ItemBody::ShortAnswer {
                reference: reference.to_owned(),
                rubric,
            }
        };
        Self { stem, body, marks }
    }

    /// Judging the text as a whole.
    pub(crate) const fn no_rubric() -> Rubric {
        Rubric {
            criteria: Vec::new(),
            floor: 0.0,
        }
    }
}

impl TextToJudge {
    fn verdict(&self) -> Verdict {
        let TextQuestion { stem, body, marks } = self.question.as_ref();
        let answer = Value::String(self.answer.clone());
        score_text(self.scorer.as_ref(), stem, body, *marks, Some(&answer))
    }
}

/// How many texts are judged at the same time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The verdict on each text, in their order.
pub(crate) fn judge_all(texts: &[TextToJudge]) -> Vec<Verdict> {
    let share = texts.len().div_ceil(cores()).max(1);
    let judge = |texts: &[TextToJudge]| texts.iter().map(TextToJudge::verdict).collect::<Vec<_>>();
    thread::scope(|scope| {
        let running: Vec<_> = texts
            .chunks(share)
            .map(|texts| scope.spawn(move || judge(texts)))
            .collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .flat_map(|verdicts| verdicts.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
