//! Shapes that are taken and shapes that are refused, with the place of the refusal.

use serde_json::json;

use super::*;
use crate::authoring::item::{BlankComparison, Difficulty, Negative, Tolerance};
use crate::authoring::rubric::Rubric;

fn choices(ids: &[&str]) -> Vec<Choice> {
    ids.iter()
        .map(|id| Choice {
            id: (*id).to_owned(),
            text: String::new(),
        })
        .collect()
}

fn one() -> ItemBody {
    ItemBody::MultipleChoice {
        options: choices(&["a", "b"]),
        key: Vec::new(),
        negative: Negative::default(),
    }
}

fn several() -> ItemBody {
    ItemBody::MultipleResponse {
        options: choices(&["a", "b", "c"]),
        key: BTreeSet::new(),
        partial_credit: false,
        negative: Negative::default(),
    }
}

fn truth() -> ItemBody {
    ItemBody::TrueFalse {
        key: true,
        negative: Negative::default(),
    }
}

fn gaps(count: usize) -> ItemBody {
    let blank = |number| Blank {
        id: format!("b{number}"),
        accepted: Vec::new(),
        comparison: BlankComparison::Normal,
        weight: 1.0,
    };
    ItemBody::FillBlank {
        blanks: (1..=count).map(blank).collect(),
    }
}

fn matching() -> ItemBody {
    ItemBody::Matching {
        left: choices(&["l1", "l/2"]),
        right: choices(&["r1", "r2"]),
        key: BTreeMap::new(),
        partial_credit: false,
    }
}

fn numeric(unit: Option<&str>) -> ItemBody {
    ItemBody::Numeric {
        key: 0.0,
        tolerance: Tolerance::Absolute(0.0),
        unit: unit.map(str::to_owned),
    }
}

fn ordering() -> ItemBody {
    ItemBody::Ordering {
        options: choices(&["a", "b", "c"]),
        key: Vec::new(),
        partial_credit: false,
    }
}

fn essay() -> ItemBody {
    ItemBody::Essay {
        reference: None,
        rubric: Rubric::default_for(Difficulty::Easy),
    }
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn texts(entries: &[(&str, &str)]) -> Answer {
    Answer::Blanks(
        entries
            .iter()
            .map(|(id, text)| ((*id).to_owned(), (*text).to_owned()))
            .collect(),
    )
}

fn number(value: f64, unit: Option<&str>) -> Answer {
    Answer::Number(Quantity {
        value,
        unit: unit.map(str::to_owned),
    })
}

#[test]
fn every_documented_shape_is_taken() {
    let pairs = Answer::Pairs(BTreeMap::from([
        ("l1".to_owned(), set(&["r1", "r2"])),
        ("l/2".to_owned(), set(&["r2"])),
    ]));
    let cases = [
        (one(), json!(" B "), Answer::Choice("b".to_owned())),
        (one(), json!({"option_id": "b"}), Answer::Choice("b".to_owned())),
        (
            several(),
            json!(["C", "a", null, ""]),
            Answer::Choices(set(&["a", "c"])),
        ),
        (several(), json!("a"), Answer::Choices(set(&["a"]))),
        (truth(), json!(false), Answer::Truth(false)),
        (truth(), json!(" TRUE"), Answer::Truth(true)),
        (gaps(2), json!({"B2": " x ", "b1": ""}), texts(&[("b2", " x ")])),
        (gaps(2), json!(["x", 4.5]), texts(&[("b1", "x"), ("b2", "4.5")])),
        (gaps(1), json!("x"), texts(&[("b1", "x")])),
        (gaps(1), json!(12), texts(&[("b1", "12")])),
        (
            matching(),
            json!({"l1": ["r1", "R2"], "l/2": "r2"}),
            pairs.clone(),
        ),
        (
            matching(),
            json!([["l1", "r1"], ["l1", "r2"], ["L/2", "r2"], [], ["l1", null]]),
            pairs,
        ),
        (numeric(Some("ms")), json!("1,000 ms"), number(1000.0, Some("ms"))),
        (
            numeric(Some("ms")),
            json!({"value": "7", "unit": "s"}),
            number(7.0, Some("s")),
        ),
        (
            numeric(None),
            json!({"value": 7, "unit": null}),
            number(7.0, None),
        ),
        (numeric(None), json!(-7.5), number(-7.5, None)),
        (
            ordering(),
            json!(["c", "A", "b"]),
            Answer::Order(["c", "a", "b"].map(str::to_owned).to_vec()),
        ),
        (
            essay(),
            json!(" Because. "),
            Answer::Text(" Because. ".to_owned()),
        ),
    ];
    for (body, raw, answer) in cases {
        assert_eq!(parse(&body, &raw), Ok(Some(answer)), "{raw}");
    }
}

#[test]
fn nothing_said_is_unanswered() {
    let cases = [
        (one(), json!({"option_id": null})),
        (one(), json!({"option_id": "  "})),
        (several(), json!(["", null])),
        (gaps(2), json!({"b1": " ", "b2": null})),
        (gaps(1), json!("\u{200b}")),
        (matching(), json!({"l1": [], "l/2": ""})),
        (matching(), json!([["l1", ""]])),
        (numeric(Some("ms")), json!({"value": null, "unit": "ms"})),
        (ordering(), json!([])),
        (essay(), json!("\n\t ")),
        (truth(), json!(null)),
    ];
    for (body, raw) in cases {
        assert_eq!(parse(&body, &raw), Ok(None), "{raw}");
    }
}

#[test]
fn refusals_name_the_place() {
    let cases = [
        (one(), json!("z"), ""),
        (one(), json!({"option_id": "z"}), "/option_id"),
        (one(), json!(7), ""),
        (several(), json!(["a", "z"]), "/1"),
        (several(), json!(["a", "A"]), "/1"),
        (several(), json!(["a", 1]), "/1"),
        (several(), json!("z"), ""),
        (several(), json!({"a": true}), ""),
        (truth(), json!("yes"), ""),
        (truth(), json!(1), ""),
        (gaps(2), json!("x"), ""),
        (gaps(2), json!(["x", "y", "z"]), "/2"),
        (gaps(2), json!({"b1": ["x"]}), "/b1"),
        (gaps(2), json!({"b~/3": "x"}), "/b~0~13"),
        (gaps(2), json!({"B1": "x", "b1": "y"}), "/b1"),
        (matching(), json!({"l9": "r1"}), "/l9"),
        (matching(), json!({"l/2": "r9"}), "/l~12"),
        (matching(), json!({"l1": ["r1", "r1"]}), "/l1"),
        (matching(), json!([["l1"]]), "/0"),
        (matching(), json!("l1"), ""),
        (numeric(None), json!("abc"), ""),
        (numeric(None), json!("1e400"), ""),
        (numeric(None), json!("NaN"), ""),
        (numeric(None), json!("5 ms"), ""),
        (numeric(None), json!({"value": [1]}), "/value"),
        (numeric(Some("ms")), json!({"value": 1, "unit": 2}), "/unit"),
        (
            numeric(Some("ms")),
            json!({"value": "1 ms", "unit": "ms"}),
            "/value",
        ),
        (ordering(), json!("a"), ""),
        (ordering(), json!(["a", "b", "c", "a"]), "/3"),
        (essay(), json!(42), ""),
    ];
    for (body, raw, pointer) in cases {
        let error = parse(&body, &raw).unwrap_err();
        assert_eq!(error.pointer, pointer, "{raw}: {error}");
    }
}

#[test]
fn a_text_has_room_for_a_hundred_thousand_characters() {
    assert!(parse(&essay(), &json!("ä".repeat(MAX_TEXT_CHARS))).is_ok());
    let error = parse(&essay(), &json!("ä".repeat(MAX_TEXT_CHARS + 1))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer at `` must be text of at most 100000 characters"
    );
}

#[test]
fn reading_goes_on_where_saving_refuses() {
    for (body, raw) in [
        (one(), json!("z")),
        (several(), json!(["a", "a"])),
        (gaps(1), json!(["x", "y"])),
    ] {
        let reading = read(&body, &raw).unwrap();
        assert!(reading.answer.is_some() && reading.complaint.is_some(), "{raw}");
    }
}

#[test]
fn a_map_of_other_members_does_not_take_an_answer_back() {
    for foreign in [
        json!({"answer": 42}),
        json!({"a": {"b": 1}}),
        json!({"unit": "ms"}),
    ] {
        let refused = parse(&numeric(None), &foreign).map_err(|error| error.pointer);
        assert_eq!(refused, Err("/value".to_owned()), "{foreign}");
    }
    for nothing in [
        json!(null),
        json!(""),
        json!({}),
        json!({"value": null}),
        json!({"value": "", "unit": "ms"}),
    ] {
        assert_eq!(parse(&numeric(None), &nothing), Ok(None), "{nothing}");
    }
}
