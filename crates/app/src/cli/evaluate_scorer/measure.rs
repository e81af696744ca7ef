//! What scorers and the simplest of their rivals say about graded answers.

use std::sync::Arc;

use domain::authoring::item::{CognitiveLevel, Difficulty, ItemContent};
use domain::points::Points;
use domain::scoring::calibration::{GradedAnswer, calibrated};
use domain::scoring::evaluation::{Judgement, word_overlap};
use domain::scoring::llm::Thresholds;
use domain::scoring::local::TextScorer;
use domain::scoring::{Scorer, Verdict};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::ProgressBar;
use serde_json::Value;

use super::answers::{GradedQuestion, GradedText, MARKS};
use crate::cli::judging::{JudgeError, Opinions, Panel, ScorerArg, TextToJudge, Unjudged, judge_all};

/// Judgements of one scorer by question; questions without any are left out.
#[derive(Clone, Default)]
pub(super) struct Judged {
    pub(super) judgements: Vec<Vec<Judgement>>,
    /// Of the same answers: whether the verdict is sent to a person.
    pub(super) to_review: Vec<Vec<bool>>,
}

/// What was said about the same answers by each scorer.
pub(super) struct Measured {
    pub(super) scorers: Vec<Judged>,
    pub(super) word_overlap: Vec<Vec<Judgement>>,
    /// Answers to which a scorer gave no points; they are in no figure.
    pub(super) ungraded: usize,
    /// Of these, answers that models should have judged.
    pub(super) unjudged: Unjudged,
    /// Verdicts without the sentence model of the scorer: it failed, or the answer has no word.
    pub(super) by_words_alone: usize,
}

/// An answer that scorers are asked about.
pub(super) struct Asked<'a> {
    /// Which of the questions.
    question: usize,
    graded: &'a GradedText,
    scorer: Arc<dyn TextScorer>,
}

/// Every answer but those the scorer is shown: `exemplars` of each question, evenly spread over its rows.
pub(super) fn asked<'a>(
    questions: &'a [GradedQuestion],
    plain: &Arc<dyn TextScorer>,
    exemplars: usize,
) -> Vec<Asked<'a>> {
    let of = |(place, question): (usize, &'a GradedQuestion)| {
        let (shown, asked) = split(&question.answers, exemplars);
        let scorer = match exemplars {
            0 => Arc::clone(plain),
            _ => taught(question, plain, &shown),
        };
        asked.into_iter().map(move |graded| Asked {
            question: place,
            graded,
            scorer: Arc::clone(&scorer),
        })
    };
    questions.iter().enumerate().flat_map(of).collect()
}

/// The local scorer's verdicts, question by question.
pub(super) fn by_local(
    questions: &[GradedQuestion],
    asked: &[Asked<'_>],
    bar: &ProgressBar,
) -> Vec<Opinions> {
    let mut opinions = Vec::with_capacity(asked.len());
    for asked in asked.chunk_by(|one, other| one.question == other.question) {
        let texts: Vec<TextToJudge> = asked.iter().map(|one| one.text(questions)).collect();
        opinions.extend(judge_all(&texts).into_iter().map(Opinions::of_rules));
        bar.inc(u64::try_from(asked.len()).unwrap_or_default());
    }
    opinions
}

/// What everybody says.
pub(super) async fn by_models(
    questions: &[GradedQuestion],
    asked: &[Asked<'_>],
    panel: &Panel,
    bar: &ProgressBar,
) -> Result<Vec<Opinions>, JudgeError> {
    let judging = stream::iter(asked).map(|one| async {
        let opinions = panel.judge(one.text(questions)).await;
        bar.inc(1);
        opinions
    });
    judging.buffered(panel.at_once()).try_collect().await
}

impl Asked<'_> {
    fn text(&self, questions: &[GradedQuestion]) -> TextToJudge {
        TextToJudge {
            question: Arc::clone(&questions[self.question].question),
            answer: self.graded.text.clone(),
            scorer: Arc::clone(&self.scorer),
        }
    }
}

impl Measured {
    /// `opinions` are about the answers in `asked`, in their order.
    pub(super) fn of(
        questions: &[GradedQuestion],
        asked: &[Asked<'_>],
        opinions: &[Opinions],
        (who, thresholds, version): (ScorerArg, &Thresholds, &str),
    ) -> Self {
        let scorers = if who == ScorerArg::Both { 3 } else { 1 };
        let mut measured = Self {
            scorers: vec![Judged::default(); scorers],
            word_overlap: Vec::new(),
            ungraded: 0,
            unjudged: Unjudged::default(),
            by_words_alone: 0,
        };
        let other = |verdict: &Verdict| {
            verdict.scorer == Scorer::Local && !verdict.scorer_version.starts_with(version)
        };
        let mut latest = None;
        for (one, said) in asked.iter().zip(opinions) {
            said.count(&mut measured.unjudged);
            measured.by_words_alone += usize::from(other(&said.local));
            if said.is_unjudged()
                || !measured.add(&questions[one.question], one, (said, latest), (who, thresholds))
            {
                measured.ungraded += 1;
                continue;
            }
            latest = Some(one.question);
        }
        measured
    }

    /// False if somebody gave no points; `latest` is the question of the answer added before.
    fn add(
        &mut self,
        question: &GradedQuestion,
        one: &Asked<'_>,
        (said, latest): (&Opinions, Option<usize>),
        (who, thresholds): (ScorerArg, &Thresholds),
    ) -> bool {
        let rulings = said.compared(who, thresholds);
        let shares: Option<Vec<f64>> = rulings.iter().map(|ruling| ruling.verdict.share()).collect();
        let Some(shares) = shares else {
            return false;
        };
        if latest != Some(one.question) {
            self.word_overlap.push(Vec::new());
            for scorer in &mut self.scorers {
                scorer.judgements.push(Vec::new());
                scorer.to_review.push(Vec::new());
            }
        }
        let human = one.graded.human;
        let overlap = word_overlap(&question.reference, &one.graded.text);
        last(&mut self.word_overlap).push(Judgement {
            predicted: overlap,
            human,
            confidence: overlap,
        });
        for (scorer, (ruling, predicted)) in self.scorers.iter_mut().zip(rulings.iter().zip(shares)) {
            last(&mut scorer.judgements).push(Judgement {
                predicted,
                human,
                // Only rules say nothing about it: an empty answer is worth nothing beyond doubt.
                confidence: ruling.verdict.confidence.unwrap_or(1.0),
            });
            last(&mut scorer.to_review).push(ruling.because.is_provisional());
        }
        true
    }
}

/// The members of the question that is being added to.
fn last<T>(questions: &mut [Vec<T>]) -> &mut Vec<T> {
    let last = questions.len() - 1;
    &mut questions[last]
}

/// Every n-th answer is shown, the others are asked; all are shown when there are not more than that.
fn split(answers: &[GradedText], exemplars: usize) -> (Vec<&GradedText>, Vec<&GradedText>) {
    let (mut shown, mut asked) = (Vec::new(), Vec::new());
    for (index, answer) in answers.iter().enumerate() {
        // Steps of a line from 0 to `exemplars` over the rows: it rises where one is shown.
        let step = |index: usize| index * exemplars / answers.len();
        let is_shown = exemplars >= answers.len() || step(index + 1) > step(index);
        let side = if is_shown { &mut shown } else { &mut asked };
        side.push(answer);
    }
    (shown, asked)
}

/// The scorer as the service has it after people graded some answers.
fn taught(
    question: &GradedQuestion,
    scorer: &Arc<dyn TextScorer>,
    shown: &[&GradedText],
) -> Arc<dyn TextScorer> {
    let item = ItemContent {
        stem: question.question.stem.clone(),
        marks: question.question.marks,
        body: question.question.body.clone(),
        topic: String::new(),
        cognitive_level: CognitiveLevel::Understand,
        difficulty: Difficulty::Medium,
        source: None,
        skills: Vec::new(),
        written_by: None,
    };
    let graded: Vec<GradedAnswer> = shown
        .iter()
        .map(|one| GradedAnswer {
            answer: Value::String(one.text.clone()),
            points: Points::from_f64(one.human * MARKS.as_f64()).unwrap_or_default(),
            max_points: MARKS,
        })
        .collect();
    calibrated(Arc::clone(scorer), &item, &graded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemplars_are_spread_over_the_answers() {
        let answers: Vec<GradedText> = (0..7)
            .map(|index| GradedText {
                text: index.to_string(),
                human: 1.0,
            })
            .collect();
        let texts = |some: Vec<&GradedText>| some.iter().map(|one| one.text.as_str()).collect::<String>();
        let split = |exemplars| {
            let (shown, asked) = super::split(&answers, exemplars);
            (texts(shown), texts(asked))
        };
        assert_eq!(split(0), (String::new(), "0123456".to_owned()));
        assert_eq!(split(3), ("246".to_owned(), "0135".to_owned()));
        assert_eq!(split(7), ("0123456".to_owned(), String::new()));
        assert_eq!(split(90), ("0123456".to_owned(), String::new()));
    }
}
