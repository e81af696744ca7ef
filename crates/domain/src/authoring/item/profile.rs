//! What candidates say of themselves, and what it counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Choice;

/// How a profile item is answered. Without a scoring map an answer counts in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ProfileForm {
    /// Free text; counts in full when there is any.
    Text,
    /// One option.
    Choice {
        /// What the candidate chooses from, in a meaningful order (a scale is not shuffled).
        options: Vec<Choice>,
        /// Option id → score, 0–100; empty means any option counts in full.
        #[serde(default)]
        scores: BTreeMap<String, f64>,
    },
    /// How many of something, and which circumstances apply.
    Checklist {
        /// What a number of things scores; empty means the number does not matter.
        #[serde(default)]
        bands: Vec<CountBand>,
        /// What adds to it.
        #[serde(default)]
        context: Vec<ContextEntry>,
    },
    /// Several questions in one; the weighted mean of their scores.
    Compound {
        /// In the order shown.
        fields: Vec<ProfileField>,
    },
}

impl ProfileForm {
    /// The public name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Choice { .. } => "choice",
            Self::Checklist { .. } => "checklist",
            Self::Compound { .. } => "compound",
        }
    }
}

/// A range of counts with its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CountBand {
    /// The least count of the band.
    pub from: u64,
    /// The greatest count; `None` means no limit.
    pub to: Option<u64>,
    /// 0–100.
    pub score: f64,
}

impl CountBand {
    /// Whether a count lies in the band.
    pub fn holds(&self, count: u64) -> bool {
        self.from <= count && self.to.is_none_or(|to| count <= to)
    }
}

/// A circumstance that adds to the score of a checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextEntry {
    /// Names it in answers.
    pub id: String,
    /// What the candidate reads.
    pub text: String,
    /// 0–100; the sum with the band's score is capped at 100.
    pub points: f64,
}

/// One question of a compound form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileField {
    /// Names it in answers.
    pub id: String,
    /// What the candidate reads.
    pub label: String,
    /// Share of the score, relative to the other fields.
    pub weight: f64,
    /// How it is answered; never another compound form.
    pub form: ProfileForm,
}
