//! Score records: who judged what, how surely, and by which words of the answer.

use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, ItemVersionId, JobId, ScoreRecordId};
use crate::points::Points;
use crate::time::Timestamp;

/// Who judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scorer {
    /// Fixed rules.
    Rule,
    /// The offline scorer of this program.
    Local,
    /// A language model.
    Llm,
    /// A person.
    Human,
}

impl Scorer {
    /// All scorers.
    pub const ALL: [Self; 4] = [Self::Rule, Self::Local, Self::Llm, Self::Human];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Local => "local",
            Self::Llm => "llm",
            Self::Human => "human",
        }
    }

    /// The scorer of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scorer| scorer.as_str() == name)
    }
}

/// Why a score is what it is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Full marks.
    Correct,
    /// Some of the marks.
    PartiallyCorrect,
    /// No marks, or negative ones.
    Incorrect,
    /// Nothing was answered; counts 0.
    Unanswered,
    /// Judged per criterion.
    Judged,
    /// The answer is not about the question.
    OffTopic,
    /// The grader failed; no points, not even 0.
    Ungraded,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Correct,
        Self::PartiallyCorrect,
        Self::Incorrect,
        Self::Unanswered,
        Self::Judged,
        Self::OffTopic,
        Self::Ungraded,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::PartiallyCorrect => "partially_correct",
            Self::Incorrect => "incorrect",
            Self::Unanswered => "unanswered",
            Self::Judged => "judged",
            Self::OffTopic => "off_topic",
            Self::Ungraded => "ungraded",
        }
    }

    /// The reason of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// A verdict on one item, before it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Who judged.
    pub scorer: Scorer,
    /// Version of the rules or model, e.g. `rule-1`; the same version gives the same verdict for ever.
    pub scorer_version: String,
    /// `None` means ungraded.
    pub points: Option<Points>,
    /// Full marks of the item.
    pub max_points: Points,
    /// Why, in one word.
    pub reason: Reason,
    /// One entry per criterion of a text, or per part (blank, pair) of a rule-scored item.
    pub criteria: Vec<CriterionVerdict>,
    /// 0–1; `None` where rules leave no doubt.
    pub confidence: Option<f64>,
    /// Things a person should know: `other_language`, `echoes_question`, …
    pub flags: Vec<String>,
}

impl Verdict {
    /// Whether it carries this flag.
    pub fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    /// The points as a share of full marks; none where it is ungraded or nothing can be earned.
    pub fn share(&self) -> Option<f64> {
        let marks = self.max_points.as_f64();
        let points = self.points?.as_f64();
        (marks > 0.0).then(|| points / marks)
    }
}

/// A verdict on one criterion or part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CriterionVerdict {
    /// The rubric's criterion id, or the part's id.
    pub criterion: String,
    /// 0–100.
    pub score: f64,
    /// Normalised weight, 0–1.
    pub weight: f64,
    /// Name of the level reached, where the rubric has levels.
    pub level: Option<String>,
    /// Words of the answer that carry the verdict.
    pub evidence: Vec<Quote>,
    /// One sentence a candidate understands; never tells a key.
    pub rationale: String,
}

/// Words of an answer, verbatim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// First character (Unicode scalar values, from 0).
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// The words.
    pub text: String,
}

/// A stored verdict. Append-only: nothing ever overwrites it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreRecord {
    /// The record.
    pub id: ScoreRecordId,
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which version of which item.
    pub item_version_id: ItemVersionId,
    /// What was found.
    pub verdict: Verdict,
    /// Why scoring ran: `initial`, `rescore:1`, `regrade:<id>`.
    pub cause: String,
    /// The job that scored; rule scoring at submit has none.
    pub job_id: Option<JobId>,
    /// When.
    pub created_at: Timestamp,
}
