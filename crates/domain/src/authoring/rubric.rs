//! Analytic rubrics: criteria with weights and levels.

use serde::{Deserialize, Serialize};

use super::item::Difficulty;

/// By what a text is judged. Weights are relative; they are normalised when used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rubric {
    /// The criteria, each judged on its own.
    pub criteria: Vec<Criterion>,
    /// The least a text on topic gets, 0–100.
    pub floor: f64,
}

/// One thing a text is judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Stable within the rubric (`relevance`).
    pub id: String,
    /// What people read.
    pub name: String,
    /// What it means, for markers and candidates.
    pub description: String,
    /// Share of the total, relative to the other criteria.
    pub weight: f64,
    /// Terms and ideas a full answer mentions under this criterion; part of the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concepts: Vec<String>,
    /// Levels from lowest to highest; empty means the score 0–100 speaks for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<Level>,
}

/// A step of a criterion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// `Beginning`, `Proficient` …
    pub name: String,
    /// What an answer at this level does.
    pub descriptor: String,
    /// The least score (0–100) of this level.
    pub from_score: f64,
}

/// The five default dimensions with their weights for easy, medium and hard items.
const DIMENSIONS: [(&str, &str, &str, [f64; 3]); 5] = [
    (
        "relevance",
        "Relevance",
        "Answers the question that was asked.",
        [0.30, 0.25, 0.20],
    ),
    (
        "depth",
        "Depth",
        "Explains reasons and consequences, not only facts.",
        [0.10, 0.20, 0.25],
    ),
    (
        "clarity",
        "Clarity",
        "Is well ordered and easy to follow.",
        [0.25, 0.20, 0.15],
    ),
    (
        "completeness",
        "Completeness",
        "Covers all that a full answer needs.",
        [0.25, 0.20, 0.15],
    ),
    (
        "technical_accuracy",
        "Technical accuracy",
        "Uses terms and facts correctly.",
        [0.10, 0.15, 0.25],
    ),
];

impl Rubric {
    /// The default rubric of a difficulty: five dimensions, floor 10 (easy), 5 (medium) or 0 (hard).
    pub fn default_for(difficulty: Difficulty) -> Self {
        let (column, floor) = match difficulty {
            Difficulty::Easy => (0, 10.0),
            Difficulty::Medium => (1, 5.0),
            Difficulty::Hard => (2, 0.0),
        };
        let criteria = DIMENSIONS
            .iter()
            .map(|(id, name, description, weights)| Criterion {
                id: (*id).to_owned(),
                name: (*name).to_owned(),
                description: (*description).to_owned(),
                weight: weights[column],
                concepts: Vec::new(),
                levels: Vec::new(),
            })
            .collect();
        Self { criteria, floor }
    }

    /// Criteria with weights that sum to 1; equal weights when none is positive.
    pub fn normalised(&self) -> impl Iterator<Item = (&Criterion, f64)> {
        let positive = |weight: f64| {
            if weight.is_finite() && weight > 0.0 {
                weight
            } else {
                0.0
            }
        };
        let sum: f64 = self
            .criteria
            .iter()
            .map(|criterion| positive(criterion.weight))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "a rubric has a handful of criteria")]
        let equal = 1.0 / self.criteria.len().max(1) as f64;
        self.criteria.iter().map(move |criterion| {
            (
                criterion,
                if sum > 0.0 && sum.is_finite() {
                    positive(criterion.weight) / sum
                } else {
                    equal
                },
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_weights_sum_to_one_at_every_difficulty() {
        for difficulty in [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard] {
            let sum: f64 = Rubric::default_for(difficulty)
                .criteria
                .iter()
                .map(|criterion| criterion.weight)
                .sum();
            assert!((sum - 1.0).abs() < 1e-9, "{difficulty:?} sums to {sum}");
        }
    }

    #[test]
    fn weights_are_normalised_and_nonsense_counts_as_zero() {
        let mut rubric = Rubric::default_for(Difficulty::Easy);
        rubric.criteria.truncate(3);
        rubric.criteria[0].weight = 3.0;
        rubric.criteria[1].weight = 1.0;
        rubric.criteria[2].weight = f64::NAN;
        let weights: Vec<f64> = rubric.normalised().map(|(_, weight)| weight).collect();
        assert_eq!(weights, [0.75, 0.25, 0.0]);
    }
}
