//! Items of every kind, sound and unsound, and answers that may or may not fit them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::Value;

use super::super::ratio;
use crate::authoring::item::{
    Blank, BlankComparison, Choice, ContextEntry, CountBand, Difficulty, ItemBody, Negative, ProfileField,
    ProfileForm, TestCase, Tolerance,
};
use crate::authoring::rubric::Rubric;
use crate::points::Points;

pub(super) const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
pub(super) const RIGHT: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];

pub(super) fn choices(ids: &[&str]) -> Vec<Choice> {
    ids.iter()
        .map(|id| Choice {
            id: (*id).to_owned(),
            text: String::new(),
        })
        .collect()
}

pub(super) fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

pub(super) fn key_map() -> BTreeMap<String, BTreeSet<String>> {
    IDS.iter()
        .zip(RIGHT)
        .map(|(left, right)| ((*left).to_owned(), BTreeSet::from([right.to_owned()])))
        .collect()
}

pub(super) fn blanks() -> Vec<Blank> {
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

pub(super) fn negative() -> impl Strategy<Value = Negative> {
    let percent = prop::option::of(prop_oneof![Just(f64::NAN), -0.5_f64..2.0]);
    let mark = prop::option::of((-300_i64..900).prop_map(Points::from_hundredths));
    (percent, mark).prop_map(|(percent, mark)| Negative { percent, mark })
}

/// Sound and unsound items of every kind.
pub(super) fn body() -> impl Strategy<Value = ItemBody> {
    let ids = || subsequence(IDS.to_vec(), 0..=6).prop_map(|ids| owned(&ids));
    let options = || choices(&IDS);
    let tolerance = prop_oneof![
        prop_oneof![Just(f64::NAN), Just(-1.0), 0.0_f64..10.0].prop_map(Tolerance::Absolute),
        (0.0_f64..2.0).prop_map(Tolerance::Relative)
    ];
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
        open_body(),
    ]
}

/// Items that the rules hand on, and profiles.
fn open_body() -> impl Strategy<Value = ItemBody> {
    let rubric = || Rubric::default_for(Difficulty::Medium);
    prop_oneof![
        Just(ItemBody::ShortAnswer {
            reference: String::new(),
            rubric: rubric()
        }),
        Just(ItemBody::Essay {
            reference: None,
            rubric: rubric()
        }),
        (0_usize..=3).prop_map(|tests| ItemBody::Coding {
            languages: owned(&["a", "b"]),
            starter: None,
            tests: vec![test_case(); tests],
            partial_credit: true
        }),
        form().prop_map(|form| ItemBody::Profile { form }),
        (0_u32..3).prop_map(|max_files| ItemBody::FileUpload {
            accepted: Vec::new(),
            max_files
        }),
    ]
}

fn test_case() -> TestCase {
    TestCase {
        id: "t1".to_owned(),
        stdin: String::new(),
        expected: "12".to_owned(),
        weight: 1.0,
        hidden: true,
    }
}

/// Scores that an author should and should not give.
fn score_value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0_f64..=100.0, 1 => Just(f64::NAN), 1 => -50.0_f64..300.0]
}

fn choice_form() -> impl Strategy<Value = ProfileForm> {
    let scores = prop::collection::btree_map(prop::sample::select(owned(&IDS)), score_value(), 0..7);
    scores.prop_map(|scores| ProfileForm::Choice {
        options: choices(&IDS),
        scores,
    })
}

pub(super) fn checklist_form() -> impl Strategy<Value = ProfileForm> {
    let band = (0_u64..20, prop::option::of(0_u64..30), score_value());
    let bands = prop::collection::vec(
        band.prop_map(|(from, to, score)| CountBand { from, to, score }),
        0..4,
    );
    let context = prop::collection::vec(score_value(), 0..6).prop_map(|points| {
        let entry = |(id, points): (&str, f64)| ContextEntry {
            id: id.to_owned(),
            text: String::new(),
            points,
        };
        IDS.into_iter().zip(points).map(entry).collect()
    });
    (bands, context).prop_map(|(bands, context)| ProfileForm::Checklist { bands, context })
}

/// Compound forms of `fields`, with any weights.
pub(super) fn compound_form() -> impl Strategy<Value = ProfileForm> {
    let simple = prop_oneof![Just(ProfileForm::Text), choice_form(), checklist_form()];
    let field = (simple, prop_oneof![Just(f64::NAN), -1.0_f64..9.0]);
    prop::collection::vec(field, 0..6).prop_map(|fields| {
        let field = |(id, (form, weight)): (&str, (ProfileForm, f64))| ProfileField {
            id: id.to_owned(),
            label: String::new(),
            weight,
            form,
        };
        ProfileForm::Compound {
            fields: IDS.into_iter().zip(fields).map(field).collect(),
        }
    })
}

/// Sound and unsound forms.
pub(super) fn form() -> impl Strategy<Value = ProfileForm> {
    prop_oneof![
        Just(ProfileForm::Text),
        choice_form(),
        checklist_form(),
        compound_form()
    ]
}

/// Members that mean something in answers.
const MEMBERS: [&str; 10] = [
    "value",
    "unit",
    "option_id",
    "count",
    "entries",
    "context",
    "language",
    "source",
    "file_ids",
    "file_id",
];

/// Any JSON, with ids and numbers of the items above among its strings.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
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
        prop::sample::select(MEMBERS.to_vec()).prop_map(str::to_owned)
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..7).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
