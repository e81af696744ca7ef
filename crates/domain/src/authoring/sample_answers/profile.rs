//! The best and the worst that can be said in a profile form.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::item::{Choice, CountBand, ProfileForm};
use super::BESIDE_THE_POINT;

/// The answer with the highest score.
pub(super) fn best(form: &ProfileForm) -> Value {
    match form {
        ProfileForm::Text => json!("I have done this for some years."),
        ProfileForm::Choice { options, scores } => {
            json!(by_score(options, scores).max_by(ascending).map(|(id, _)| id))
        }
        ProfileForm::Checklist { bands, context } => {
            let top = bands.iter().max_by(|a, b| a.score.total_cmp(&b.score));
            let ids: Vec<&String> = context.iter().map(|entry| &entry.id).collect();
            json!({ "count": top.map_or(1, |band| band.from), "context": ids })
        }
        ProfileForm::Compound { fields } => fields
            .iter()
            .map(|field| (field.id.clone(), best(&field.form)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// The answer with the lowest score.
pub(super) fn worst(form: &ProfileForm) -> Value {
    match form {
        ProfileForm::Text => json!(BESIDE_THE_POINT),
        ProfileForm::Choice { options, scores } => {
            json!(by_score(options, scores).min_by(ascending).map(|(id, _)| id))
        }
        ProfileForm::Checklist { bands, .. } => json!({ "count": poorest(bands), "context": [] }),
        ProfileForm::Compound { fields } => fields
            .iter()
            .map(|field| (field.id.clone(), worst(&field.form)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// Every option with its score; one that has none scores nothing.
fn by_score<'a>(
    options: &'a [Choice],
    scores: &'a BTreeMap<String, f64>,
) -> impl Iterator<Item = (&'a str, f64)> {
    options.iter().map(|option| {
        let score = scores.get(&option.id).copied().unwrap_or(0.0);
        (option.id.as_str(), score)
    })
}

fn ascending(left: &(&str, f64), right: &(&str, f64)) -> Ordering {
    left.1.total_cmp(&right.1)
}

/// None at all where no band holds it, else what the lowest band begins with.
fn poorest(bands: &[CountBand]) -> u64 {
    if !bands.iter().any(|band| band.holds(0)) {
        return 0;
    }
    let lowest = bands.iter().min_by(|a, b| a.score.total_cmp(&b.score));
    lowest.map_or(0, |band| band.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::item::{ContextEntry, ProfileField};

    fn choice() -> ProfileForm {
        let option = |id: &str| Choice {
            id: id.to_owned(),
            text: id.to_owned(),
        };
        ProfileForm::Choice {
            options: ["a", "b", "c"].map(option).to_vec(),
            scores: [("a".to_owned(), 20.0), ("b".to_owned(), 60.0)].into(),
        }
    }

    fn checklist(least: u64) -> ProfileForm {
        let band = |from, to, score| CountBand { from, to, score };
        ProfileForm::Checklist {
            bands: vec![
                band(least, Some(4), 20.0),
                band(5, Some(8), 60.0),
                band(9, None, 40.0),
            ],
            context: vec![ContextEntry {
                id: "campus".to_owned(),
                text: "Campus".to_owned(),
                points: 10.0,
            }],
        }
    }

    #[test]
    fn the_best_and_the_worst_are_found_in_every_form() {
        assert_eq!((best(&choice()), worst(&choice())), (json!("b"), json!("c")));
        assert_eq!(best(&checklist(1)), json!({"count": 5, "context": ["campus"]}));
        assert_eq!(worst(&checklist(1)), json!({"count": 0, "context": []}));
        assert_eq!(worst(&checklist(0)), json!({"count": 0, "context": []}));
        let field = ProfileField {
            id: "level".to_owned(),
            label: "Level".to_owned(),
            weight: 1.0,
            form: choice(),
        };
        let compound = ProfileForm::Compound { fields: vec![field] };
        assert_eq!(best(&compound), json!({"level": "b"}));
        assert_eq!(worst(&compound), json!({"level": "c"}));
        assert!(best(&ProfileForm::Text).is_string() && worst(&ProfileForm::Text).is_string());
    }
}
