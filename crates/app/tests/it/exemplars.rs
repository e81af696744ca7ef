//! Answers that people have graded: brought in as JSON or as a table, all or none.

use domain::authoring::Settings;
use domain::authoring::item::ItemKind as K;
use domain::identity::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::Backend;

use super::support::{Client, Reply, TestApp, TestTrack, bank};

on_both_databases!(
    graded_answers_are_kept_once_and_read,
    a_table_of_graded_answers_is_kept_whole,
    a_table_with_a_fault_leaves_nothing,
    a_long_table_is_taken,
);

async fn scene(backend: Backend) -> (TestApp, TestTrack) {
    let app = TestApp::start(backend).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    (app, track)
}

fn path(track: &TestTrack, kind: K) -> String {
    format!("/questions/{}/exemplars", track.question(kind))
}

async fn send_table(client: &Client, path: &str, table: impl Into<String>) -> Reply {
    let request = client
        .request(Method::POST, path)
        .header("content-type", "text/csv; charset=utf-8");
    Reply::to(request.body(table.into())).await
}

fn exemplars(answers: &[(Value, f64)]) -> Value {
    let one = |(answer, points): &(Value, f64)| json!({ "answer": answer, "points": points });
    json!({ "exemplars": answers.iter().map(one).collect::<Value>() })
}

async fn graded_answers_are_kept_once_and_read(backend: Backend) {
    let (app, track) = scene(backend).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let path = path(&track, K::ShortAnswer);
    let body = json!({ "exemplars": [
        { "answer": "It waits.", "points": 2.5, "note": "brief\nbut right" }, { "answer": "No idea.", "points": 0 },
    ] });
    let added = advisor.post_with_key(&path, "k-1", &body).await.is(201);
    assert_eq!(added, json!({ "added": 2, "known": 0 }));
    advisor.post_with_key(&path, "k-1", &body).await.replays(&added);
    let more = exemplars(&[
        (json!("It waits."), 1.0),
        (json!("It blocks."), 5.0),
        (json!("It blocks."), 4.0),
    ]);
    assert_eq!(
        advisor.post(&path, &more).await.is(201),
        json!({ "added": 1, "known": 2 })
    );

    let page = advisor.get(&format!("{path}?page_size=10")).await.is(200);
    assert_eq!((&page["total"], &page["page_size"]), (&json!(3), &json!(10)));
    let first = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["answer"] == "It waits.")
        .unwrap();
    assert_eq!(
        (&first["points"], &first["max_points"], &first["note"]),
        (&json!(2.5), &json!(5.0), &json!("brief\nbut right")),
        "the first grade stays"
    );
    assert_eq!(first["added_by"], json!(advisor.user().id));
    assert_eq!(
        advisor.get(&format!("{path}?page=2")).await.is(200)["items"],
        json!([])
    );
    let question = path.trim_end_matches("/exemplars");
    assert_eq!(advisor.get(question).await.is(200)["exemplars"], 3);
}

async fn a_table_of_graded_answers_is_kept_whole(backend: Backend) {
    let (app, track) = scene(backend).await;
    let admin = app.admin().await;
    let essay = path(&track, K::Essay);
    let table = "\u{feff}answer,points,note\r\n\"It waits,\nthen it writes.\",7.25,\"says \"\"why\"\"\"\r\n{\"a\":1},0,\r\n";
    assert_eq!(
        send_table(&admin, &essay, table).await.is(201),
        json!({ "added": 2, "known": 0 })
    );
    let kept = admin.get(&essay).await.is(200)["items"].clone();
    let by_answer = |answer: &str| {
        kept.as_array()
            .unwrap()
            .iter()
            .find(|one| one["answer"] == answer)
            .unwrap()
    };
    assert_eq!(by_answer("It waits,\nthen it writes.")["note"], "says \"why\"");
    assert_eq!(by_answer("{\"a\":1}")["note"], Value::Null, "a text is a text");

    let ordering = path(&track, K::MultipleResponse);
    let right = domain::authoring::sample_answers::answer_key(
        &track.item(&json!(track.question(K::MultipleResponse))).content,
    );
    let cell = right.to_string().replace('"', "\"\"");
    let table = format!("points,answer\n1,\"{cell}\"\n");
    assert_eq!(send_table(&admin, &ordering, table).await.is(201)["added"], 1);
    assert_eq!(admin.get(&ordering).await.is(200)["items"][0]["answer"], right);
    // The same answer sent as JSON is the same answer.
    assert_eq!(
        admin.post(&ordering, &exemplars(&[(right, 1.0)])).await.is(201)["known"],
        1
    );
}

async fn a_table_with_a_fault_leaves_nothing(backend: Backend) {
    let (app, track) = scene(backend).await;
    let admin = app.admin().await;
    let essay = path(&track, K::Essay);
    let faults = [
        ("answer,points\nGood.,7\nBad.,x\n", vec!["/rows/3/points"]),
        (
            "answer,points\nGood.,7\nToo good.,11\n,3\n",
            vec!["/rows/3/points", "/rows/4/answer"],
        ),
        ("answer,points\nGood.,7\nShort\n", vec!["/rows/3"]),
        ("Good.,7\n", vec!["/rows/1"]),
        ("", vec!["/rows/1"]),
        ("answer,points\n", vec!["/rows"]),
    ];
    for (table, pointers) in faults {
        assert_eq!(
            send_table(&admin, &essay, table).await.pointers(),
            pointers,
            "{table:?}"
        );
    }
    let named = send_table(&admin, &essay, "answer,points\nBad.,-1\n")
        .await
        .is(422);
    assert_eq!(
        named["errors"][0]["detail"],
        "row 2, column points: must be between 0 and 10.00"
    );
    let too_many = format!("answer,points\n{}", "Good.,7\n".repeat(5001));
    assert_eq!(send_table(&admin, &essay, too_many).await.pointers(), ["/rows"]);
    let choice = path(&track, K::MultipleChoice);
    assert_eq!(
        send_table(&admin, &choice, "answer,points\nzz,1\n")
            .await
            .pointers(),
        ["/rows/2/answer"]
    );
    assert_eq!(app.count("exemplars", &[]).await, 0);
}

async fn a_long_table_is_taken(backend: Backend) {
    let (app, track) = scene(backend).await;
    let admin = app.admin().await;
    // More than a JSON body may have.
    let filling = "It waits until the first writer has ended. ".repeat(12);
    let rows = (0..2500).map(|number| format!("{number} {filling},7\n"));
    let table = format!("answer,points\n{}", rows.collect::<String>());
    assert!(table.len() > 1 << 20);
    let essay = path(&track, K::Essay);
    let added = send_table(&admin, &essay, table).await.is(201);
    assert_eq!(added, json!({ "added": 2500, "known": 0 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_graded_answers_is_named_by_pointer() {
    let (app, track) = scene(Backend::Sqlite).await;
    let admin = app.admin().await;
    let number = path(&track, K::Numeric);
    let answers = [
        (json!("many"), 0.0),
        (json!(3), 99.0),
        (json!(null), -1.0),
        (json!(4), 0.0),
    ];
    assert_eq!(
        admin.post(&number, &exemplars(&answers)).await.pointers(),
        [
            "/exemplars/0/answer",
            "/exemplars/1/points",
            "/exemplars/2/answer",
            "/exemplars/2/points"
        ]
    );
    let matching = path(&track, K::Matching);
    let wrong = exemplars(&[(json!({ "zz": ["r1"] }), 0.0)]);
    assert_eq!(
        admin.post(&matching, &wrong).await.pointers(),
        ["/exemplars/0/answer/zz"]
    );
    assert_eq!(
        admin.post(&number, &json!({ "exemplars": [] })).await.pointers(),
        ["/exemplars"]
    );
    let odd_note = json!({ "exemplars": [{ "answer": 1, "points": 0, "note": "a\u{0}b" }] });
    assert_eq!(
        admin.post(&number, &odd_note).await.pointers(),
        ["/exemplars/0/note"]
    );
    let no_points = json!({ "exemplars": [{ "answer": 1 }] });
    assert_eq!(admin.post(&number, &no_points).await.pointers(), ["/exemplars/0"]);
    assert_eq!(app.count("exemplars", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn graded_answers_are_for_staff_and_for_questions_that_are_there() {
    let (app, track) = scene(Backend::Sqlite).await;
    let path = path(&track, K::Essay);
    for role in [Role::Student, Role::Service] {
        let caller = app.client(role, 1).await;
        caller.post(&path, &json!({})).await.is(403);
        caller.get(&path).await.is(403);
    }
    let admin = app.admin().await;
    let nowhere = format!("/questions/{}/exemplars", uuid::Uuid::nil());
    let body = exemplars(&[(json!("It waits."), 1.0)]);
    let table = send_table(&admin, &nowhere, "answer,points\nx,1\n").await;
    for reply in [
        admin.post(&nowhere, &body).await,
        admin.get(&nowhere).await,
        table,
    ] {
        assert_eq!(reply.is(404)["type"], "/problems#question-not-found");
    }
    let request = admin
        .request(Method::POST, &path)
        .header("content-type", "text/tab-separated-values");
    Reply::to(request.body("answer\tpoints\n")).await.is(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn items_of_generated_assessments_take_graded_answers() {
    let app = TestApp::start(Backend::Sqlite).await;
    let published = app.publish_sample(Settings::default()).await;
    let admin = app.admin().await;
    let definition = format!("/assessments/definitions/{}", published.definition_id.0);
    let definition = admin.get(&definition).await.is(200);
    let sections = definition["sections"].as_array().unwrap();
    let mut items = sections
        .iter()
        .flat_map(|section| section["items"].as_array().unwrap());
    let essay = items.find(|item| item["body"]["kind"] == "essay").unwrap();
    let path = format!("/questions/{}/exemplars", essay["item_id"].as_str().unwrap());
    let body = exemplars(&[(json!("It waits."), 1.0)]);
    assert_eq!(admin.post(&path, &body).await.is(201)["added"], 1);
    let table = send_table(&admin, &path, "answer,points\nIt waits.,1\nIt runs.,0\n").await;
    assert_eq!(table.is(201)["known"], 1);
    assert_eq!(admin.get(&path).await.is(200)["total"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_the_same_request_as_its_json() {
    let (app, track) = scene(Backend::Sqlite).await;
    let (admin, path) = (app.admin().await, path(&track, K::Essay));
    let body = json!({ "exemplars": [{ "answer": "It waits.", "points": 7 }] });
    let first = admin.post_with_key(&path, "k-1", &body).await.is(201);
    let table = |text: &'static str| {
        let request = admin
            .request(Method::POST, &path)
            .header("content-type", "text/csv");
        Reply::to(request.header("idempotency-key", "k-1").body(text))
    };
    let again = table("answer,points\nIt waits.,7\n").await;
    assert_eq!(
        (again.is(201), again.header("idempotency-replayed")),
        (first, Some("true"))
    );
    let other = table("answer,points\nIt waits.,8\n").await;
    assert_eq!(other.is(422)["type"], "/problems#idempotency-key-reused");
    let unsettled = "UPDATE idempotency_keys SET status = NULL, reply = NULL RETURNING key";
    assert_eq!(app.rows.texts(unsettled, &[]).await, ["k-1"]);
    let running = table("answer,points\nIt waits.,7\n").await;
    assert_eq!(running.is(409)["type"], "/problems#idempotency-key-in-flight");
}
