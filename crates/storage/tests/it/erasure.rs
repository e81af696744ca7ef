//! Export tells everything that is listed, erasure takes everything out that is listed, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use domain::attempts::{Release, Viewer};
use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::identity::{EVERYONE, Role, UserStatus};
use domain::privacy::{Erased as ErasedData, MayExport, NoteExport};
use storage::personal_data::{Erased, PERSONAL_TABLES, Shown};
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::Scene;
use crate::erasure_scene::{admin_ctx, erase, is_given, mark, marked, marks_left, rows_of};
use crate::raw;

both_databases!(
    every_listed_column_is_told_or_withheld_and_then_erased,
    scores_stay_and_name_nobody,
    what_is_known_of_others_stays,
    a_second_erasure_finds_nothing,
    scores_that_are_held_back_are_not_exported,
    scores_of_a_voided_attempt_are_not_exported,
    an_export_is_noted,
);

async fn every_listed_column_is_told_or_withheld_and_then_erased(database: TestDatabase) {
    let scene = marked(database).await;
    let (database, user) = (&scene.database, scene.candidate.user_id());
    let backend = database.store.database().backend();
    let exported = export(&scene).await;
    let planted = marks_left(database).await;
    let mut to_go = Vec::new();
    for table in PERSONAL_TABLES {
        for column in table.columns.iter().filter(|column| !is_given(table, column)) {
            if matches!(column.erased, Erased::Kept(_)) {
                continue;
            }
            let mark = mark(table, column);
            let told = exported.contains(&mark);
            assert_eq!(told, !matches!(column.shown, Shown::Never(_)), "{mark}");
            assert!(
                planted.iter().any(|cell| cell.contains(&mark)),
                "{mark} was not planted"
            );
        }
        if table.goes_with_subject() {
            to_go.extend(rows_of(backend, table, user));
        }
    }

    let erased = erase(database, user).await.unwrap();

    assert_eq!(marks_left(database).await, Vec::<String>::new());
    for rows in to_go {
        assert_eq!(raw::count(database, &rows).await, 0, "{rows}");
    }
    assert!(!export(&scene).await.contains(crate::erasure_scene::MARK));
    let touched: BTreeSet<_> = erased
        .rows
        .iter()
        .filter(|(_, rows)| **rows > 0)
        .map(|(name, _)| *name)
        .collect();
    let erasable = PERSONAL_TABLES.iter().filter(|table| {
        table.goes_with_subject()
            || table
                .columns
                .iter()
                .any(|column| !matches!(column.erased, Erased::Kept(_)))
    });
    assert_eq!(touched, erasable.map(|table| table.table).collect());
}

async fn scores_stay_and_name_nobody(database: TestDatabase) {
    let scene = marked(database).await;
    let (database, user) = (&scene.database, scene.candidate.user_id());
    let before = scene.result().await;

    erase(database, user).await.unwrap();

    let after = scene.result().await;
    assert_eq!(after.total(), before.total());
    assert_eq!(after.attempt.state, before.attempt.state);
    for item in &after.items {
        assert!(item.counts.as_ref().unwrap().record.verdict.criteria.is_empty());
        assert!(item.response.as_ref().unwrap().answer.is_null());
    }
    let stub = database.store.find_user(user).await.unwrap().unwrap();
    assert_eq!(stub.email, format!("erased-{user}@erased.invalid"));
    assert_eq!(
        (
            stub.display_name.as_str(),
            stub.status,
            stub.password_hash.as_str()
        ),
        ("Erased", UserStatus::Disabled, "!")
    );
    let marked = format!("users WHERE erased_at = {}", scene.now().as_micros());
    assert_eq!(raw::count(database, &marked).await, 1);
    assert!(!is_member(database, &scene).await);
}

async fn is_member(database: &TestDatabase, scene: &Scene) -> bool {
    let backend = database.store.database().backend();
    let rows = format!(
        "cohort_members WHERE user_id = {} AND cohort_id = {}",
        raw::id(backend, scene.candidate.user_id().0),
        raw::id(backend, EVERYONE.0)
    );
    raw::count(database, &rows).await == 1
}

async fn what_is_known_of_others_stays(database: TestDatabase) {
    let scene = marked(database).await;
    let other = builders::candidate(&scene.database, 2).await.unwrap();

    erase(&scene.database, other.user_id()).await.unwrap();

    let left = marks_left(&scene.database).await;
    for table in PERSONAL_TABLES {
        for column in table.columns.iter().filter(|column| !is_given(table, column)) {
            if !matches!(column.erased, Erased::Kept(_)) {
                let mark = mark(table, column);
                assert!(left.iter().any(|cell| cell.contains(&mark)), "{mark} is gone");
            }
        }
    }
    assert!(is_member(&scene.database, &scene).await);
}

async fn a_second_erasure_finds_nothing(database: TestDatabase) {
    let scene = marked(database).await;
    let (database, user) = (&scene.database, scene.candidate.user_id());
    let first = erase(database, user).await.unwrap();
    assert!(!first.is_nothing());

    let second = erase(database, user).await.unwrap();

    let zeros = first.rows.keys().map(|table| (*table, 0)).collect();
    let nothing = ErasedData {
        rows: zeros,
        ..ErasedData::default()
    };
    assert_eq!(second, nothing);
    assert!(second.is_nothing());
    assert_eq!(
        raw::count(database, "audit_log WHERE action = 'privacy.erased'").await,
        2
    );
    assert_eq!(raw::count(database, "jobs WHERE kind = 'erase_again'").await, 1);
}

async fn scores_that_are_held_back_are_not_exported(database: TestDatabase) {
    let scene = marked(database).await;
    assert!(export(&scene).await.contains("\"score_records\""));
    let principal = builders::principal(&scene.database, Role::Admin, 1)
        .await
        .unwrap();
    let release = |hold| Release {
        staff: principal.staff().unwrap(),
        attempt_id: scene.attempt_id,
        hold,
    };

    scene.run(&release(true)).await.unwrap();
    let held = export(&scene).await;
    assert!(
        !held.contains("\"score_records\"") && held.contains("\"responses\""),
        "{held}"
    );

    scene.run(&release(false)).await.unwrap();
    assert!(export(&scene).await.contains("\"score_records\""));
}

async fn scores_of_a_voided_attempt_are_not_exported(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    assert!(
        !export(&scene).await.contains("\"score_records\""),
        "it is not released yet"
    );
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
    let exported = export(&scene).await;
    assert!(
        exported.contains("\"points\"") && !exported.contains("\"weight\""),
        "{exported}"
    );

    let principal = builders::principal(&scene.database, Role::Admin, 1)
        .await
        .unwrap();
    let void = domain::attempts::Void {
        staff: principal.staff().unwrap(),
        attempt_id: scene.attempt_id,
        reason: Some("a note of staff".to_owned()),
    };
    scene.run(&void).await.unwrap();

    let exported = export(&scene).await;
    assert!(
        !exported.contains("\"score_records\"") && exported.contains("a note of staff"),
        "{exported}"
    );
    let told = raw::count(
        &scene.database,
        "audit_log WHERE details LIKE '%a note of staff%'",
    )
    .await;
    assert_eq!(told, 0, "audit rows hold no words");
}

async fn an_export_is_noted(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let principal = builders::principal(&scene.database, Role::Admin, 1)
        .await
        .unwrap();
    let user = scene.candidate.user_id();
    let note = NoteExport {
        permission: MayExport::of(principal, user).unwrap(),
    };
    scene
        .database
        .store
        .run(&note, &admin_ctx(&scene.database).await)
        .await
        .unwrap();
    let id = raw::id(scene.database.store.database().backend(), user.0);
    let rows =
        format!("audit_log WHERE action = 'privacy.exported' AND resource_id = {id} AND details = '{{}}'");
    assert_eq!(raw::count(&scene.database, &rows).await, 1);
    let seen = scene
        .database
        .store
        .attempt_status(scene.attempt_id, Viewer::Owner(user))
        .await;
    assert!(
        export(&scene)
            .await
            .contains(&seen.unwrap().unwrap().attempt.id.to_string())
    );
}

/// As the person would read it.
async fn export(scene: &Scene) -> String {
    let user = scene.candidate.user_id();
    let export = scene
        .database
        .store
        .personal_data(user, scene.now())
        .await
        .unwrap();
    assert_eq!((export.user_id, export.exported_at), (user, scene.now()));
    serde_json::to_string(&export.tables).unwrap()
}
