//! What a marker is shown of a score, and what its candidate is told.

use domain::authoring::item::ItemKind as K;
use domain::identity::Role;
use serde_json::{Value, json};
use testkit::Backend;

use super::{GERMAN, RATIONALE, REASON, override_of, path, unsure, waiting};
use crate::support::TestApp;

on_both_databases!(
    a_marker_sees_everything_a_score_rests_on,
    a_review_names_the_person_beside_the_machine,
    a_candidate_is_told_why_and_not_by_whom,
);

async fn a_marker_sees_everything_a_score_rests_on(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let review = admin.get(&path(&entry)).await.is(200);
    assert_eq!(
        (&review["answer"], &review["counts"]),
        (&json!(GERMAN), &entry["review_id"])
    );
    assert_eq!(review["question"]["stem"], "Discuss what isolation costs.");
    assert_eq!(
        review["question"]["body"]["rubric"]["criteria"]
            .as_array()
            .unwrap()
            .len(),
        5
    );
    assert!(review["question"]["body"]["reference"].is_string());
    let machine = &review["score_records"][0];
    assert_eq!(
        (&machine["scorer"], &machine["cause"], &machine["judged_by"]),
        (&json!("local"), &json!("initial"), &Value::Null)
    );
    assert!(
        machine["flags"]
            .as_array()
            .unwrap()
            .contains(&json!("other_language"))
    );
    assert!(machine["criteria"][0]["weight"].is_number(), "{machine}");
}

async fn a_review_names_the_person_beside_the_machine(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let admin = app.admin().await;
    let entry = waiting(&admin, &sitting, K::Essay).await;
    let machine = admin.get(&path(&entry)).await.is(200)["score_records"][0].clone();
    admin
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(201);
    // The id stays good, and names the record that was there first.
    let review = admin.get(&path(&entry)).await.is(200);
    let records = review["score_records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(
        (&review["counts_because"], &review["provisional"]),
        (&json!("person"), &json!(false))
    );
    let person = &records[1];
    assert_eq!(review["counts"], person["score_record_id"]);
    assert_eq!(
        (
            &person["scorer"],
            &person["scorer_version"],
            &person["cause"],
            &person["confidence"]
        ),
        (
            &json!("human"),
            &json!("person-1"),
            &json!("review:1"),
            &Value::Null
        )
    );
    let judged_by = json!({
        "user_id": admin.user().id, "decision": "override", "judged_record_id": entry["review_id"], "reason": REASON,
    });
    assert_eq!(person["judged_by"], judged_by);
    assert_eq!(records[0], machine, "nothing is overwritten");
}

async fn a_candidate_is_told_why_and_not_by_whom(backend: Backend) {
    let app = TestApp::start(backend).await;
    let sitting = unsure(&app, 1).await;
    let advisor = app.client(Role::Advisor, 1).await;
    let entry = waiting(&advisor, &sitting, K::Essay).await;
    advisor
        .post(&path(&entry), &override_of(&entry, 80.0))
        .await
        .is(201);
    let told = sitting.result().await.text;
    assert!(told.contains(RATIONALE), "{told}");
    let user = sitting.student.user().id;
    let exported = sitting.student.get(&format!("/users/{user}/export")).await.text;
    assert!(exported.contains(RATIONALE));
    for text in [told, exported] {
        for secret in [REASON, &advisor.user().id.to_string(), "decided_by"] {
            assert!(!text.contains(secret), "{secret} is told: {text}");
        }
    }
}
