//! A small assessment for the tests of this folder, and the command line of the demonstration.

use clap::Parser;
use serde_json::json;
use uuid::Uuid;

use super::replies::Definition;
use super::{DemoArgs, DemoError, text};
use crate::cli::CliError;

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    demo: DemoArgs,
}

/// Three items of three kinds in one section, as the server sends them.
pub(super) fn definition() -> Definition {
    let item = |id: u128, stem: &str, body: serde_json::Value, source: serde_json::Value| {
        json!({
            "item_id": Uuid::from_u128(id), "version": 1, "review": "pending", "stem": stem, "marks": 1.0,
            "topic": "Keys and locks", "cognitive_level": "remember", "difficulty": "easy", "body": body,
            "source": source,
        })
    };
    let options = json!([{"id": "a", "text": "a lock"}, {"id": "b", "text": "a log"}]);
    let source = json!({
        "syllabus_id": Uuid::nil(), "page": 2, "start": 10, "end": 40, "quote": "A log is a record of changes." });
    let rubric = json!(domain::authoring::rubric::Rubric::default_for(
        domain::authoring::item::Difficulty::Easy
    ));
    let items = [
        item(
            1,
            "Which?",
            json!({"kind": "multiple_choice", "options": options, "key": ["b"]}),
            source,
        ),
        item(
            2,
            "A log is a record.",
            json!({"kind": "true_false", "key": true}),
            json!(null),
        ),
        item(
            3,
            "What is a log?",
            json!({"kind": "short_answer", "reference": "A record.", "rubric": rubric}),
            json!(null),
        ),
    ];
    serde_json::from_value(json!({
        "title": "Databases",
        "sections": [{"section_id": Uuid::nil(), "section_index": 0, "title": "Keys and locks", "items": items}],
        "dropped": [{"rule": "no_leak"}, {"rule": "no_leak"}, {"rule": "one_key"}],
    }))
    .expect("the shape of a definition")
}

#[test]
fn a_password_on_the_command_line_is_not_shown() {
    let line = [
        "demo",
        "--url",
        "https://host",
        "--admin-email",
        "a@b",
        "--admin-password",
        "hunter2",
    ];
    let parsed = CommandLine::try_parse_from(line).unwrap();
    assert_eq!(parsed.demo.admin_password.as_ref().unwrap().expose(), "hunter2");
    assert!(!format!("{parsed:?}").contains("hunter2"));
    assert!(CommandLine::try_parse_from(["demo", "--admin-email", "a@b"]).is_err());
}

#[tokio::test]
async fn a_deployment_needs_an_account() {
    let demo = CommandLine::try_parse_from(["demo", "--url", "http://127.0.0.1:9"])
        .unwrap()
        .demo;
    let demo = DemoArgs {
        admin_password: None,
        ..demo
    };
    let refused = super::run(demo).await.unwrap_err();
    assert!(
        matches!(refused, CliError::Demo(DemoError::NoAccount)),
        "{refused}"
    );
    assert!(refused.to_string().contains("TOUCHSTONE_DEMO_PASSWORD"));
}

#[tokio::test]
async fn a_missing_syllabus_is_named() {
    let refused = text(Some("/no/such/file.pdf".as_ref())).await.err().unwrap();
    assert!(refused.to_string().contains("/no/such/file.pdf"), "{refused}");
}

#[tokio::test]
async fn the_shipped_syllabus_is_a_pdf() {
    let text = text(None).await.unwrap();
    assert!(text.is_shipped && text.file.bytes.starts_with(b"%PDF-"));
}
