//! What the contract says of `body`: an object whose `kind` names its other members, with one example per kind.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const DESCRIPTION: &str = "Kind, options and key of a question. `kind` is `multiple_choice`, `multiple_response`, \
    `true_false`, `fill_blank`, `matching`, `numeric`, `ordering`, `short_answer`, `essay`, `coding`, `profile` or \
    `file_upload`; the examples show the other members of each. `negative` is `{}`, `{\"percent\": 0.25}` (a share of \
    the marks) or `{\"mark\": 0.5}`; a `comparison` is `strict`, `normal`, `numeric` with a tolerance, or `semantic`; a \
    `tolerance` is `absolute` or `relative`; a profile `form` is `text`, `choice`, `checklist` or `compound`.";

/// Stands for the serde form of [`domain::authoring::item::ItemBody`] in the document.
pub(crate) struct QuestionKind;

impl PartialSchema for QuestionKind {
    fn schema() -> RefOr<Schema> {
        let kind = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Names the other members."));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(DESCRIPTION))
            .property("kind", kind)
            .required("kind")
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples(examples())
            .into()
    }
}

impl ToSchema for QuestionKind {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("QuestionKind")
    }
}

fn examples() -> Vec<Value> {
    let mut examples = scored_by_rules();
    examples.extend(scored_by_others());
    examples
}

fn scored_by_rules() -> Vec<Value> {
    vec![
        json!({"kind": "multiple_choice", "options": options(&["200", "201", "204"]), "key": ["b"],
            "negative": {"percent": 0.25}}),
        json!({"kind": "multiple_response", "options": options(&["PUT", "POST", "DELETE"]), "key": ["a", "c"],
            "partial_credit": true, "negative": {"mark": 0.5}}),
        json!({"kind": "true_false", "key": true, "negative": {}}),
        json!({"kind": "fill_blank", "blanks": [
            {"id": "b1", "accepted": ["GROUP BY"], "comparison": {"type": "normal"}, "weight": 2.0},
            {"id": "b2", "accepted": ["3.5"], "weight": 1.0, "comparison":
                {"type": "numeric", "tolerance": {"type": "absolute", "value": 0.5}}},
        ]}),
        json!({"kind": "matching", "partial_credit": true,
            "left": [{"id": "l1", "text": "404"}, {"id": "l2", "text": "409"}],
            "right": [{"id": "r1", "text": "Conflict"}, {"id": "r2", "text": "Not found"}, {"id": "r3", "text": "Gone"}],
            "key": {"l1": ["r2"], "l2": ["r1"]}}),
        json!({"kind": "numeric", "key": 40.0, "tolerance": {"type": "relative", "value": 0.05}, "unit": "ms"}),
        json!({"kind": "ordering", "options": options(&["commit", "begin", "write"]), "key": ["b", "c", "a"],
            "partial_credit": true}),
    ]
}

fn scored_by_others() -> Vec<Value> {
    let checklist = json!({"type": "checklist",
        "bands": [{"from": 1, "to": 4, "score": 20.0}, {"from": 5, "to": null, "score": 60.0}],
        "context": [{"id": "production", "text": "In production", "points": 15.0}]});
    let scale = json!({"type": "choice", "options": options(&["Never", "Sometimes", "Often"]),
        "scores": {"a": 0.0, "b": 50.0, "c": 100.0}});
    vec![
        json!({"kind": "short_answer", "reference": "A lock makes the second writer wait.", "rubric": rubric()}),
        json!({"kind": "essay", "reference": null, "rubric": rubric()}),
        json!({"kind": "coding", "languages": ["python"], "starter": "# Read two numbers, print their sum.",
            "tests": [{"id": "t1", "stdin": "1 2", "expected": "3", "weight": 1.0, "hidden": false}],
            "partial_credit": true}),
        json!({"kind": "profile", "form": {"type": "compound", "fields": [
            {"id": "projects", "label": "How many projects?", "weight": 2.0, "form": checklist},
            {"id": "reviews", "label": "Do you review code?", "weight": 1.0, "form": scale},
            {"id": "proud", "label": "What are you proud of?", "weight": 1.0, "form": {"type": "text"}},
        ]}}),
        json!({"kind": "file_upload", "accepted": ["application/pdf"], "max_files": 2}),
    ]
}

/// `a`, `b`, `c` …
fn options(texts: &[&str]) -> Value {
    let ids = ('a'..).map(String::from);
    let option = |(id, text): (String, &&str)| json!({"id": id, "text": text});
    ids.zip(texts).map(option).collect()
}

fn rubric() -> Value {
    json!({"floor": 5.0, "criteria": [
        {"id": "relevance", "name": "Relevance", "description": "Answers the question.", "weight": 0.4,
            "concepts": ["lock", "second writer"], "levels": [
                {"name": "Beginning", "descriptor": "Names the subject.", "from_score": 0.0},
                {"name": "Proficient", "descriptor": "Says what follows.", "from_score": 70.0},
            ]},
        {"id": "depth", "name": "Depth", "description": "Gives reasons.", "weight": 0.6},
    ]})
}

#[cfg(test)]
mod tests {
    use domain::authoring::authored::validate;
    use domain::authoring::item::{ItemBody, ItemKind};

    use super::super::QuestionContent;
    use super::*;

    #[test]
    fn there_is_one_example_per_kind_and_each_can_be_sent() {
        let mut kinds = Vec::new();
        for body in examples() {
            let sent = json!({
                "stem": "One is ____ and one is ____.", "marks": 2, "topic": "Transactions",
                "cognitive_level": "apply", "difficulty": "easy", "body": body,
            });
            let content: QuestionContent = serde_json::from_value(sent).unwrap();
            let item = content.into_item();
            assert_eq!(validate(&item), Ok(()), "{body}");
            let read: ItemBody = serde_json::from_value(body).unwrap();
            kinds.push(read.kind());
        }
        assert_eq!(kinds, ItemKind::ALL);
    }
}
