//! A question and everything needed to score it.
//!
//! [`ItemContent`] is what one immutable item version stores; it carries keys. What a candidate may see is made from it by
//! [`super::learner`] and has no field a key could hide in.

mod kind;
mod profile;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rubric::Rubric;
use crate::ids::SyllabusId;
use crate::llm::ModelName;
use crate::points::Points;

pub use kind::{ItemGroup, ItemKind};
pub use profile::{ContextEntry, CountBand, ProfileField, ProfileForm};

/// The content of one item version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemContent {
    /// What is asked. Blanks of a `fill_blank` item are written `____` in order.
    pub stem: String,
    /// Full marks.
    pub marks: Points,
    /// The kind with its options and keys.
    pub body: ItemBody,
    /// The part of the subject it belongs to, as the blueprint names it.
    pub topic: String,
    /// What the candidate has to do with the knowledge.
    pub cognitive_level: CognitiveLevel,
    /// How hard it is meant to be.
    pub difficulty: Difficulty,
    /// Where in a syllabus it was made from.
    pub source: Option<SourceSpan>,
    /// Slugs of the skills it gives evidence of; empty means none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The language model that wrote it; `None` for what was made from the text by rules, and for what people wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<ModelName>,
}

/// Kind, options and key of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ItemBody {
    /// One option is right.
    MultipleChoice {
        /// What the candidate chooses from.
        options: Vec<Choice>,
        /// Ids of right options; any one of them earns full marks. Empty is an authoring error.
        key: Vec<String>,
        /// What a wrong answer costs.
        #[serde(default)]
        negative: Negative,
    },
    /// Several options are right.
    MultipleResponse {
        /// What the candidate chooses from.
        options: Vec<Choice>,
        /// Ids of all right options.
        key: BTreeSet<String>,
        /// Whether a right subset earns its share.
        partial_credit: bool,
        /// What a wrong option costs.
        #[serde(default)]
        negative: Negative,
    },
    /// The stem is a statement.
    TrueFalse {
        /// Whether it is true.
        key: bool,
        /// What a wrong answer costs.
        #[serde(default)]
        negative: Negative,
    },
    /// The stem has gaps.
    FillBlank {
        /// The gaps in order.
        blanks: Vec<Blank>,
    },
    /// Every left entry has its right entries.
    Matching {
        /// Entries to be matched.
        left: Vec<Choice>,
        /// Entries to choose from; may hold more than are needed.
        right: Vec<Choice>,
        /// Left id → right ids.
        key: BTreeMap<String, BTreeSet<String>>,
        /// Whether each right pair earns its share.
        partial_credit: bool,
    },
    /// A number is asked.
    Numeric {
        /// The right value.
        key: f64,
        /// How far off still counts.
        tolerance: Tolerance,
        /// The unit an answer may carry; another unit is wrong.
        unit: Option<String>,
    },
    /// Entries are put into order.
    Ordering {
        /// The entries, in the order shown.
        options: Vec<Choice>,
        /// Ids in the right order.
        key: Vec<String>,
        /// Whether the longest right run earns its share.
        partial_credit: bool,
    },
    /// A sentence or two.
    ShortAnswer {
        /// What a full answer says.
        reference: String,
        /// By what it is judged.
        rubric: Rubric,
    },
    /// A longer text.
    Essay {
        /// What a full answer may say.
        reference: Option<String>,
        /// By what it is judged.
        rubric: Rubric,
    },
    /// A program, run against test cases by an external runner.
    Coding {
        /// Languages it may be written in, as the runner names them.
        languages: Vec<String>,
        /// What the candidate begins with.
        starter: Option<String>,
        /// What the program is run with.
        tests: Vec<TestCase>,
        /// Whether some passed tests earn their share.
        partial_credit: bool,
    },
    /// What candidates say of themselves.
    Profile {
        /// How it is answered, and what answers count.
        form: ProfileForm,
    },
    /// Files that a person looks at.
    FileUpload {
        /// Media types taken (`application/pdf`).
        accepted: Vec<String>,
        /// The greatest number of files, from 1.
        max_files: u32,
    },
}

impl ItemBody {
    /// The kind of item.
    pub const fn kind(&self) -> ItemKind {
        match self {
            Self::MultipleChoice { .. } => ItemKind::MultipleChoice,
            Self::MultipleResponse { .. } => ItemKind::MultipleResponse,
            Self::TrueFalse { .. } => ItemKind::TrueFalse,
            Self::FillBlank { .. } => ItemKind::FillBlank,
            Self::Matching { .. } => ItemKind::Matching,
            Self::Numeric { .. } => ItemKind::Numeric,
            Self::Ordering { .. } => ItemKind::Ordering,
            Self::ShortAnswer { .. } => ItemKind::ShortAnswer,
            Self::Essay { .. } => ItemKind::Essay,
            Self::Coding { .. } => ItemKind::Coding,
            Self::Profile { .. } => ItemKind::Profile,
            Self::FileUpload { .. } => ItemKind::FileUpload,
        }
    }
}

/// An option, or an entry to match or order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Short and opaque; never tells the key (`a`, `b`, `c`).
    pub id: String,
    /// What the candidate reads.
    pub text: String,
}

/// What a wrong answer costs; the percentage wins when both are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Negative {
    /// Share of the marks, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Fixed points, as a positive number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Points>,
}

/// One gap of a `fill_blank` item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blank {
    /// `b1`, `b2` … in stem order.
    pub id: String,
    /// Right answers; any one counts.
    pub accepted: Vec<String>,
    /// How they are compared.
    pub comparison: BlankComparison,
    /// Share of the item's marks relative to the other blanks.
    pub weight: f64,
}

/// How an answer to a blank is compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BlankComparison {
    /// Case is kept.
    Strict,
    /// Case does not matter.
    Normal,
    /// Numbers within a tolerance.
    Numeric {
        /// How far off still counts.
        tolerance: Tolerance,
    },
    /// Meaning decides; scored like a short answer.
    Semantic,
}

/// One run of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestCase {
    /// Stable within the item.
    pub id: String,
    /// What the program reads.
    pub stdin: String,
    /// What it must print; line ends and white space around it do not matter.
    pub expected: String,
    /// Share of the item's marks relative to the other tests.
    pub weight: f64,
    /// Whether candidates never see it.
    pub hidden: bool,
}

/// How far a number may be off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Tolerance {
    /// |answer − key| ≤ value.
    Absolute(f64),
    /// |answer − key| ≤ value × |key|.
    Relative(f64),
}

/// Cognitive levels after Anderson and Krathwohl's revision of Bloom's taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the taxonomy's own")]
pub enum CognitiveLevel {
    Remember,
    Understand,
    Apply,
    Analyse,
    Evaluate,
    Create,
}

/// How hard an item is meant to be; picks the default rubric weights and floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Difficulty {
    Easy,
    Medium,
    Hard,
}

/// The place in a syllabus an item was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSpan {
    /// The syllabus.
    pub syllabus_id: SyllabusId,
    /// Page, from 1.
    pub page: u32,
    /// First character of the quote in that page's text (Unicode scalar values, from 0).
    pub start: u32,
    /// One past the last character.
    pub end: u32,
    /// The text there.
    pub quote: String,
}
