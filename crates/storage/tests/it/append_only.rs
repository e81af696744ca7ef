//! What has happened cannot be changed: the database itself refuses.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::Settings;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::Scene;
use crate::raw;

both_databases!(
    audit_rows_cannot_be_changed_or_deleted,
    score_records_cannot_be_changed,
    item_versions_cannot_be_changed,
    versions_of_credentials_cannot_be_changed_or_deleted,
);

async fn refused(database: &TestDatabase, statement: &str) {
    let refusal = raw::execute(database, statement).await.unwrap_err().to_string();
    assert!(
        refusal.contains("append-only") || refusal.contains("immutable"),
        "{statement}: {refusal}"
    );
}

async fn audit_rows_cannot_be_changed_or_deleted(database: TestDatabase) {
    builders::candidate(&database, 1).await.unwrap();
    refused(&database, "UPDATE audit_log SET action = 'nothing.happened'").await;
    refused(&database, "DELETE FROM audit_log").await;
    assert_eq!(
        raw::count(&database, "audit_log WHERE action = 'identity.user_created'").await,
        1
    );
}

async fn score_records_cannot_be_changed(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    scene.submit_all_sections(|_| serde_json::Value::Null).await;
    scene.submit().await;
    refused(&scene.database, "UPDATE score_records SET points = 100").await;
    assert_eq!(
        raw::count(&scene.database, "score_records WHERE points = 0").await,
        9
    );
}

async fn item_versions_cannot_be_changed(database: TestDatabase) {
    builders::publish_sample(&database, Settings::default())
        .await
        .unwrap();
    refused(&database, "UPDATE item_versions SET marks = 1").await;
    assert_eq!(raw::count(&database, "item_versions WHERE marks > 1").await, 9);
}

async fn versions_of_credentials_cannot_be_changed_or_deleted(database: TestDatabase) {
    let content = builders::credential_content("Caching", &["caching"]);
    builders::credential(&database, content).await.unwrap();
    refused(&database, "UPDATE credential_versions SET content = '{}'").await;
    refused(&database, "DELETE FROM credential_versions").await;
    assert_eq!(
        raw::count(&database, "credential_versions WHERE content <> '{}'").await,
        1
    );
}
