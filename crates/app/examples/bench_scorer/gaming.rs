//! Answers that want marks without saying anything of their own.

use std::collections::BTreeSet;
use std::ops::RangeBounds;

use domain::scoring::local::{LocalScorer, TextScorer as _};

use crate::data::{FINE, Graded, whole};

/// Most that an honest answer can have got for one point more to be possible, as a share of the marks.
const RAISABLE: f64 = 0.8;
/// One point of five.
const ONE_POINT: f64 = 0.2;

/// A way of gaming with what came of it.
pub(crate) struct Gamed {
    pub(crate) name: &'static str,
    /// Honest answers that were replaced.
    pub(crate) cases: usize,
    /// Those where the replacement got over one point of five more than people gave the honest answer.
    pub(crate) raised: usize,
    /// Those of `raised` without any flag.
    pub(crate) unnoticed: usize,
}

/// The text that is put in the place of answers to a row's question, from it and an answer to another question; `None`
/// where that would be no gaming.
type Way = fn(&Graded, &str) -> Option<String>;

/// Puts each way in the place of every honest answer that could be raised by one point.
pub(crate) fn measure(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> Vec<Gamed> {
    let ways: [(&'static str, Way); 5] = [
        ("question echoed", |row, _| Some(row.question.clone())),
        ("keywords of the reference listed", |row, _| {
            keywords(&row.reference_answer, LIST..)
        }),
        ("the same, also where it has only one or two", |row, _| {
            keywords(&row.reference_answer, 1..)
        }),
        ("reference padded with another answer", |row, other| {
            Some(format!("{} {other}", row.reference_answer))
        }),
        ("reference padded with the question", |row, _| {
            Some(format!("{} {}", row.question, row.reference_answer))
        }),
    ];
    let measure_way = |(name, way): (&'static str, Way)| {
        let mut gamed = Gamed {
            name,
            cases: 0,
            raised: 0,
            unnoticed: 0,
        };
        for (at, rows) in questions.iter().enumerate() {
            let other = &questions[(at + 1) % questions.len()][0].student_answer;
            if let Some(text) = way(&rows[0], other) {
                gamed.add(scorer, rows, &text);
            }
        }
        gamed
    };
    ways.into_iter().map(measure_way).collect()
}

impl Gamed {
    fn add(&mut self, scorer: &LocalScorer, rows: &[Graded], text: &str) {
        let rubric = whole();
        let verdict = scorer.score(&rows[0].task(&rubric, text));
        let share = verdict.points.unwrap_or_default().as_f64() / FINE.as_f64();
        for row in rows.iter().filter(|row| row.human() <= RAISABLE) {
            let raised = share > row.human() + ONE_POINT;
            self.cases += 1;
            self.raised += usize::from(raised);
            self.unnoticed += usize::from(raised && verdict.flags.is_empty());
        }
    }
}

/// The reference's longer words, each once, without what holds them together, if there are so many. Fewer than three may
/// simply be the answer ("push pop" to "push and pop"), so they are a way of their own.
fn keywords(reference: &str, number: impl RangeBounds<usize>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let words: Vec<&str> = reference
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.len() >= 4 && !GLUE.contains(&word.to_lowercase().as_str()))
        .filter(|word| seen.insert(word.to_lowercase()))
        .collect();
    number.contains(&words.len()).then(|| words.join(" "))
}

const LIST: usize = 3;
const GLUE: [&str; 16] = [
    "that", "which", "with", "from", "into", "than", "then", "them", "they", "their", "there", "when",
    "whereas", "have", "only", "those",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_the_words_that_carry_meaning() {
        assert_eq!(
            keywords("A tree that has nodes, and the nodes have children.", LIST..),
            Some("tree nodes children".to_owned())
        );
        assert_eq!(keywords("Push and pop.", LIST..), None);
        assert_eq!(keywords("Push and pop.", 1..LIST), Some("Push".to_owned()));
    }
}
