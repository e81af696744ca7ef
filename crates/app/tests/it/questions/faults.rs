//! What is wrong with a question, by place.

use serde_json::{Value, json};
use testkit::Backend;

use super::{added, choice, question, whole_track};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_question_is_named_by_pointer() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = whole_track(&app, "backend").await;
    let sound = question("Which?", &choice("b"));
    let with = |member: &str, value: Value| {
        let mut body = sound.clone();
        body[member] = value;
        body
    };
    let without_options = json!({ "kind": "multiple_choice", "key": ["a"] });
    let cases = [
        (with("stem", json!(" ")), vec!["/stem"]),
        (with("marks", json!("two")), vec!["/marks"]),
        (with("marks", json!(0)), vec!["/marks"]),
        (with("cognitive_level", json!("guess")), vec!["/cognitive_level"]),
        (with("difficulty", Value::Null), vec!["/difficulty"]),
        (with("body", json!({ "kind": "riddle" })), vec!["/body/kind"]),
        (with("body", without_options), vec!["/body"]),
        (with("body", json!("b")), vec!["/body"]),
        (with("body", choice("z")), vec!["/body/key/0"]),
        (with("tracks", json!([])), vec!["/tracks"]),
        (with("tracks", json!(["nowhere"])), vec!["/tracks"]),
        (with("tracks", json!(["no\u{0}slug"])), vec!["/tracks/0"]),
        (with("skills", json!(["http", "knitting"])), vec!["/skills/1"]),
    ];
    for (body, pointers) in cases {
        assert_eq!(
            admin.post("/questions", &body).await.pointers(),
            pointers,
            "{body}"
        );
    }
    let mut several = with("topic", json!(""));
    several["body"]["options"][1]["text"] = json!("");
    several["body"]["negative"] = json!({ "percent": 2 });
    let pointers = admin.post("/questions", &several).await.pointers();
    assert_eq!(
        pointers,
        ["/topic", "/body/options/1/text", "/body/negative/percent"]
    );
    assert_eq!(app.count("items", &[]).await, 0);

    let path = added(&admin, &sound).await;
    assert_eq!(
        admin
            .patch(&path, &json!({ "body": choice("z") }))
            .await
            .pointers(),
        ["/body/key/0"]
    );
    for (query, pointer) in [
        ("track=No", "/track"),
        ("type=riddle", "/type"),
        ("page=0", "/page"),
    ] {
        assert_eq!(
            admin.get(&format!("/questions?{query}")).await.pointers(),
            [pointer]
        );
    }
}
