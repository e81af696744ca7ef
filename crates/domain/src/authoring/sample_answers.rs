//! Answers with a known outcome, for demonstrations and rehearsals of the scoring path.
//!
//! Both are in the wire shape of the item's kind: `"b"`, `["a", "c"]`, `true`, `{"b1": "text"}`, `{"l1": ["r2"]}`, `5432`,
//! `["c", "a", "b"]`, `"text"`, `{"language": "python", "source": "text"}`, `{"count": 5, "context": ["campus"]}`,
//! `{"file_ids": ["…"]}`.

mod profile;

use serde_json::{Map, Value, json};

use uuid::Uuid;

use self::profile::{best, worst};
use super::item::{Choice, ItemBody, ItemContent};

/// On the surface an answer, about nothing that is asked.
const BESIDE_THE_POINT: &str =
    "I am not sure, but I once visited a lovely garden and enjoyed the sunny weather there.";

/// An answer that earns full marks by the item's own key, or repeats its reference answer; the best of a profile. What a
/// runner or a person judges only has the right shape.
pub fn answer_key(item: &ItemContent) -> Value {
    match &item.body {
        ItemBody::MultipleChoice { key, .. } => json!(key.first()),
        ItemBody::MultipleResponse { key, .. } => json!(key),
        ItemBody::TrueFalse { key, .. } => json!(key),
        ItemBody::FillBlank { blanks } => blanks
            .iter()
            .map(|blank| (blank.id.clone(), json!(blank.accepted.first())))
            .collect::<Map<_, _>>()
            .into(),
        ItemBody::Matching { key, .. } => json!(key),
        ItemBody::Numeric { key, .. } => number(*key),
        ItemBody::Ordering { key, .. } => json!(key),
        ItemBody::ShortAnswer { reference, .. } => json!(reference),
        // Without a reference the stem is the nearest thing to a text on topic.
        ItemBody::Essay { reference, .. } => json!(reference.as_ref().unwrap_or(&item.stem)),
        // No item says which program passes: what it gives to begin with is the nearest thing to one.
        ItemBody::Coding { starter, .. } => program(item, starter.as_deref().unwrap_or(&item.stem)),
        ItemBody::Profile { form } => best(form),
        ItemBody::FileUpload { .. } => json!({ "file_ids": [Uuid::nil()] }),
    }
}

/// An answer in the right shape that misses the key; orderings keep one entry of their longest right run. Of a profile it is
/// the one that scores least, which is in full where nothing is scored.
pub fn wrong_answer(item: &ItemContent) -> Value {
    match &item.body {
        ItemBody::MultipleChoice { options, key, .. } => {
            json!(outside(options, |id| key.iter().any(|own| own == id)))
        }
        ItemBody::MultipleResponse { options, key, .. } => {
            json!(
                outside(options, |id| key.contains(id))
                    .into_iter()
                    .collect::<Vec<_>>()
            )
        }
        ItemBody::TrueFalse { key, .. } => json!(!key),
        ItemBody::FillBlank { blanks } => blanks
            .iter()
            .map(|blank| (blank.id.clone(), json!("garden")))
            .collect::<Map<_, _>>()
            .into(),
        ItemBody::Matching { left, key, .. } => {
            // Each entry gets the partner of the next one.
            let partner = |index: usize| key.get(&left[(index + 1) % left.len()].id);
            let pairs = left
                .iter()
                .enumerate()
                .map(|(index, entry)| (entry.id.clone(), json!(partner(index))));
            pairs.collect::<Map<_, _>>().into()
        }
        ItemBody::Numeric { key, .. } => number((key * 3.0 + 7.0).round()),
        ItemBody::Ordering { key, .. } => json!(key.iter().rev().collect::<Vec<_>>()),
        ItemBody::ShortAnswer { .. } | ItemBody::Essay { .. } => json!(BESIDE_THE_POINT),
        ItemBody::Coding { .. } => program(item, BESIDE_THE_POINT),
        ItemBody::Profile { form } => worst(form),
        ItemBody::FileUpload { .. } => json!({ "file_ids": [Uuid::max()] }),
    }
}

fn program(item: &ItemContent, source: &str) -> Value {
    let ItemBody::Coding { languages, .. } = &item.body else {
        return Value::Null;
    };
    json!({ "language": languages.first(), "source": source })
}

fn outside(options: &[Choice], is_key: impl Fn(&String) -> bool) -> Option<&str> {
    options
        .iter()
        .find(|option| !is_key(&option.id))
        .map(|option| option.id.as_str())
}

/// Whole numbers are written without a decimal point.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        return json!(value as i64);
    }
    json!(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::item::{Blank, BlankComparison, CognitiveLevel, Difficulty, Negative, Tolerance};
    use crate::authoring::rubric::Rubric;
    use crate::points::Points;

    fn item(body: ItemBody) -> ItemContent {
        ItemContent {
            stem: "What is asked?".to_owned(),
            marks: Points::whole(1),
            body,
            topic: String::new(),
            cognitive_level: CognitiveLevel::Remember,
            difficulty: Difficulty::Easy,
            source: None,
            skills: Vec::new(),
            written_by: None,
        }
    }

    fn choices(ids: &[&str]) -> Vec<Choice> {
        ids.iter()
            .map(|id| Choice {
                id: (*id).to_owned(),
                text: format!("text {id}"),
            })
            .collect()
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one case per kind")]
    fn answers_have_the_shape_of_their_kind() {
        let options = choices(&["a", "b", "c"]);
        let negative = Negative::default();
        let blank = Blank {
            id: "b1".into(),
            accepted: ids(&["lock"]),
            comparison: BlankComparison::Normal,
            weight: 1.0,
        };
        let pairs =
            [("l1", "r2"), ("l2", "r1")].map(|(left, right)| (left.to_owned(), [right.to_owned()].into()));
        let cases = [
            (
                ItemBody::MultipleChoice {
                    options: options.clone(),
                    key: ids(&["b"]),
                    negative,
                },
                json!("b"),
                json!("a"),
            ),
            (
                ItemBody::MultipleResponse {
                    options: options.clone(),
                    key: ["a".into(), "c".into()].into(),
                    partial_credit: true,
                    negative,
                },
                json!(["a", "c"]),
                json!(["b"]),
            ),
            (
                ItemBody::TrueFalse { key: true, negative },
                json!(true),
                json!(false),
            ),
            (
                ItemBody::FillBlank { blanks: vec![blank] },
                json!({"b1": "lock"}),
                json!({"b1": "garden"}),
            ),
            (
                ItemBody::Matching {
                    left: choices(&["l1", "l2"]),
                    right: choices(&["r1", "r2"]),
                    key: pairs.into(),
                    partial_credit: true,
                },
                json!({"l1": ["r2"], "l2": ["r1"]}),
                json!({"l1": ["r1"], "l2": ["r2"]}),
            ),
            (
                ItemBody::Numeric {
                    key: 5432.0,
                    tolerance: Tolerance::Absolute(0.0),
                    unit: None,
                },
                json!(5432),
                json!(16303),
            ),
            (
                ItemBody::Ordering {
                    options,
                    key: ids(&["c", "a", "b"]),
                    partial_credit: true,
                },
                json!(["c", "a", "b"]),
                json!(["b", "a", "c"]),
            ),
        ];
        for (body, right, wrong) in cases {
            let item = item(body);
            assert_eq!(answer_key(&item), right);
            assert_eq!(wrong_answer(&item), wrong);
        }
    }

    #[test]
    fn written_answers_repeat_the_reference_or_miss_the_point() {
        let rubric = Rubric::default_for(Difficulty::Easy);
        let short = item(ItemBody::ShortAnswer {
            reference: "A lock is a mark.".into(),
            rubric: rubric.clone(),
        });
        assert_eq!(answer_key(&short), json!("A lock is a mark."));
        assert_eq!(wrong_answer(&short), json!(BESIDE_THE_POINT));
        let essay = item(ItemBody::Essay {
            reference: None,
            rubric,
        });
        assert_eq!(answer_key(&essay), json!("What is asked?"));
    }
}
