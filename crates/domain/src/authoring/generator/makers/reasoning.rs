//! Reasons and consequences that the text gives, among other reasons and consequences of the same text.

use super::super::super::item::{CognitiveLevel, Difficulty, ItemBody};
use super::super::english::capitalised;
use super::super::facts::{Asked, Question};
use super::super::quality::is_pronoun;
use super::choice::WRONG_OPTIONS;
use super::pairs::{FEWEST_PAIRS, LONGEST_CITATION, MOST_PAIRS};
use super::{Candidate, Outline, Workshop};

impl Workshop<'_> {
    /// “Why is it that …?”, “What happens if …?”
    pub(super) fn explained_choices(&self, section: usize) -> Vec<Candidate> {
        let questions = self.questions_in(section);
        questions
            .into_iter()
            .filter_map(|question| self.explained_choice(question))
            .collect()
    }

    pub(super) fn questions_in(&self, section: usize) -> Vec<&Question> {
        let inside = self
            .facts
            .questions
            .iter()
            .filter(|question| question.section == section);
        inside.take(super::MOST_PER_SECTION).collect()
    }

    fn explained_choice(&self, question: &Question) -> Option<Candidate> {
        let (effect, answer) = question.parts.as_ref()?;
        let stem = match question.form {
            Asked::Reason => format!("Why is it that {effect}?"),
            Asked::Condition => question.text.clone(),
            Asked::Purpose | Asked::Difference | Asked::Aim => return None,
        };
        let wrong = self.other_answers(question, answer);
        let outline = Outline {
            stem,
            marks: 2,
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 4,
        };
        (wrong.len() == WRONG_OPTIONS)
            .then(|| self.choice(outline, capitalised(answer), &wrong, question.sentence))?
    }

    /// What the text gives for other questions of the same form: alike in opening and length first.
    fn other_answers(&self, question: &Question, answer: &str) -> Vec<String> {
        let opening = |text: &str| {
            let first = text.split(' ').next().unwrap_or_default().to_owned();
            is_pronoun(&first).then_some(first)
        };
        let mut others: Vec<(bool, usize, u64, &String)> = self
            .facts
            .questions
            .iter()
            .filter(|other| other.form == question.form && other.sentence != question.sentence)
            .filter_map(|other| {
                let (_, text) = other.parts.as_ref()?;
                let apart = text.len().abs_diff(answer.len()) / 12;
                let unlike = opening(text) != opening(answer);
                Some((unlike, apart, self.tie(question.sentence, other.sentence), text))
            })
            .collect();
        others.sort();
        let chosen = others.into_iter().take(WRONG_OPTIONS);
        chosen.map(|(.., text)| capitalised(text)).collect()
    }

    /// “Match each statement with the reason that the text gives for it.”
    pub(super) fn explained_pairs(&self, section: usize) -> Option<Candidate> {
        let reasons = self.questions_in(section);
        let mut chosen: Vec<&Question> = Vec::new();
        for question in reasons
            .into_iter()
            .filter(|question| question.form == Asked::Reason)
        {
            let sentences: Vec<usize> = chosen
                .iter()
                .chain([&question])
                .map(|question| question.sentence)
                .collect();
            let close = self
                .document
                .place_of(&sentences)
                .is_some_and(|place| place.end - place.start <= LONGEST_CITATION);
            if question.parts.is_some() && close && chosen.len() < MOST_PAIRS {
                chosen.push(question);
            }
        }
        if chosen.len() < FEWEST_PAIRS {
            return None;
        }
        let title = &self.document.sections[section].title;
        let outline = Outline {
            stem: format!("Match each statement from “{title}” with the reason that the text gives for it."),
            marks: i64::try_from(chosen.len()).unwrap_or(4).min(4),
            level: CognitiveLevel::Understand,
            difficulty: Difficulty::Medium,
            quality: 3,
        };
        let pairs: Vec<(String, String)> = chosen
            .iter()
            .filter_map(|question| question.parts.as_ref())
            .map(|(effect, cause)| (capitalised(effect), capitalised(cause)))
            .collect();
        let sentences: Vec<usize> = chosen.iter().map(|question| question.sentence).collect();
        let body: ItemBody = self.matching_of(&pairs, sentences[0]);
        self.candidate(outline, body, sentences)
    }
}
