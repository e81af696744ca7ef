//! Answers of known kinds with the points an examiner would allow, in a table beside this file.
//!
//! Written by hand for several subjects, because the development data of the local scorer hold hardly a wrong answer. The
//! scorer's rules were made while looking at them: they show what it does, and are no estimate for other answers. Tests
//! hold the figures above their floors, `cargo xtask bench scorer` prints them. A block of the table is a question, its
//! reference and answers to it:
//!
//! ```text
//! ? Question
//! = Reference
//! kind | least to most | answer
//! kind | least to most or more at confidence | answer
//! ```
//!
//! Points are of five. The second form allows more points where the scorer is not surer than that, so that a person looks.

use domain::authoring::item::ItemKind;
use domain::authoring::rubric::Rubric;
use domain::points::Points;
use domain::scoring::local::{TextScorer, TextTask};

/// An answer with what may be granted for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe {
    /// What kind of answer it is: "paraphrase", "wrong number", …
    pub kind: &'static str,
    /// What was asked.
    pub question: &'static str,
    /// What a full answer says.
    pub reference: &'static str,
    /// The candidate's words.
    pub answer: &'static str,
    least: f64,
    most: f64,
    doubted: Option<Doubted>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Doubted {
    most: f64,
    confidence: f64,
}

/// How many answers of a kind are judged as an examiner would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// The kind of answer.
    pub kind: &'static str,
    /// Answers of the kind.
    pub probes: usize,
    /// Those with points that an examiner would allow.
    pub met: usize,
}

/// All answers of the table.
///
/// # Panics
/// On a line that is none of the table's forms.
pub fn probes() -> Vec<Probe> {
    let (mut question, mut reference) = ("", "");
    let mut probes = Vec::new();
    for line in include_str!("probes.txt").lines().filter(|line| !line.is_empty()) {
        if let Some(text) = line.strip_prefix("? ") {
            question = text;
        } else if let Some(text) = line.strip_prefix("= ") {
            reference = text;
        } else {
            let probe = probe(line, question, reference);
            assert!(probe.is_some(), "not a line of the table: {line}");
            probes.extend(probe);
        }
    }
    probes
}

fn probe(line: &'static str, question: &'static str, reference: &'static str) -> Option<Probe> {
    let (kind, rest) = line.split_once(" | ")?;
    let (allowed, answer) = rest.split_once(" |")?;
    let (range, doubted) = match allowed.split_once(" or ") {
        None => (allowed, None),
        Some((range, doubted)) => {
            let (most, confidence) = doubted.split_once(" at ")?;
            let doubted = Doubted {
                most: most.parse().ok()?,
                confidence: confidence.parse().ok()?,
            };
            (range, Some(doubted))
        }
    };
    let (least, most) = range.split_once(" to ")?;
    Some(Probe {
        kind,
        question,
        reference,
        answer: answer.strip_prefix(' ').unwrap_or(answer),
        least: least.parse().ok()?,
        most: most.parse().ok()?,
        doubted,
    })
}

impl Probe {
    /// Whether a scorer grants what an examiner would allow.
    pub fn is_met(&self, scorer: &dyn TextScorer) -> bool {
        let rubric = Rubric {
            criteria: Vec::new(),
            floor: 0.0,
        };
        let verdict = scorer.score(&TextTask {
            question: self.question,
            reference: Some(self.reference),
            rubric: &rubric,
            marks: Points::whole(5),
            answer: self.answer,
            item_kind: ItemKind::ShortAnswer,
        });
        let (Some(points), Some(confidence)) = (verdict.points, verdict.confidence) else {
            return false;
        };
        let most = self
            .doubted
            .filter(|doubted| confidence <= doubted.confidence)
            .map_or(self.most, |doubted| doubted.most);
        (self.least..=most).contains(&points.as_f64())
    }
}

/// What a scorer makes of the table, kind by kind in the order in which they first stand there.
pub fn met(scorer: &dyn TextScorer) -> Vec<Met> {
    let mut kinds: Vec<Met> = Vec::new();
    for probe in probes() {
        let met = usize::from(probe.is_met(scorer));
        if let Some(kind) = kinds.iter_mut().find(|kind| kind.kind == probe.kind) {
            kind.probes += 1;
            kind.met += met;
        } else {
            kinds.push(Met {
                kind: probe.kind,
                probes: 1,
                met,
            });
        }
    }
    kinds
}
