//! From criterion scores to points; the total is always computed here, never taken from a model.

use crate::authoring::rubric::Rubric;
use crate::points::Points;

/// Why criterion scores make no total. The answer is then ungraded, not 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RubricScoreError {
    /// There is nothing to judge by.
    #[error("the rubric has no criteria; add at least one")]
    NoCriteria,
    /// A criterion was not judged.
    #[error("criterion `{0}` has no score")]
    Missing(String),
    /// A score is for no criterion of the rubric, or a second one for the same.
    #[error("criterion `{0}` is not in the rubric or was scored twice")]
    Unexpected(String),
    /// A score is NaN or infinite.
    #[error("the score of criterion `{0}` must be a finite number")]
    NotFinite(String),
}

/// `clamp(Σ wᵢ·clamp(scoreᵢ, 0, 100), floor, 100) / 100 × marks`, rounded once.
///
/// `scores` holds (criterion id, score 0–100) in any order, one for every criterion; weights are normalised. The rubric's
/// floor counts only for an answer that is on topic.
pub fn essay_points(
    rubric: &Rubric,
    scores: &[(&str, f64)],
    on_topic: bool,
    marks: Points,
) -> Result<Points, RubricScoreError> {
    if rubric.criteria.is_empty() {
        return Err(RubricScoreError::NoCriteria);
    }
    check(rubric, scores)?;
    let mut sum = 0.0;
    for (criterion, weight) in rubric.normalised() {
        let score = scores
            .iter()
            .find(|(id, _)| *id == criterion.id)
            .map(|(_, score)| *score);
        let score = score.ok_or_else(|| RubricScoreError::Missing(criterion.id.clone()))?;
        sum += weight * score.clamp(0.0, 100.0);
    }
    let floor = if on_topic && rubric.floor.is_finite() {
        rubric.floor.clamp(0.0, 100.0)
    } else {
        0.0
    };
    Ok(marks.max(Points::ZERO).scaled(sum.clamp(floor, 100.0) / 100.0))
}

fn check(rubric: &Rubric, scores: &[(&str, f64)]) -> Result<(), RubricScoreError> {
    for (index, (id, score)) in scores.iter().enumerate() {
        let known = rubric.criteria.iter().any(|criterion| criterion.id == *id);
        if !known || scores[..index].iter().any(|(earlier, _)| earlier == id) {
            return Err(RubricScoreError::Unexpected((*id).to_owned()));
        }
        if !score.is_finite() {
            return Err(RubricScoreError::NotFinite((*id).to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::item::Difficulty;

    const ORDER: [&str; 5] = [
        "relevance",
        "depth",
        "clarity",
        "completeness",
        "technical_accuracy",
    ];

    fn points(difficulty: Difficulty, scores: [f64; 5], on_topic: bool) -> Points {
        let scores: Vec<(&str, f64)> = ORDER.into_iter().zip(scores).collect();
        essay_points(
            &Rubric::default_for(difficulty),
            &scores,
            on_topic,
            Points::whole(100),
        )
        .unwrap()
    }

    #[test]
    fn known_good_totals_come_out() {
        let cases = [
            (Difficulty::Hard, [90.0, 80.0, 70.0, 60.0, 50.0], 7000),
            (Difficulty::Medium, [92.0, 88.0, 95.0, 85.0, 78.0], 8830),
            (Difficulty::Medium, [150.0, -10.0, 90.0, 75.0, 70.0], 6850),
            (Difficulty::Medium, [85.0, 80.0, 90.0, 75.0, 70.0], 8075),
        ];
        for (difficulty, scores, hundredths) in cases {
            assert_eq!(
                points(difficulty, scores, true),
                Points::from_hundredths(hundredths),
                "{scores:?}"
            );
        }
    }

    #[test]
    fn the_floor_is_for_answers_on_topic_only() {
        assert_eq!(points(Difficulty::Easy, [0.0; 5], true), Points::whole(10));
        assert_eq!(points(Difficulty::Easy, [0.0; 5], false), Points::ZERO);
        assert_eq!(points(Difficulty::Hard, [0.0; 5], true), Points::ZERO);
    }

    #[test]
    fn nonsense_in_the_rubric_never_lifts_a_score() {
        let mut rubric = Rubric::default_for(Difficulty::Easy);
        rubric.floor = f64::NAN;
        let scores: Vec<(&str, f64)> = ORDER.into_iter().map(|id| (id, 0.0)).collect();
        assert_eq!(
            essay_points(&rubric, &scores, true, Points::whole(10)),
            Ok(Points::ZERO)
        );
        rubric.floor = 900.0;
        assert_eq!(
            essay_points(&rubric, &scores, true, Points::whole(10)),
            Ok(Points::whole(10))
        );
        assert_eq!(
            essay_points(&rubric, &scores, true, Points::whole(-10)),
            Ok(Points::ZERO)
        );
    }

    #[test]
    fn scores_must_be_finite_and_fit_the_rubric() {
        let rubric = Rubric::default_for(Difficulty::Medium);
        let full: Vec<(&str, f64)> = ORDER.into_iter().map(|id| (id, 50.0)).collect();
        let total = |scores: &[(&str, f64)]| essay_points(&rubric, scores, true, Points::whole(10));

        let mut bad = full.clone();
        bad[2].1 = f64::NAN;
        assert_eq!(
            total(&bad),
            Err(RubricScoreError::NotFinite("clarity".to_owned()))
        );
        assert_eq!(
            total(&full[..4]),
            Err(RubricScoreError::Missing("technical_accuracy".to_owned()))
        );
        let twice = [full.clone(), vec![("depth", 1.0)]].concat();
        assert_eq!(
            total(&twice),
            Err(RubricScoreError::Unexpected("depth".to_owned()))
        );
        let foreign = [full, vec![("charm", 1.0)]].concat();
        assert_eq!(
            total(&foreign),
            Err(RubricScoreError::Unexpected("charm".to_owned()))
        );
        let none = Rubric {
            criteria: Vec::new(),
            floor: 0.0,
        };
        assert_eq!(
            essay_points(&none, &[], true, Points::whole(10)),
            Err(RubricScoreError::NoCriteria)
        );
    }
}
