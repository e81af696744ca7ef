//! Rubrics as the HTTP API takes them: `{"criteria": [{"id", "name", "description", "weight", …}], "floor": 0}`.

use std::path::Path;

use domain::authoring::authored::validate;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent};
use domain::authoring::rubric::Rubric;
use domain::points::Points;
use serde_json::Value;

use crate::cli::table::TableError;

/// Where the checks of an item find its rubric.
const RUBRIC_POINTER: &str = "/body/rubric";
const CRITERION: [&str; 6] = ["id", "name", "description", "weight", "concepts", "levels"];
const LEVEL: [&str; 3] = ["name", "descriptor", "from_score"];

/// The rubric in a file.
pub(super) fn from_file(path: &Path) -> Result<Rubric, TableError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| TableError::unreadable(&file, error))?;
    parse(&text).map_err(|what| TableError::whole(&file, &what))
}

/// The rubric in a cell; the error reads on after the name of the place.
pub(super) fn parse(text: &str) -> Result<Rubric, String> {
    let mut input = serde_json::Deserializer::from_str(text);
    let rubric: Rubric = serde_path_to_error::deserialize(&mut input).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            format!("is no rubric: at `{path}`: {inner}")
        } else {
            format!("is no JSON: {inner}")
        }
    })?;
    input.end().map_err(|error| format!("is no JSON: {error}"))?;
    if let Some(place) = stranger(text) {
        return Err(format!("is no usable rubric: no rubric has a member `{place}`"));
    }
    match faults(&rubric).first() {
        None => Ok(rubric),
        Some(fault) => Err(fault.clone()),
    }
}

/// The place of the first member that no rubric has; a misspelt one would change verdicts without a word.
fn stranger(text: &str) -> Option<String> {
    let rubric: Value = serde_json::from_str(text).ok()?;
    let beside = |value: &Value, place: &str, known: &[&str]| {
        let name = value
            .as_object()?
            .keys()
            .find(|name| !known.contains(&name.as_str()))?;
        Some(format!("{place}/{name}"))
    };
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    beside(&rubric, "", &["criteria", "floor"]).or_else(|| {
        let criteria = list(&rubric, "criteria");
        criteria.iter().enumerate().find_map(|(index, criterion)| {
            let place = format!("/criteria/{index}");
            beside(criterion, &place, &CRITERION).or_else(|| {
                let levels = list(criterion, "levels");
                levels
                    .iter()
                    .enumerate()
                    .find_map(|(at, level)| beside(level, &format!("{place}/levels/{at}"), &LEVEL))
            })
        })
    })
}

/// What is wrong with a rubric, by the rules for authors.
fn faults(rubric: &Rubric) -> Vec<String> {
    let item = ItemContent {
        stem: "?".to_owned(),
        marks: Points::whole(1),
        body: ItemBody::Essay {
            reference: None,
            rubric: rubric.clone(),
        },
        topic: "?".to_owned(),
        cognitive_level: CognitiveLevel::Understand,
        difficulty: Difficulty::Medium,
        source: None,
        skills: Vec::new(),
        written_by: None,
    };
    let errors = validate(&item).err().unwrap_or_default();
    errors
        .iter()
        .map(|error| {
            let place = error
                .pointer
                .strip_prefix(RUBRIC_POINTER)
                .unwrap_or(&error.pointer);
            format!("is no usable rubric: `{place}` must be {}", error.expected)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"criteria": [{"id": "fact", "name": "Fact", "description": "Names it.", "weight": 2,
        "concepts": ["lock"]}], "floor": 0}"#;

    #[test]
    fn a_misspelt_member_is_named() {
        let misspelt = GOOD.replace("\"concepts\"", "\"concept\"");
        assert_eq!(
            parse(&misspelt).unwrap_err(),
            "is no usable rubric: no rubric has a member `/criteria/0/concept`"
        );
        let misspelt = GOOD.replace("\"floor\": 0", "\"floor\": 0, \"flor\": 3");
        assert!(parse(&misspelt).unwrap_err().ends_with("`/flor`"));
    }

    #[test]
    fn a_rubric_is_read_as_the_api_takes_it() {
        let rubric = parse(GOOD).unwrap();
        assert_eq!((rubric.criteria.len(), rubric.criteria[0].concepts.len()), (1, 1));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let no_weight = GOOD.replace("\"weight\": 2", "\"weight\": -2");
        let text_weight = GOOD.replace("\"weight\": 2", "\"weight\": \"2\"");
        let cases = [
            (
                no_weight.as_str(),
                "is no usable rubric: `/criteria/0/weight` must be",
            ),
            (
                text_weight.as_str(),
                "is no rubric: at `criteria[0].weight`: invalid type",
            ),
            ("{\"criteria\": [", "is no JSON: EOF"),
            ("fact", "is no JSON: expected"),
            (
                r#"{"criteria": [], "floor": 0}"#,
                "is no usable rubric: `/criteria` must be",
            ),
            (
                r#"{"criteria": [], "floor": 0} x"#,
                "is no JSON: trailing characters",
            ),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
