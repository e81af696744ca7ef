//! What the scorer and the simplest of its rivals say about graded answers.

use std::sync::Arc;

use domain::authoring::item::{CognitiveLevel, Difficulty, ItemContent};
use domain::points::Points;
use domain::scoring::calibration::{GradedAnswer, calibrated};
use domain::scoring::evaluation::{Judgement, word_overlap};
use domain::scoring::local::TextScorer;
use domain::scoring::{Scorer, Verdict};
use indicatif::ProgressBar;
use serde_json::Value;

use super::answers::{GradedQuestion, GradedText, MARKS};
use crate::cli::judging::{TextToJudge, judge_all};

/// Judgements by question; questions without any are left out.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) scorer: Vec<Vec<Judgement>>,
    /// Of the same answers.
    pub(super) word_overlap: Vec<Vec<Judgement>>,
    /// Answers the scorer gave no points; they are in no figure.
    pub(super) ungraded: usize,
    /// Verdicts without the sentence model of the scorer: it failed, or the answer has no word.
    pub(super) by_words_alone: usize,
}

/// Judges every answer but those the scorer is shown: `exemplars` of each question, evenly spread over its rows.
pub(super) fn measure(
    questions: &[GradedQuestion],
    plain: &Arc<dyn TextScorer>,
    exemplars: usize,
    bar: &ProgressBar,
) -> Measured {
    let mut measured = Measured::default();
    for question in questions {
        let (shown, asked) = split(&question.answers, exemplars);
        let scorer = match exemplars {
            0 => Arc::clone(plain),
            _ => taught(question, plain, &shown),
        };
        let texts: Vec<TextToJudge> = asked
            .iter()
            .map(|one| TextToJudge {
                question: Arc::clone(&question.question),
                answer: one.text.clone(),
                scorer: Arc::clone(&scorer),
            })
            .collect();
        let verdicts = judge_all(&texts);
        measured.add(&question.reference, &asked, &verdicts);
        let other = |verdict: &&Verdict| {
            verdict.scorer == Scorer::Local && !verdict.scorer_version.starts_with(plain.version())
        };
        measured.by_words_alone += verdicts.iter().filter(other).count();
        bar.inc(u64::try_from(question.answers.len()).unwrap_or_default());
    }
    measured
}

impl Measured {
    fn add(&mut self, reference: &str, asked: &[&GradedText], verdicts: &[Verdict]) {
        let (mut judged, mut overlapping) = (Vec::new(), Vec::new());
        for (one, verdict) in asked.iter().zip(verdicts) {
            let Some(points) = verdict.points else {
                self.ungraded += 1;
                continue;
            };
            judged.push(Judgement {
                predicted: points.as_f64() / MARKS.as_f64(),
                human: one.human,
                // Only rules say nothing about it: an empty answer is worth nothing beyond doubt.
                confidence: verdict.confidence.unwrap_or(1.0),
            });
            let overlap = word_overlap(reference, &one.text);
            overlapping.push(Judgement {
                predicted: overlap,
                human: one.human,
                confidence: overlap,
            });
        }
        if !judged.is_empty() {
            self.scorer.push(judged);
            self.word_overlap.push(overlapping);
        }
    }
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
