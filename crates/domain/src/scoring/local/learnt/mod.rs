//! From features to a share of the marks and a confidence, by coefficients learnt from graded answers.
//!
//! The model is a line with signs: what speaks for an answer can only raise its score. `cargo xtask train-scorer` learns
//! the coefficients and writes them into `table.rs`; docs/scoring.md says how, and how well they do on unseen questions.

mod table;

use super::features::{
    ANSWER_LENGTH, FEATURE_COUNT, Features, LETTERS, MEANING, NEW_WORDS, PRECISION, REFERENCE_LENGTH,
    WORDS_RECALLED,
};

/// Number of inputs of the confidence.
pub const DOUBT_COUNT: usize = 9;

/// Names of the inputs of the confidence, in the order of [`doubts`].
pub const DOUBTS: [&str; DOUBT_COUNT] = [
    "share",
    "share_squared",
    "words_recalled",
    "letters",
    "meaning",
    "precision",
    "reference_length",
    "answer_length",
    "new_words",
];

/// Everything that is learnt, for one set of features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients {
    /// Share of the marks where all features are 0.
    pub intercept: f64,
    /// Share of the marks that a full feature adds.
    pub weights: [f64; FEATURE_COUNT],
    /// Log-odds of being right within one point of five where all inputs are 0.
    pub sure_intercept: f64,
    /// Log-odds that a full input adds.
    pub sure_weights: [f64; DOUBT_COUNT],
}

/// [`Coefficients`] in ten-thousandths, as they are kept: whole numbers read the same everywhere.
struct Kept {
    intercept: i32,
    weights: [i32; FEATURE_COUNT],
    sure_intercept: i32,
    sure_weights: [i32; DOUBT_COUNT],
}

impl Kept {
    fn coefficients(&self) -> Coefficients {
        let share = |kept: i32| f64::from(kept) / 10_000.0;
        Coefficients {
            intercept: share(self.intercept),
            weights: self.weights.map(share),
            sure_intercept: share(self.sure_intercept),
            sure_weights: self.sure_weights.map(share),
        }
    }
}

impl Coefficients {
    /// The committed ones for a scorer without a sentence model.
    pub(super) fn words_only() -> Self {
        table::WORDS_ONLY.coefficients()
    }

    /// The committed ones for a scorer with one.
    pub(super) fn with_meaning() -> Self {
        table::WITH_MEANING.coefficients()
    }

    /// Share of the marks, 0–1.
    pub fn share(&self, features: &Features) -> f64 {
        (self.intercept + dot(&self.weights, features)).clamp(0.0, 1.0)
    }

    /// Estimated probability that a share is within one point of five of what people give, 0–1.
    pub fn confidence(&self, share: f64, features: &Features) -> f64 {
        let odds = self.sure_intercept + dot(&self.sure_weights, &doubts(share, features));
        1.0 / (1.0 + (-odds).exp())
    }
}

/// What the confidence goes by, each 0–1.
pub fn doubts(share: f64, features: &Features) -> [f64; DOUBT_COUNT] {
    [
        share,
        share * share,
        features[WORDS_RECALLED],
        features[LETTERS],
        features[MEANING],
        features[PRECISION],
        features[REFERENCE_LENGTH],
        features[ANSWER_LENGTH],
        features[NEW_WORDS],
    ]
}

/// In the order of the entries, so that the same input gives the same sum to the last bit.
fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights
        .iter()
        .zip(values)
        .map(|(weight, value)| weight * value)
        .sum()
}
