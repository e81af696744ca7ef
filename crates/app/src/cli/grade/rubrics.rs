//! Rubrics as the HTTP API takes them: `{"criteria": [{"id", "name", "description", "weight", …}], "floor": 0}`.

use std::path::Path;

use domain::authoring::authored::validate;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent};
use domain::authoring::rubric::Rubric;
use domain::points::Points;

use crate::cli::table::TableError;

/// Where the checks of an item find its rubric.
const RUBRIC_POINTER: &str = "/body/rubric";

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
    match faults(&rubric).first() {
        None => Ok(rubric),
        Some(fault) => Err(fault.clone()),
    }
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
