//! The levels of an essay's criteria. They describe what an answer does and name nothing of its content, because
//! candidates may see them.

use super::super::super::rubric::Level;

const NAMES: [&str; 4] = ["Insufficient", "Developing", "Proficient", "Excellent"];
const FROM_SCORES: [f64; 4] = [0.0, 40.0, 65.0, 85.0];

/// Four levels from lowest to highest; none for a criterion that is not of the default rubric.
pub(super) fn levels_of(criterion: &str) -> Vec<Level> {
    let Some(descriptors) = descriptors_of(criterion) else {
        return Vec::new();
    };
    let steps = NAMES.iter().zip(descriptors).zip(FROM_SCORES);
    steps
        .map(|((name, descriptor), from_score)| Level {
            name: (*name).to_owned(),
            descriptor: descriptor.to_owned(),
            from_score,
        })
        .collect()
}

fn descriptors_of(criterion: &str) -> Option<[&'static str; 4]> {
    let descriptors = match criterion {
        "relevance" => [
            "Hardly touches the question.",
            "Answers a part of the question and strays from it elsewhere.",
            "Answers the question with little that is beside the point.",
            "Answers every part of the question and nothing else.",
        ],
        "depth" => [
            "Lists facts without any reason.",
            "Gives some reasons, but few of their consequences.",
            "Explains most facts by their reasons and consequences.",
            "Explains reasons and consequences throughout and relates them to each other.",
        ],
        "clarity" => [
            "Cannot be followed.",
            "Can be followed with effort; the order is loose.",
            "Is well ordered and easy to follow.",
            "Is well ordered, precise and free of repetition.",
        ],
        "completeness" => [
            "Leaves out most of what is asked for.",
            "Covers about half of what is asked for.",
            "Covers most of what is asked for.",
            "Covers everything that is asked for.",
        ],
        "technical_accuracy" => [
            "Uses most terms wrongly or not at all.",
            "Uses some terms correctly and confuses others.",
            "Uses terms correctly with small slips.",
            "Uses every term and fact correctly.",
        ],
        _ => return None,
    };
    Some(descriptors)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::item::Difficulty;
    use super::super::super::super::rubric::Rubric;
    use super::*;

    #[test]
    fn every_criterion_of_the_default_rubric_has_four_rising_levels() {
        for criterion in Rubric::default_for(Difficulty::Hard).criteria {
            let levels = levels_of(&criterion.id);
            assert_eq!(levels.len(), 4, "{}", criterion.id);
            assert!(levels.is_sorted_by(|one, other| one.from_score < other.from_score));
            assert!(levels[0].from_score.abs() < f64::EPSILON);
        }
        assert!(levels_of("style").is_empty());
    }
}
