//! The questions of one attempt, what is written to them, and what was acknowledged: the checker's book.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::Answers;

/// Kinds of questions that are answered with text.
const TEXT_KINDS: [&str; 2] = ["essay", "short_answer"];
/// What texts are put together from.
const SENTENCES: [&str; 8] = [
    "The second writer waits until the first has committed or rolled back.",
    "An index makes reads of few rows cheap and every write a little dearer.",
    "Under snapshot isolation a transaction sees what had been committed when it began.",
    "A queue between two services lets the slower one catch up without losing what was asked of it.",
    "Whoever repeats a request has to be sure that its effect does not happen twice.",
    "A cache is only as good as the rule by which its entries are dropped.",
    "Timeouts have to be shorter on the inside than on the outside, or work is done that nobody waits for.",
    "The log is written before the pages, so that a crash loses nothing that was acknowledged.",
];
/// Sentences that an autosave adds.
const SENTENCES_PER_DRAFT: usize = 2;
const MOST_SENTENCES: usize = 12;

/// An attempt with its questions.
pub(crate) struct Paper {
    pub(crate) attempt: Uuid,
    pub(crate) questions: Vec<Question>,
    /// Whether handing in was acknowledged.
    pub(crate) submitted: bool,
}

/// One question.
pub(crate) struct Question {
    pub(crate) id: Uuid,
    pub(crate) is_text: bool,
    /// Answers of the right shape; the drafts of a text are made up instead.
    choices: Vec<Value>,
    drafts: usize,
    /// Of the last acknowledged answer.
    pub(crate) acknowledged: Option<u64>,
    /// Of answers sent after it whose fate is not known.
    pub(crate) uncertain: Vec<u64>,
}

impl Paper {
    /// From the reply to start.
    pub(crate) fn of(reply: &[u8], answers: &Answers) -> Result<Self> {
        let reply: Value = serde_json::from_slice(reply)?;
        let questions = reply["questions"].as_array().context("a start has questions")?;
        let questions = questions.iter().map(|question| Question::of(question, answers));
        Ok(Self {
            attempt: serde_json::from_value(reply["assessment_id"].clone())?,
            questions: questions.collect::<Result<_>>()?,
            submitted: false,
        })
    }

    /// The question that is answered by save `number` of `saves`: short ones once each at first, then the texts, one after
    /// the other, draft by draft.
    pub(crate) fn question_at(&self, number: u32, saves: u32) -> usize {
        let places = |is_text: bool| {
            let of_kind = self.questions.iter().enumerate();
            let of_kind = of_kind.filter(move |(_, question)| question.is_text == is_text);
            of_kind.map(|(place, _)| place).collect::<Vec<_>>()
        };
        let (short, texts) = (places(false), places(true));
        let (number, saves) = (number as usize, saves as usize);
        match (short.get(number), texts.is_empty()) {
            (Some(place), _) => *place,
            (None, true) => short[number % short.len()],
            (None, false) => {
                let drafts = saves.saturating_sub(short.len()).max(1);
                let draft = (number - short.len()).min(drafts - 1);
                texts[draft * texts.len() / drafts]
            }
        }
    }
}

impl Question {
    fn of(question: &Value, answers: &Answers) -> Result<Self> {
        let id: Uuid = serde_json::from_value(question["question_id"].clone())?;
        let kind = question["type"].as_str().unwrap_or_default();
        let right = answers.get(&id).context("a question of the bank")?.clone();
        let choices = match (kind, question["choices"].as_array()) {
            ("multiple_choice", Some(choices)) => {
                choices.iter().map(|choice| choice["option_id"].clone()).collect()
            }
            _ => vec![right],
        };
        Ok(Self {
            id,
            is_text: TEXT_KINDS.contains(&kind),
            choices,
            drafts: 0,
            acknowledged: None,
            uncertain: Vec::new(),
        })
    }

    /// The next answer, `{question_id, answer}`. It is uncertain until it is acknowledged.
    pub(crate) fn write(&mut self, chance: usize) -> Value {
        let answer = if self.is_text {
            let sentences = ((self.drafts + 1) * SENTENCES_PER_DRAFT).min(MOST_SENTENCES);
            let text: Vec<&str> = (0..sentences)
                .map(|place| SENTENCES[(chance + place) % SENTENCES.len()])
                .collect();
            Value::from(format!("{} Draft {}.", text.join(" "), self.drafts))
        } else {
            self.choices[(chance + self.drafts) % self.choices.len()].clone()
        };
        self.drafts += 1;
        self.uncertain.push(fingerprint(&answer));
        json!({ "question_id": self.id, "answer": answer })
    }

    /// What was written last is in the database.
    pub(crate) fn acknowledge(&mut self) {
        if let Some(last) = self.uncertain.pop() {
            self.acknowledged = Some(last);
            self.uncertain.clear();
        }
    }

    /// Whether it has to be sent with the submission.
    pub(crate) const fn is_open(&self) -> bool {
        self.acknowledged.is_none()
    }
}

/// Tells answers apart without keeping them.
pub(crate) fn fingerprint(answer: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    answer.to_string().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(kinds: &[bool]) -> Paper {
        let question = |is_text: &bool| Question {
            id: Uuid::nil(),
            is_text: *is_text,
            choices: vec![json!("a"), json!("b")],
            drafts: 0,
            acknowledged: None,
            uncertain: Vec::new(),
        };
        Paper {
            attempt: Uuid::nil(),
            questions: kinds.iter().map(question).collect(),
            submitted: false,
        }
    }

    #[test]
    fn short_questions_come_first_and_texts_take_the_rest() {
        let paper = paper(&[true, false, true, false]);
        let order: Vec<usize> = (0..8).map(|number| paper.question_at(number, 8)).collect();
        assert_eq!(order, [1, 3, 0, 0, 0, 2, 2, 2]);
    }

    #[test]
    fn an_answer_is_uncertain_until_it_is_acknowledged() {
        let mut paper = paper(&[true]);
        let question = &mut paper.questions[0];
        let first = question.write(0);
        let second = question.write(0);
        assert_ne!(first, second);
        assert_eq!(question.uncertain.len(), 2);
        question.acknowledge();
        assert_eq!(question.acknowledged, Some(fingerprint(&second["answer"])));
        assert!(question.uncertain.is_empty() && !question.is_open());
    }
}
