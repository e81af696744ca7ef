//! What must hold for every answer, however odd.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use serde_json::{Value, json};

use super::*;
use crate::authoring::item::{Blank, BlankComparison, Choice, Difficulty, Tolerance};
use crate::authoring::rubric::Rubric;
use crate::scoring::answer::parse;

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const RIGHT: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];

fn choices(ids: &[&str]) -> Vec<Choice> {
    ids.iter()
        .map(|id| Choice {
            id: (*id).to_owned(),
            text: String::new(),
        })
        .collect()
}

fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn key_map() -> BTreeMap<String, BTreeSet<String>> {
    IDS.iter()
        .zip(RIGHT)
        .map(|(left, right)| ((*left).to_owned(), BTreeSet::from([right.to_owned()])))
        .collect()
}

fn blanks() -> Vec<Blank> {
    let numeric = BlankComparison::Numeric {
        tolerance: Tolerance::Relative(0.1),
    };
    let comparisons = [
        BlankComparison::Strict,
        BlankComparison::Normal,
        numeric,
        BlankComparison::Normal,
    ];
    let blank = |(index, comparison)| Blank {
        id: format!("b{}", index + 1),
        accepted: vec!["12".to_owned()],
        comparison,
        weight: ratio(index + 1, 1),
    };
    comparisons.into_iter().enumerate().map(blank).collect()
}

fn negative() -> impl Strategy<Value = Negative> {
    let percent = prop::option::of(prop_oneof![Just(f64::NAN), -0.5_f64..2.0]);
    let mark = prop::option::of((-300_i64..900).prop_map(Points::from_hundredths));
    (percent, mark).prop_map(|(percent, mark)| Negative { percent, mark })
}

/// Sound and unsound items of every kind.
fn body() -> impl Strategy<Value = ItemBody> {
    let ids = || subsequence(IDS.to_vec(), 0..=6).prop_map(|ids| owned(&ids));
    let options = || choices(&IDS);
    let tolerance = prop_oneof![
        prop_oneof![Just(f64::NAN), Just(-1.0), 0.0_f64..10.0].prop_map(Tolerance::Absolute),
        (0.0_f64..2.0).prop_map(Tolerance::Relative)
    ];
    let rubric = || Rubric::default_for(Difficulty::Medium);
    prop_oneof![
        (ids(), negative()).prop_map(move |(key, negative)| ItemBody::MultipleChoice {
            options: options(),
            key,
            negative
        }),
        (ids(), any::<bool>(), negative()).prop_map(move |(key, partial_credit, negative)| {
            let key = key.into_iter().collect();
            ItemBody::MultipleResponse {
                options: options(),
                key,
                partial_credit,
                negative,
            }
        }),
        (any::<bool>(), negative()).prop_map(|(key, negative)| ItemBody::TrueFalse { key, negative }),
        (0_usize..=4).prop_map(|count| ItemBody::FillBlank {
            blanks: blanks()[..count].to_vec()
        }),
        any::<bool>().prop_map(move |partial_credit| ItemBody::Matching {
            left: options(),
            right: choices(&RIGHT),
            key: key_map(),
            partial_credit,
        }),
        (any::<f64>(), tolerance, prop::option::of("[a-z]{0,2}"))
            .prop_map(|(key, tolerance, unit)| ItemBody::Numeric { key, tolerance, unit }),
        (ids(), any::<bool>()).prop_map(move |(key, partial_credit)| ItemBody::Ordering {
            options: options(),
            key,
            partial_credit
        }),
        Just(ItemBody::ShortAnswer {
            reference: String::new(),
            rubric: rubric()
        }),
        Just(ItemBody::Essay {
            reference: None,
            rubric: rubric()
        }),
    ]
}

/// Any JSON, with ids and numbers of the items above among its strings.
fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        prop::sample::select(
            [
                &IDS[..],
                &RIGHT[..],
                &["b1", "12", "1e400", "NaN", "true", "12 ms", " "][..]
            ]
            .concat()
        )
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    let key = prop_oneof![
        text,
        prop::sample::select(vec!["value", "unit", "option_id"]).prop_map(str::to_owned)
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..7).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn points(body: &ItemBody, raw: &Value) -> Points {
    match score(body, Points::whole(7), Some(raw)) {
        RuleOutcome::Scored(verdict) => verdict.points.unwrap_or_default(),
        RuleOutcome::NeedsText => Points::ZERO,
    }
}

proptest! {
    #[test]
    fn any_json_to_any_item_scores_within_its_range_and_twice_the_same(
        body in body(), raw in json_value(), hundredths in 0_i64..2000,
    ) {
        let marks = Points::from_hundredths(hundredths);
        let outcome = score(&body, marks, Some(&raw));
        prop_assert_eq!(&outcome, &score(&body, marks, Some(&raw)));
        if let RuleOutcome::Scored(verdict) = outcome {
            let least = -penalty(negative_of(&body), marks);
            if let Some(points) = verdict.points {
                prop_assert!(least <= points && points <= marks, "{points} not in [{least}, {marks}]");
            }
            prop_assert_eq!(verdict.points.is_none(), verdict.reason == Reason::Ungraded);
            prop_assert!(verdict.criteria.iter().all(|part| (0.0..=100.0).contains(&part.score)));
        }
    }

    #[test]
    fn saving_and_scoring_agree_on_what_is_unanswered(body in body(), raw in json_value()) {
        if let Ok(None) = parse(&body, &raw) {
            let RuleOutcome::Scored(verdict) = score(&body, Points::whole(2), Some(&raw)) else {
                return Err(TestCaseError::fail("an unanswered item was handed on"));
            };
            prop_assert_eq!(verdict.reason, Reason::Unanswered);
        }
    }

    #[test]
    fn one_more_right_option_never_earns_less(key in subsequence(IDS.to_vec(), 1..=6), cut in any::<Index>()) {
        let body = ItemBody::MultipleResponse {
            options: choices(&IDS),
            key: owned(&key).into_iter().collect(),
            partial_credit: true,
            negative: Negative { percent: Some(0.5), mark: None },
        };
        let chosen = &key[..cut.index(key.len())];
        let more = &key[..=cut.index(key.len())];
        prop_assert!(points(&body, &json!(chosen)) <= points(&body, &json!(more)));
    }

    #[test]
    fn the_order_of_chosen_options_does_not_matter(
        chosen in subsequence(IDS.to_vec(), 0..=6).prop_shuffle(), partial_credit in any::<bool>(),
    ) {
        let body = ItemBody::MultipleResponse {
            options: choices(&IDS),
            key: owned(&["a", "b", "c"]).into_iter().collect(),
            partial_credit,
            negative: Negative { percent: Some(0.5), mark: None },
        };
        let mut sorted = chosen.clone();
        sorted.sort_unstable();
        prop_assert_eq!(points(&body, &json!(chosen)), points(&body, &json!(sorted)));
        let twice = [chosen.clone(), chosen.clone()].concat();
        prop_assert_eq!(points(&body, &json!(chosen)), points(&body, &json!(twice)));
    }

    #[test]
    fn one_more_right_pair_never_earns_less_in_any_order(
        picks in prop::collection::vec(0_usize..6, 6), mend in 0_usize..6, partial_credit in any::<bool>(),
    ) {
        let body = ItemBody::Matching {
            left: choices(&IDS), right: choices(&RIGHT), key: key_map(), partial_credit,
        };
        let pairs = |picks: &[usize]| -> Vec<Value> {
            picks.iter().enumerate().map(|(left, right)| json!([IDS[left], RIGHT[*right]])).collect()
        };
        let mut mended = picks.clone();
        mended[mend] = mend;
        prop_assert!(points(&body, &json!(pairs(&picks))) <= points(&body, &json!(pairs(&mended))));
        let backwards: Vec<Value> = pairs(&picks).into_iter().rev().collect();
        prop_assert_eq!(points(&body, &json!(pairs(&picks))), points(&body, &json!(backwards)));
    }

    #[test]
    fn one_more_right_blank_never_earns_less(
        written in prop::collection::vec("(12|13| |x)", 4), mend in 0_usize..4,
    ) {
        let body = ItemBody::FillBlank { blanks: blanks() };
        let mut mended = written.clone();
        mended[mend] = "12".to_owned();
        prop_assert!(points(&body, &json!(written)) <= points(&body, &json!(mended)));
    }

    #[test]
    fn a_longer_right_start_never_earns_less(length in 0_usize..6) {
        let body = ItemBody::Ordering { options: choices(&IDS), key: owned(&IDS), partial_credit: true };
        prop_assert!(points(&body, &json!(IDS[..length])) <= points(&body, &json!(IDS[..=length])));
    }

    #[test]
    fn a_closer_number_never_earns_less(gap in -10.0_f64..10.0, closer in 0.0_f64..1.0) {
        let body = ItemBody::Numeric { key: 5.0, tolerance: Tolerance::Absolute(1.0), unit: None };
        prop_assert!(points(&body, &json!(5.0 + gap)) <= points(&body, &json!(5.0 + gap * closer)));
    }
}
