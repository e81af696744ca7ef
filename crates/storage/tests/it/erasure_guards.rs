//! What erasure may not do, what nobody else may do, and data from before there was erasure.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::authoring::sample_answers::answer_key;
use domain::identity::{AccountError, Role};
use domain::ids::UserId;
use domain::privacy::Erase;
use sea_orm::{ConnectionTrait as _, Database as SeaOrm};
use storage::migrations::{migrate, migrate_until};
use storage::{Backend, Database, DatabaseOptions, Store};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::Scene;
use crate::erasure_scene::{REQUESTS_END, erase, execute};
use crate::migrations::empty_database;
use crate::raw;

both_databases!(
    score_records_give_up_nothing_but_words_of_the_erased,
    the_last_admin_stays,
    two_admins_cannot_erase_each_other,
    machines_and_strangers_are_not_erased,
    reasons_are_taken_out_of_old_audit_rows,
);

async fn score_records_give_up_nothing_but_words_of_the_erased(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let database = &scene.database;
    let empty = "UPDATE score_records SET criteria = '[]'";
    refused(database, empty).await;
    erase(database, scene.candidate.user_id()).await.unwrap();
    execute(database, empty).await;

    refused(database, "UPDATE score_records SET criteria = '[1]'").await;
    for column in columns(database).await {
        if column == "criteria" {
            continue;
        }
        let other = match column.as_str() {
            "points" | "max_points" | "created_at" => format!("COALESCE({column}, 0) + 1"),
            "confidence" => "CASE WHEN confidence IS NULL THEN 0.25 ELSE NULL END".to_owned(),
            "id" | "attempt_id" | "item_version_id" | "job_id" => {
                raw::id(database.store.database().backend(), Uuid::from_u128(77))
            }
            _ => format!("{column} || 'x'"),
        };
        refused(database, &format!("UPDATE score_records SET {column} = {other}")).await;
        refused(
            database,
            &format!("UPDATE score_records SET criteria = '[]', {column} = {other}"),
        )
        .await;
    }
}

async fn refused(database: &TestDatabase, statement: &str) {
    let refusal = raw::execute(database, statement).await.unwrap_err().to_string();
    assert!(refusal.contains("append-only"), "{statement}: {refusal}");
}

async fn columns(database: &TestDatabase) -> Vec<String> {
    let text = match database.store.database().backend() {
        Backend::Sqlite => "SELECT name FROM pragma_table_info('score_records')",
        Backend::Postgres => {
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'score_records'"
        }
    };
    raw::texts(database, text).await
}

async fn the_last_admin_stays(database: TestDatabase) {
    let admin = builders::admin(&database).await.unwrap().user_id();
    assert!(matches!(
        erase(&database, admin).await,
        Err(AccountError::LastAdmin)
    ));
    assert_eq!(
        raw::count(&database, "users WHERE erased_at IS NOT NULL").await,
        0
    );

    let second = builders::principal(&database, Role::Admin, 2).await.unwrap();
    erase(&database, second.user_id).await.unwrap();
    assert!(matches!(
        erase(&database, admin).await,
        Err(AccountError::LastAdmin)
    ));
}

async fn two_admins_cannot_erase_each_other(database: TestDatabase) {
    let one = builders::principal(&database, Role::Admin, 1).await.unwrap();
    let two = builders::principal(&database, Role::Admin, 2).await.unwrap();
    let erase = |by: domain::identity::Principal, user_id: UserId| Erase {
        admin: by.admin().unwrap(),
        user_id,
        requests_end_within: REQUESTS_END,
    };
    let (first, second) = (erase(one, two.user_id), erase(two, one.user_id));
    let (by_one, by_two) = (
        builders::ctx(&database, one.actor()),
        builders::ctx(&database, two.actor()),
    );

    let (first, second) = tokio::join!(
        database.store.run(&first, &by_one),
        database.store.run(&second, &by_two)
    );

    assert_eq!(
        usize::from(first.is_ok()) + usize::from(second.is_ok()),
        1,
        "{first:?} {second:?}"
    );
    let left = "users WHERE role = 'admin' AND status = 'active' AND erased_at IS NULL";
    assert_eq!(raw::count(&database, left).await, 1);
}

async fn machines_and_strangers_are_not_erased(database: TestDatabase) {
    let machine = builders::principal(&database, Role::Service, 1).await.unwrap();
    assert!(matches!(
        erase(&database, machine.user_id).await,
        Err(AccountError::Machine)
    ));
    let stranger = UserId(Uuid::from_u128(404));
    assert!(matches!(
        erase(&database, stranger).await,
        Err(AccountError::NotFound)
    ));
    assert_eq!(raw::count(&database, "jobs WHERE kind = 'erase_again'").await, 0);
}

/// `#n` is the id n.
const OLD_ROWS: [&str; 6] = [
    "INSERT INTO users (id, email, display_name, role, password_hash, status, created_at, updated_at)
        VALUES (#1, 'a@school.test', 'A', 'student', 'x', 'active', 1, 1)",
    "INSERT INTO assessment_definitions (id, title, kind, status, blueprint, settings, dropped, revision, created_at, updated_at)
        VALUES (#10, 'Locks', 'generated', 'published', '{}', '{}', '[]', 2, 1, 1)",
    "INSERT INTO definition_versions (id, definition_id, number, title, settings, sections, section_count, item_count,
        published_by, published_at) VALUES (#40, #10, 1, 'Locks', '{}', '[]', 1, 2, #1, 1)",
    "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, state, scoring, current_section, section_count,
        response_seq, opted_in_at, inactivity_limit, degraded_reasons, revision, updated_at)
        VALUES (#50, #1, #10, #40, 'voided', 'none', 0, 1, 1, 7, 1, '[]', 3, 9)",
    "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id, details, created_at)
        VALUES (#60, #1, 'advisor', 'attempts.voided', 'attempt', #50, 'c', '{\"by\": \"staff\", \"reason\": \"A was ill\"}', 5)",
    "INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, resource_id, correlation_id, details, created_at)
        VALUES (#61, #1, 'advisor', 'attempts.extended', 'attempt', #50, 'c', '{\"minutes\": 5, \"reason\": null}', 6)",
];

async fn reasons_are_taken_out_of_old_audit_rows(database: TestDatabase) {
    let url = empty_database(&database).await;
    let store = Store::new(
        Database::connect(DatabaseOptions::new(url.clone()))
            .await
            .unwrap(),
    );
    migrate_until(&store, &*database.clock, 2).await.unwrap();
    let connection = SeaOrm::connect(&url).await.unwrap();
    let backend = store.database().backend();
    for statement in OLD_ROWS {
        let ids = [1, 10, 40, 50, 60, 61];
        let statement = ids.iter().rev().fold(statement.to_owned(), |text, id| {
            text.replace(&format!("#{id}"), &raw::id(backend, Uuid::from_u128(*id)))
        });
        connection.execute_unprepared(&statement).await.unwrap();
    }
    migrate(&store, &*database.clock).await.unwrap();

    let texts = async |text: &str| -> Vec<String> {
        let rows = raw::rows(&connection, text).await;
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    };
    let notes = texts("SELECT note FROM attempt_notes").await;
    assert_eq!(notes, ["A was ill"]);
    let details = texts("SELECT details FROM audit_log ORDER BY created_at").await;
    let members = |text: &String| -> Vec<String> {
        let parsed: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
        parsed.keys().cloned().collect()
    };
    assert_eq!(members(&details[0]), ["by"]);
    let again = connection
        .execute_unprepared("UPDATE audit_log SET details = '{}'")
        .await;
    assert!(again.unwrap_err().to_string().contains("append-only"));
}
