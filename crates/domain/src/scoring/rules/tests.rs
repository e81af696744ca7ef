//! One test per promise of the rules, by example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::authoring::item::{Blank, BlankComparison, Choice, Difficulty, ProfileForm, Tolerance};
use crate::authoring::rubric::Rubric;

mod external;
mod parts;
mod profile;

fn choices(ids: &[&str]) -> Vec<Choice> {
    ids.iter()
        .map(|id| Choice {
            id: (*id).to_owned(),
            text: format!("option {id}"),
        })
        .collect()
}

fn percent(share: f64) -> Negative {
    Negative {
        percent: Some(share),
        mark: None,
    }
}

fn one(key: &[&str], negative: Negative) -> ItemBody {
    let key = key.iter().map(|id| (*id).to_owned()).collect();
    ItemBody::MultipleChoice {
        options: choices(&["a", "b", "c"]),
        key,
        negative,
    }
}

fn several(key: &[&str], partial_credit: bool, negative: Negative) -> ItemBody {
    let key = key.iter().map(|id| (*id).to_owned()).collect();
    ItemBody::MultipleResponse {
        options: choices(&["a", "b", "c", "d"]),
        key,
        partial_credit,
        negative,
    }
}

fn blank(id: &str, accepted: &[&str], comparison: BlankComparison, weight: f64) -> Blank {
    let accepted = accepted.iter().map(|text| (*text).to_owned()).collect();
    Blank {
        id: id.to_owned(),
        accepted,
        comparison,
        weight,
    }
}

fn matching(partial_credit: bool) -> ItemBody {
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    let key = BTreeMap::from([
        ("l1".to_owned(), set(&["r1"])),
        ("l2".to_owned(), set(&["r2", "r3"])),
    ]);
    let (left, right) = (choices(&["l1", "l2", "l3"]), choices(&["r1", "r2", "r3", "r4"]));
    ItemBody::Matching {
        left,
        right,
        key,
        partial_credit,
    }
}

fn numeric(key: f64, tolerance: Tolerance, unit: Option<&str>) -> ItemBody {
    ItemBody::Numeric {
        key,
        tolerance,
        unit: unit.map(str::to_owned),
    }
}

fn ordering(partial_credit: bool) -> ItemBody {
    let key = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    ItemBody::Ordering {
        options: choices(&["d", "c", "b", "a"]),
        key,
        partial_credit,
    }
}

fn essay() -> ItemBody {
    ItemBody::Essay {
        reference: None,
        rubric: Rubric::default_for(Difficulty::Easy),
    }
}

fn verdict_of(body: &ItemBody, marks: i64, raw: &Value) -> Verdict {
    match score(body, Points::whole(marks), Some(raw)) {
        RuleOutcome::Scored(verdict) => verdict,
        outcome => panic!(
            "{raw} to a {:?} was not decided by rule: {outcome:?}",
            body.kind()
        ),
    }
}

fn hundredths(body: &ItemBody, marks: i64, raw: &Value) -> i64 {
    verdict_of(body, marks, raw).points.unwrap().hundredths()
}

#[test]
fn a_wrong_choice_costs_its_share_of_the_marks() {
    let body = one(&["b"], percent(0.5));
    assert_eq!(hundredths(&body, 2, &json!(" B ")), 200);
    assert_eq!(hundredths(&body, 2, &json!({"option_id": "b"})), 200);
    assert_eq!(hundredths(&body, 2, &json!("a")), -100);
    assert_eq!(hundredths(&body, 2, &json!("zebra")), -100);
    assert_eq!(verdict_of(&body, 2, &json!("a")).reason, Reason::Incorrect);
}

#[test]
fn the_percentage_wins_over_the_fixed_penalty() {
    let both = Negative {
        percent: Some(0.25),
        mark: Some(Points::whole(3)),
    };
    assert_eq!(hundredths(&one(&["b"], both), 4, &json!("a")), -100);
    let fixed = Negative {
        percent: None,
        mark: Some(Points::from_hundredths(33)),
    };
    assert_eq!(hundredths(&one(&["b"], fixed), 4, &json!("a")), -33);
    assert_eq!(hundredths(&one(&["b"], Negative::default()), 4, &json!("a")), 0);
    for nonsense in [
        percent(f64::NAN),
        percent(-1.0),
        Negative {
            percent: None,
            mark: Some(Points::whole(-1)),
        },
    ] {
        assert_eq!(
            hundredths(&one(&["b"], nonsense), 4, &json!("a")),
            0,
            "{nonsense:?}"
        );
    }
}

#[test]
fn any_of_several_keys_of_a_choice_is_right() {
    for chosen in ["a", "c"] {
        assert_eq!(
            verdict_of(&one(&["a", "c"], percent(1.0)), 2, &json!(chosen)).reason,
            Reason::Correct
        );
    }
}

#[test]
fn an_item_without_a_usable_key_is_ungraded_and_never_right() {
    let no_pairs = ItemBody::Matching {
        left: choices(&["l1"]),
        right: choices(&["r1"]),
        key: BTreeMap::from([("l1".to_owned(), BTreeSet::new())]),
        partial_credit: true,
    };
    let twice = ItemBody::Ordering {
        options: choices(&["a", "b"]),
        key: vec!["a".to_owned(), "A".to_owned()],
        partial_credit: true,
    };
    let no_accepted = ItemBody::FillBlank {
        blanks: vec![blank("b1", &[" "], BlankComparison::Normal, 1.0)],
    };
    let no_number = BlankComparison::Numeric {
        tolerance: Tolerance::Absolute(0.0),
    };
    let no_number = ItemBody::FillBlank {
        blanks: vec![blank("b1", &["many"], no_number, 1.0)],
    };
    let cases = [
        (one(&[], percent(0.5)), json!("a")),
        (one(&["x"], percent(0.5)), json!("a")),
        (several(&[], true, percent(0.5)), json!(["a"])),
        (several(&["a", "x"], true, percent(0.5)), json!(["a"])),
        (no_pairs, json!({"l1": "r1"})),
        (twice, json!(["a", "b"])),
        (no_accepted, json!("x")),
        (no_number, json!("1")),
        (numeric(f64::NAN, Tolerance::Absolute(1.0), None), json!(1)),
    ];
    for (body, raw) in cases {
        let verdict = verdict_of(&body, 2, &raw);
        assert_eq!(
            (verdict.points, verdict.reason),
            (None, Reason::Ungraded),
            "{body:?}"
        );
        assert_eq!(verdict.flags, [FLAG_NO_KEY]);
    }
}

#[test]
fn a_right_subset_earns_its_share_and_one_wrong_option_costs() {
    let body = several(&["a", "b"], true, percent(0.5));
    assert_eq!(hundredths(&body, 8, &json!(["b", "A"])), 800);
    assert_eq!(hundredths(&body, 8, &json!(["a"])), 400);
    assert_eq!(hundredths(&body, 8, &json!("a")), 400);
    assert_eq!(hundredths(&body, 8, &json!(["a", "b", "c"])), -400);
    assert_eq!(
        hundredths(&several(&["a", "b"], false, percent(0.5)), 8, &json!(["a"])),
        0
    );
    assert_eq!(
        verdict_of(&body, 8, &json!(["a"])).reason,
        Reason::PartiallyCorrect
    );
}

#[test]
fn true_and_false_are_taken_as_words_too() {
    let body = ItemBody::TrueFalse {
        key: true,
        negative: percent(1.0),
    };
    for raw in [json!(true), json!("TRUE"), json!(" True ")] {
        assert_eq!(hundredths(&body, 1, &raw), 100, "{raw}");
    }
    assert_eq!(hundredths(&body, 1, &json!("false")), -100);
}

#[test]
fn nothing_answered_is_zero_and_never_negative_for_every_kind() {
    let blanks = vec![blank("b1", &["x"], BlankComparison::Normal, 1.0)];
    let bodies = [
        one(&["b"], percent(0.5)),
        several(&["a"], true, percent(0.5)),
        ItemBody::TrueFalse {
            key: true,
            negative: percent(1.0),
        },
        ItemBody::FillBlank { blanks },
        matching(true),
        numeric(1.0, Tolerance::Absolute(0.0), None),
        ordering(true),
        ItemBody::ShortAnswer {
            reference: "r".to_owned(),
            rubric: Rubric::default_for(Difficulty::Easy),
        },
        essay(),
        one(&[], percent(0.5)),
        external::coding(1),
        external::upload(),
        profile::item(profile::projects()),
        profile::item(ProfileForm::Text),
    ];
    for body in bodies {
        for raw in [
            None,
            Some(Value::Null),
            Some(json!(" \n")),
            Some(json!([])),
            Some(json!({})),
            Some(json!([""])),
        ] {
            let RuleOutcome::Scored(verdict) = score(&body, Points::whole(2), raw.as_ref()) else {
                panic!("{raw:?} to {body:?} was not decided");
            };
            assert_eq!(
                (verdict.points, verdict.reason),
                (Some(Points::ZERO), Reason::Unanswered),
                "{body:?}"
            );
        }
    }
}

#[test]
fn texts_are_handed_on_and_verdicts_say_who_judged() {
    assert_eq!(
        score(&essay(), Points::whole(5), Some(&json!("Because."))),
        RuleOutcome::NeedsText
    );
    let verdict = verdict_of(&one(&["b"], Negative::default()), 2, &json!("b"));
    assert_eq!(
        (verdict.scorer, verdict.scorer_version.as_str()),
        (Scorer::Rule, RULE_VERSION)
    );
    assert_eq!((verdict.max_points, verdict.confidence), (Points::whole(2), None));
}

#[test]
fn an_unreadable_answer_earns_nothing_and_costs_nothing() {
    for (body, raw) in [
        (one(&["b"], percent(1.0)), json!({"x": 1})),
        (essay(), json!(7)),
        (ordering(true), json!("a")),
    ] {
        let verdict = verdict_of(&body, 2, &raw);
        assert_eq!(
            (verdict.points, verdict.reason),
            (Some(Points::ZERO), Reason::Incorrect)
        );
        assert_eq!(verdict.flags, [FLAG_UNREADABLE]);
    }
}

#[test]
fn negative_full_marks_count_as_none() {
    assert_eq!(hundredths(&one(&["b"], percent(0.5)), -4, &json!("b")), 0);
}

#[test]
fn an_answer_of_another_kind_is_wrong() {
    let graded = grade(&one(&["b"], percent(0.5)), &Answer::Truth(true)).unwrap();
    assert_eq!(graded.grade, Grade::Wrong);
}
