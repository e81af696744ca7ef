//! The shape of answers, kind by kind, over both doors.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use serde_json::{Value, json};
use testkit::Backend;
use uuid::Uuid;

use super::support::{Sitting, Taking, TestApp, bank};

/// Answers that no honest client sends, with the pointer into the answer that is named.
fn wrong_shapes() -> Vec<(K, Value, &'static str)> {
    vec![
        (K::MultipleChoice, json!("z"), ""),
        (K::MultipleChoice, json!({ "option_id": 3 }), "/option_id"),
        (K::MultipleChoice, json!(["a", "b"]), ""),
        (K::MultipleResponse, json!({ "a": true }), ""),
        (K::MultipleResponse, json!(["a", "q"]), "/1"),
        (K::MultipleResponse, json!(["a", "a"]), "/1"),
        (K::TrueFalse, json!("perhaps"), ""),
        (K::TrueFalse, json!(1), ""),
        (K::FillBlank, json!("one text for two blanks"), ""),
        (K::FillBlank, json!({ "b9": "x" }), "/b9"),
        (K::FillBlank, json!({ "b1": ["x"] }), "/b1"),
        (K::FillBlank, json!(["x", "y", "z"]), "/2"),
        (K::Matching, json!("l1"), ""),
        (K::Matching, json!({ "l9": "r1" }), "/l9"),
        (K::Matching, json!([["l1", "r9"]]), "/0"),
        (K::Matching, json!([["l1"]]), "/0"),
        (K::Numeric, json!("many"), ""),
        (K::Numeric, json!({ "value": true }), "/value"),
        (K::Ordering, json!("o1"), ""),
        (K::Ordering, json!(["o1", "o1"]), "/1"),
        (K::Ordering, json!(["o1", "o7"]), "/1"),
        (K::ShortAnswer, json!(42), ""),
        (K::Essay, json!({ "text": "x" }), ""),
    ]
}

/// The same for the kinds that only people write.
fn wrong_shapes_of_new_kinds() -> Vec<(K, Value, &'static str)> {
    vec![
        (K::Coding, json!("print(3)"), ""),
        (
            K::Coding,
            json!({ "language": "cobol", "source": "x" }),
            "/language",
        ),
        (
            K::Coding,
            json!({ "language": "python", "source": ["x"] }),
            "/source",
        ),
        (K::Profile, json!(["x"]), ""),
        (K::FileUpload, json!("a file"), ""),
        (K::FileUpload, json!({ "file_ids": ["no id"] }), "/file_ids/0"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_shape_is_named_by_pointer_for_every_kind() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    for (kind, answer, pointer) in wrong_shapes() {
        let reply = sitting.save(kind, answer.clone()).await;
        assert_eq!(
            reply.pointers(),
            [format!("/responses/0/answer{pointer}")],
            "{kind:?} {answer}"
        );
        assert_eq!(reply.json()["error_code"], "REQUEST_422");
    }
    let question = sitting.question(K::TrueFalse);
    let reply = sitting
        .submit_section(0, &json!({ question.to_string(): "perhaps" }))
        .await;
    assert_eq!(reply.pointers(), [format!("/answers/{question}/answer")]);
    assert_eq!(sitting.rows(&app, "responses").await, 0);
    let track = app
        .publish_track(
            "planted",
            Settings {
                mix: None,
                ..Settings::for_tracks()
            },
            bank(),
        )
        .await;
    let taking = Taking::started(&app, &track, 2).await;
    for (kind, answer, pointer) in wrong_shapes_of_new_kinds() {
        let reply = taking
            .save(&taking.shown(kind)[0]["question_id"], answer.clone())
            .await;
        assert_eq!(
            reply.pointers(),
            [format!("/responses/0/answer{pointer}")],
            "{kind:?} {answer}"
        );
    }
    let shapes = [wrong_shapes(), wrong_shapes_of_new_kinds()].concat();
    assert!(
        K::ALL
            .iter()
            .all(|kind| shapes.iter().any(|(named, ..)| named == kind))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_answer_of_a_request_is_named_and_none_is_saved() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let truth = sitting.question(K::TrueFalse);
    let answers = json!([
        { "question_id": truth, "answer": true },
        { "question_id": Uuid::from_u128(9), "answer": true },
        { "question_id": sitting.question(K::Ordering), "answer": 5 },
        { "question_id": truth, "answer": false },
    ]);
    let named = sitting.save_all(&answers).await.pointers();
    assert_eq!(
        named,
        [
            "/responses/1/question_id",
            "/responses/2/answer",
            "/responses/3/question_id"
        ]
    );
    let mixed = json!([
        { "question_id": truth, "answer": true },
        { "question_id": sitting.question(K::Essay), "answer": "text" },
    ]);
    assert_eq!(
        sitting.save_all(&mixed).await.is(409)["type"],
        "/problems#mixed-sections"
    );
    assert_eq!(sitting.save_all(&json!([])).await.pointers(), ["/responses"]);
    assert_eq!(sitting.rows(&app, "responses").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_the_contract_is_taken() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let first = [
        (
            K::MultipleChoice,
            vec![json!("b"), json!(" B "), json!({ "option_id": "b" }), json!(null)],
        ),
        (
            K::MultipleResponse,
            vec![json!(["a", "c"]), json!("a"), json!([])],
        ),
        (K::TrueFalse, vec![json!(true), json!("False")]),
        (
            K::FillBlank,
            vec![json!({ "b1": "x", "b2": 7 }), json!(["x", ""])],
        ),
        (
            K::Matching,
            vec![
                json!({ "l1": ["r2"], "l2": "r1" }),
                json!([["l1", "r2"], ["l2", null]]),
            ],
        ),
    ];
    for (kind, shapes) in first {
        for shape in shapes {
            sitting.save(kind, shape).await.is(202);
        }
    }
    sitting.submit_section(0, &json!({})).await.is(200);
    let second = [
        (
            K::Numeric,
            vec![json!(7), json!("7 ms"), json!({ "value": "7", "unit": "ms" })],
        ),
        (K::Ordering, vec![json!(["o1", "o2", "o3"]), json!(["o3"])]),
        (
            K::ShortAnswer,
            vec![json!("A lock makes others wait."), json!("")],
        ),
        (K::Essay, vec![json!("Isolation costs waiting.\n\nÄ 漢 🙂")]),
    ];
    for (kind, shapes) in second {
        for shape in shapes {
            sitting.save(kind, shape).await.is(202);
        }
    }
    assert_eq!(sitting.assessment().await.is(200)["progress"]["total"], 9);
}
