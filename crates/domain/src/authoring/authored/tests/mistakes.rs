//! The table of mistakes.

use serde_json::{Value, json};

use super::{compound, entries};

/// Kind, what is replaced, with what, and where the one fault is.
pub(super) fn all() -> Mistakes {
    [
        general(),
        options(),
        measured(),
        texts(),
        profiles(),
        scoring_maps(),
        external(),
    ]
    .concat()
}

type Mistakes = Vec<(&'static str, &'static str, Value, &'static str)>;

fn general() -> Mistakes {
    vec![
        ("true_false", "/stem", json!(" \n"), "/stem"),
        ("true_false", "/topic", json!(""), "/topic"),
        ("true_false", "/marks", json!(0), "/marks"),
        ("true_false", "/marks", json!(1000.01), "/marks"),
        ("true_false", "/skills", json!(["sql", " "]), "/skills/1"),
        ("true_false", "/skills", json!(["sql", "SQL"]), "/skills/1"),
        (
            "true_false",
            "/body/negative/percent",
            json!(1.5),
            "/body/negative/percent",
        ),
        (
            "true_false",
            "/body/negative/percent",
            json!(-0.1),
            "/body/negative/percent",
        ),
        (
            "true_false",
            "/body/negative",
            json!({"mark": -1}),
            "/body/negative/mark",
        ),
        (
            "true_false",
            "/body/negative",
            json!({"mark": 3}),
            "/body/negative/mark",
        ),
    ]
}

fn options() -> Mistakes {
    vec![
        (
            "multiple_choice",
            "/body/options/1/text",
            json!("\u{200b}"),
            "/body/options/1/text",
        ),
        (
            "multiple_choice",
            "/body/options/0/id",
            json!(""),
            "/body/options/0/id",
        ),
        (
            "multiple_choice",
            "/body/options/2/id",
            json!(" A"),
            "/body/options/2/id",
        ),
        ("multiple_choice", "/body/key", json!([]), "/body/key"),
        ("multiple_choice", "/body/key", json!(["a", "z"]), "/body/key/1"),
        (
            "multiple_choice",
            "/body/key",
            json!(["a", "b", "c"]),
            "/body/key",
        ),
        ("multiple_response", "/body/key", json!([]), "/body/key"),
        ("multiple_response", "/body/key", json!(["a", "z"]), "/body/key"),
        ("ordering", "/body/key", json!(["a", "b"]), "/body/key"),
        ("ordering", "/body/key", json!(["a", "b", "c", "c"]), "/body/key"),
        ("ordering", "/body/key", json!(["a", "b", "z"]), "/body/key"),
        ("matching", "/body/key", json!({"l1": ["r1"]}), "/body/key"),
        ("matching", "/body/key/l1", json!([]), "/body/key/l1"),
        ("matching", "/body/key/l~12", json!(["r9"]), "/body/key/l~12"),
        (
            "matching",
            "/body/key",
            json!({"l1": ["r1"], "l/2": ["r2"], "l3": ["r3"]}),
            "/body/key/l3",
        ),
        (
            "matching",
            "/body/right",
            entries(&["r1", "r2", "r3", "R3"]),
            "/body/right/3/id",
        ),
    ]
}

fn measured() -> Mistakes {
    vec![
        (
            "fill_blank",
            "/body/blanks/0/accepted",
            json!([]),
            "/body/blanks/0/accepted",
        ),
        (
            "fill_blank",
            "/body/blanks/0/accepted",
            json!(["x", " "]),
            "/body/blanks/0/accepted/1",
        ),
        (
            "fill_blank",
            "/body/blanks/1/accepted",
            json!(["many"]),
            "/body/blanks/1/accepted/0",
        ),
        (
            "fill_blank",
            "/body/blanks/1/accepted",
            json!(["1/2"]),
            "/body/blanks/1/accepted/0",
        ),
        (
            "fill_blank",
            "/body/blanks/0/weight",
            json!(0),
            "/body/blanks/0/weight",
        ),
        (
            "fill_blank",
            "/body/blanks/1/id",
            json!("B1"),
            "/body/blanks/1/id",
        ),
        ("fill_blank", "/stem", json!("Only one ____."), "/body/blanks"),
        (
            "fill_blank",
            "/body/blanks/1/comparison/tolerance/value",
            json!(-1),
            "/body/blanks/1/comparison/tolerance/value",
        ),
        (
            "numeric",
            "/body/tolerance/value",
            json!(-0.5),
            "/body/tolerance/value",
        ),
        ("numeric", "/body/unit", json!(" "), "/body/unit"),
    ]
}

fn texts() -> Mistakes {
    vec![
        ("short_answer", "/body/reference", json!(" "), "/body/reference"),
        ("essay", "/body/reference", json!(""), "/body/reference"),
        (
            "essay",
            "/body/rubric/criteria",
            json!([]),
            "/body/rubric/criteria",
        ),
        ("essay", "/body/rubric/floor", json!(101), "/body/rubric/floor"),
        (
            "essay",
            "/body/rubric/criteria/0/weight",
            json!(-1),
            "/body/rubric/criteria/0/weight",
        ),
        (
            "essay",
            "/body/rubric/criteria/0/name",
            json!(""),
            "/body/rubric/criteria/0/name",
        ),
        (
            "essay",
            "/body/rubric/criteria/1/id",
            json!("depth"),
            "/body/rubric/criteria/1/id",
        ),
        (
            "essay",
            "/body/rubric/criteria/0/concepts/0",
            json!(" "),
            "/body/rubric/criteria/0/concepts/0",
        ),
        (
            "essay",
            "/body/rubric/criteria/0/levels/0/from_score",
            json!(60),
            "/body/rubric/criteria/0/levels/1/from_score",
        ),
        (
            "essay",
            "/body/rubric/criteria/0/levels/1/descriptor",
            json!(""),
            "/body/rubric/criteria/0/levels/1/descriptor",
        ),
    ]
}

fn profiles() -> Mistakes {
    const YEARS: &str = "/body/form/fields/0/form";
    vec![
        ("profile", YEARS, compound(), "/body/form/fields/0/form/type"),
        ("profile", "/body/form/fields", json!([]), "/body/form/fields"),
        (
            "profile",
            "/body/form/fields/1/id",
            json!("Years"),
            "/body/form/fields/1/id",
        ),
        (
            "profile",
            "/body/form/fields/2/label",
            json!(""),
            "/body/form/fields/2/label",
        ),
        (
            "profile",
            "/body/form/fields/2/weight",
            json!(0),
            "/body/form/fields/2/weight",
        ),
        (
            "profile",
            "/body/form/fields/1/form/context/0/text",
            json!(" "),
            "/body/form/fields/1/form/context/0/text",
        ),
        (
            "profile",
            "/body/form",
            json!({"type": "choice", "options": []}),
            "/body/form/options",
        ),
    ]
}

fn scoring_maps() -> Mistakes {
    const BANDS: &str = "/body/form/fields/1/form/bands";
    let band = |from: u32, to: Option<u32>| json!({"from": from, "to": to, "score": 1});
    vec![
        (
            "profile",
            "/body/form/fields/0/form/scores/a",
            json!(101),
            "/body/form/fields/0/form/scores/a",
        ),
        (
            "profile",
            "/body/form/fields/0/form/scores",
            json!({"a": 1, "b": 2, "z": 3}),
            "/body/form/fields/0/form/scores/z",
        ),
        (
            "profile",
            "/body/form/fields/0/form/scores",
            json!({"a": 1}),
            "/body/form/fields/0/form/scores",
        ),
        (
            "profile",
            BANDS,
            json!([band(1, Some(4)), band(4, None)]),
            "/body/form/fields/1/form/bands/1/from",
        ),
        (
            "profile",
            BANDS,
            json!([band(5, None), band(9, None)]),
            "/body/form/fields/1/form/bands/1/from",
        ),
        (
            "profile",
            BANDS,
            json!([band(5, Some(4))]),
            "/body/form/fields/1/form/bands/0/to",
        ),
        (
            "profile",
            "/body/form/fields/1/form/bands/0/score",
            json!(-1),
            "/body/form/fields/1/form/bands/0/score",
        ),
        (
            "profile",
            "/body/form/fields/1/form/context/0/points",
            json!(100.5),
            "/body/form/fields/1/form/context/0/points",
        ),
    ]
}

fn external() -> Mistakes {
    vec![
        ("coding", "/body/languages", json!([]), "/body/languages"),
        (
            "coding",
            "/body/languages/1",
            json!("Python"),
            "/body/languages/1",
        ),
        ("coding", "/body/tests", json!([]), "/body/tests"),
        ("coding", "/body/tests/1/id", json!("T1"), "/body/tests/1/id"),
        ("coding", "/body/tests/0/weight", json!(0), "/body/tests/0/weight"),
        (
            "coding",
            "/body/tests/0/expected",
            json!("\n"),
            "/body/tests/0/expected",
        ),
        ("file_upload", "/body/max_files", json!(0), "/body/max_files"),
        ("file_upload", "/body/accepted", json!([]), "/body/accepted"),
        (
            "file_upload",
            "/body/accepted/1",
            json!("pdf"),
            "/body/accepted/1",
        ),
    ]
}
