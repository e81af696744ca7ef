//! What candidates say of themselves.

use super::*;
use crate::authoring::item::{ContextEntry, CountBand, ProfileField};

pub(super) fn item(form: ProfileForm) -> ItemBody {
    ItemBody::Profile { form }
}

/// Five to eight projects score 40, campus and production add 10 and 15.
pub(super) fn projects() -> ProfileForm {
    let band = |from, to, score| CountBand { from, to, score };
    let entry = |id: &str, points| ContextEntry {
        id: id.to_owned(),
        text: format!("text {id}"),
        points,
    };
    ProfileForm::Checklist {
        bands: vec![
            band(1, Some(4), 20.0),
            band(5, Some(8), 40.0),
            band(9, None, 60.0),
        ],
        context: vec![
            entry("campus", 10.0),
            entry("production", 15.0),
            entry("led", 30.0),
        ],
    }
}

fn scale(scores: &[(&str, f64)]) -> ProfileForm {
    ProfileForm::Choice {
        options: choices(&["a", "b", "c"]),
        scores: scores
            .iter()
            .map(|(id, score)| ((*id).to_owned(), *score))
            .collect(),
    }
}

fn compound() -> ProfileForm {
    let field = |id: &str, weight, form| ProfileField {
        id: id.to_owned(),
        label: format!("About {id}"),
        weight,
        form,
    };
    ProfileForm::Compound {
        fields: vec![
            field("level", 3.0, scale(&[("a", 20.0), ("b", 80.0)])),
            field("projects", 1.0, projects()),
        ],
    }
}

/// Criterion, score, weight and rationale of every part.
fn parts(form: ProfileForm, raw: &Value) -> Vec<(String, f64, f64, String)> {
    let verdict = verdict_of(&item(form), 100, raw);
    let part = |part: CriterionVerdict| (part.criterion, part.score, part.weight, part.rationale);
    verdict.criteria.into_iter().map(part).collect()
}

#[test]
fn a_checklist_adds_its_band_and_its_circumstances() {
    let body = item(projects());
    let raw = json!({"count": 5, "context": ["campus", " Production "]});
    let verdict = verdict_of(&body, 100, &raw);
    assert_eq!(verdict.points, Some(Points::whole(65)));
    assert_eq!(
        (verdict.reason, verdict.scorer),
        (Reason::PartiallyCorrect, Scorer::Rule)
    );
    let parts: Vec<_> = verdict
        .criteria
        .iter()
        .map(|part| (part.criterion.as_str(), part.score))
        .collect();
    assert_eq!(parts, [("count", 40.0), ("context", 25.0)]);
    assert_eq!(
        hundredths(
            &body,
            2,
            &json!({"count": 9, "context": ["campus", "production", "led"]})
        ),
        200
    );
    assert_eq!(hundredths(&body, 2, &json!({"context": ["campus"]})), 20);
}

#[test]
fn entries_are_counted_without_blanks_and_repetitions() {
    let entries =
        json!({"entries": ["a shop", "A  Shop", " ", "a game", "a bot", "a map", "a blog"], "context": []});
    assert_eq!(hundredths(&item(projects()), 100, &entries), 4000);
    assert_eq!(hundredths(&item(projects()), 100, &json!({"count": " 5 "})), 4000);
}

#[test]
fn what_matches_nothing_scores_nothing_and_is_listed() {
    let listed = |raw: Value| {
        let parts = parts(projects(), &raw);
        parts
            .into_iter()
            .map(|(id, score, _, rationale)| (id, score, rationale))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        listed(json!({"count": 0, "context": ["moon", "campus", "Mars"]})),
        [
            ("count".to_owned(), 0.0, "no match for “0”".to_owned()),
            (
                "context".to_owned(),
                10.0,
                "no match for “mars”, “moon”".to_owned()
            ),
        ]
    );
    let chosen = parts(scale(&[("a", 20.0)]), &json!({"option_id": "Z"}));
    assert_eq!(
        chosen,
        [("choice".to_owned(), 0.0, 1.0, "no match for “z”".to_owned())]
    );
    let unscored = parts(scale(&[("a", 20.0)]), &json!("b"));
    assert_eq!(unscored[0].3, "no match for “b”");
    assert_eq!(hundredths(&item(scale(&[])), 2, &json!("z")), 0);
}

#[test]
fn long_lists_of_what_matches_nothing_are_cut() {
    let many: Vec<String> = (10..30)
        .map(|number| format!("{number}{}", "x".repeat(100)))
        .collect();
    let rationale = &parts(projects(), &json!({"context": many}))[1].3;
    assert!(
        rationale.starts_with("no match for “10x") && rationale.ends_with("x…” and 10 more"),
        "{rationale}"
    );
    assert!(rationale.chars().count() < 800);
}

#[test]
fn without_a_scoring_map_an_answer_counts_in_full() {
    let unscored = ProfileForm::Checklist {
        bands: Vec::new(),
        context: Vec::new(),
    };
    for (form, raw) in [
        (ProfileForm::Text, json!("I build bridges.")),
        (scale(&[]), json!(" C ")),
        (unscored, json!({"count": 0})),
    ] {
        let verdict = verdict_of(&item(form), 3, &raw);
        assert_eq!(
            (verdict.points, verdict.reason),
            (Some(Points::whole(3)), Reason::Correct),
            "{raw}"
        );
    }
    assert_eq!(
        hundredths(&item(scale(&[("a", 20.0), ("b", 60.0)])), 3, &json!("B")),
        180
    );
}

#[test]
fn fields_are_weighted_and_an_empty_one_counts_nothing() {
    let both = json!({"Level": "b", "projects": {"count": 5, "context": ["campus"]}});
    assert_eq!(hundredths(&item(compound()), 100, &both), 7250);
    let one = parts(
        compound(),
        &json!({"level": "b", "hobby": "chess", "projects": {"count": null}}),
    );
    assert_eq!(
        one,
        [
            ("level".to_owned(), 80.0, 0.75, "This part is counted.".to_owned()),
            (
                "projects".to_owned(),
                0.0,
                0.25,
                "This part was left empty.".to_owned()
            ),
            (
                "no_such_field".to_owned(),
                0.0,
                0.0,
                "no match for “hobby”".to_owned()
            ),
        ]
    );
    let foreign = json!({"level": "z", "projects": {"count": 40, "context": ["moon"]}});
    let rationales: Vec<String> = parts(compound(), &foreign)
        .into_iter()
        .map(|part| part.3)
        .collect();
    assert_eq!(rationales, ["no match for “z”", "no match for “moon”"]);
}

#[test]
fn a_form_that_nobody_can_answer_is_ungraded() {
    let no_options = ProfileForm::Choice {
        options: Vec::new(),
        scores: BTreeMap::new(),
    };
    let no_fields = ProfileForm::Compound { fields: Vec::new() };
    for (form, raw) in [(no_options, json!("a")), (no_fields, json!({"a": "b"}))] {
        let verdict = verdict_of(&item(form), 2, &raw);
        assert_eq!(
            (verdict.points, verdict.flags),
            (None, vec![FLAG_NO_KEY.to_owned()])
        );
    }
}
