//! A database with data of the first schema becomes one of the second, and nothing of it is lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::attempts::{AttemptState, Form, Viewer};
use domain::authoring::DefinitionKind;
use domain::identity::{EVERYONE, Role};
use domain::ids::{AttemptId, DefinitionId, UserId};
use domain::reports::PageRequest;
use sea_orm::{ConnectionTrait as _, Database as SeaOrm};
use storage::migrations::{migrate, migrate_until, pending};
use storage::{Database, DatabaseOptions, Store};
use testkit::{Backend, TestDatabase, both_databases};
use uuid::Uuid;

use crate::migrations::{ALL, empty_database};
use crate::raw;

both_databases!(
    attempts_keep_what_they_had_and_know_their_size,
    everyone_has_who_and_what_there_was,
    resolutions_are_kept_and_take_the_new_reason,
    an_old_attempt_goes_on,
);

const STUDENT: u128 = 1;
const ADVISOR: u128 = 2;
const DEFINITION: u128 = 10;
const RUNNING: u128 = 50;
const EXPIRED: u128 = 51;

/// A published assessment of two items, taken twice, as the first version of the program stored it. `#n` is the id n.
const DATA: [&str; 12] = [
    "INSERT INTO users (id, email, display_name, role, password_hash, status, created_at, updated_at) VALUES
        (#1, 'a@school.test', 'A', 'student', 'x', 'active', 1, 1), (#2, 'b@school.test', 'B', 'advisor', 'x', 'active', 1, 1),
        (#3, 'c@school.test', 'C', 'admin', 'x', 'active', 1, 1), (#4, 'd@school.test', 'D', 'service', 'x', 'active', 1, 1)",
    "INSERT INTO assessment_definitions (id, title, kind, status, blueprint, settings, dropped, published_version_id, revision,
        created_at, updated_at)
     VALUES (#10, 'Locks', 'generated', 'published', '{}', '{\"max_attempts\": 3}', '[]', #40, 2, 1, 1)",
    "INSERT INTO definition_sections (definition_id, section_index, id, title) VALUES (#10, 0, #11, 'One')",
    "INSERT INTO items (id, created_at) VALUES (#20, 1), (#21, 1)",
    "INSERT INTO item_versions (id, item_id, version, kind, marks, content, content_hash, created_at) VALUES
        (#30, #20, 1, 'true_false', 100, '{}', 'h', 1), (#31, #21, 1, 'essay', 100, '{}', 'h', 1)",
    "INSERT INTO definition_items (definition_id, item_id, item_version_id, section_index, position, review) VALUES
        (#10, #20, #30, 0, 0, 'accepted'), (#10, #21, #31, 0, 1, 'pending')",
    "INSERT INTO definition_versions (id, definition_id, number, title, settings, sections, section_count, item_count,
        published_by, published_at)
     VALUES (#40, #10, 1, 'Locks', '{\"max_attempts\": 3, \"inactivity_minutes\": 20}', '[]', 1, 2, #3, 1)",
    "INSERT INTO definition_version_items (definition_version_id, item_id, item_version_id, section_index, position) VALUES
        (#40, #20, #30, 0, 0), (#40, #21, #31, 0, 1)",
    "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, state, scoring, current_section, section_count,
        response_seq, opted_in_at, started_at, last_activity_at, inactivity_limit, degraded_reasons, revision, updated_at) VALUES
        (#50, #1, #10, #40, 'in_progress', 'none', 0, 1, 1, 7, 8, 9, 1200000000, '[]', 3, 9),
        (#51, #1, #10, #40, 'expired', 'done', 1, 1, 2, 1, 2, 3, 1200000000, '[\"expired\"]', 5, 6)",
    "INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at) VALUES (#50, #30, 1, 'true', 9, 9)",
    "INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points, max_points, reason,
        criteria, flags, created_at) VALUES
        (#60, #51, #30, 'rule', 'r', 'initial', 100, 100, 'correct', '[]', '[]', 6),
        (#61, #51, #31, 'local', 'l', 'initial', NULL, 100, 'ungraded', '[]', '[]', 6)",
    "INSERT INTO resolutions (attempt_id, item_version_id, score_record_id, provisional, reason, resolved_at) VALUES
        (#51, #30, #60, FALSE, 'rule', 6), (#51, #31, #61, TRUE, 'grader_failed', 7)",
];

/// A store whose database was filled under the first schema and migrated since, with its address.
async fn upgraded(database: &TestDatabase) -> (Store, String) {
    let url = empty_database(database).await;
    let connected = Database::connect(DatabaseOptions::new(url.clone()))
        .await
        .unwrap();
    let store = Store::new(connected);
    assert_eq!(
        migrate_until(&store, &*database.clock, 1).await.unwrap(),
        ["initial"]
    );
    let connection = SeaOrm::connect(&url).await.unwrap();
    for statement in DATA {
        let statement = with_ids(database.store.database().backend(), statement);
        connection.execute_unprepared(&statement).await.unwrap();
    }
    connection.close().await.unwrap();
    assert_eq!(pending(&store).await.unwrap(), ALL[1..]);
    assert_eq!(migrate(&store, &*database.clock).await.unwrap(), ALL[1..]);
    (store, url)
}

/// The statement with every `#n` as this database writes ids.
fn with_ids(backend: Backend, statement: &str) -> String {
    let mut parts = statement.split('#');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|next: char| !next.is_ascii_digit())
            .unwrap_or(part.len());
        let number: u128 = part[..end].parse().unwrap();
        text += &raw::id(backend, Uuid::from_u128(number));
        text += &part[end..];
    }
    text
}

fn attempt_id(number: u128) -> AttemptId {
    AttemptId(Uuid::from_u128(number))
}

async fn attempts_keep_what_they_had_and_know_their_size(database: TestDatabase) {
    let (store, _) = upgraded(&database).await;
    for (number, state, revision) in [
        (RUNNING, AttemptState::InProgress, 3),
        (EXPIRED, AttemptState::Expired, 5),
    ] {
        let status = store
            .attempt_status(attempt_id(number), Viewer::Admin)
            .await
            .unwrap()
            .unwrap();
        let attempt = status.attempt;
        assert_eq!((attempt.state, attempt.revision), (state, revision));
        assert_eq!((attempt.kind, attempt.item_count), (DefinitionKind::Generated, 2));
        assert_eq!((attempt.form, attempt.seed), (Form::whole(), 0));
        assert_eq!((attempt.time_factor, attempt.extra_time), (100, Duration::ZERO));
        assert_eq!(
            (attempt.inactivity_limit, attempt.voided_by),
            (Duration::from_mins(20), None)
        );
    }
}

async fn everyone_has_who_and_what_there_was(database: TestDatabase) {
    let (store, _) = upgraded(&database).await;
    let everyone = store.find_cohort(Viewer::Admin, EVERYONE).await.unwrap().unwrap();
    assert_eq!(everyone.cohort.name, "everyone");
    assert_eq!((everyone.candidates, everyone.advisors), (1, 1));
    assert_eq!(everyone.assessments, [DefinitionId(Uuid::from_u128(DEFINITION))]);
    let page = PageRequest::new(None, None).unwrap();
    let members = store.list_cohort_members(EVERYONE, page).await.unwrap();
    let members: Vec<_> = members
        .items
        .iter()
        .map(|member| (member.user_id.0.as_u128(), member.role))
        .collect();
    assert_eq!(members, [(STUDENT, Role::Student), (ADVISOR, Role::Advisor)]);
    // So the advisor sees what was there, and the candidate may go on.
    let advisor = Viewer::Advisor(UserId(Uuid::from_u128(ADVISOR)));
    assert!(
        store
            .attempt_status(attempt_id(RUNNING), advisor)
            .await
            .unwrap()
            .is_some()
    );
    let available = store
        .available_assessments(UserId(Uuid::from_u128(STUDENT)))
        .await
        .unwrap();
    assert_eq!((available.len(), available[0].attempts_left), (1, Some(1)));
}

async fn resolutions_are_kept_and_take_the_new_reason(database: TestDatabase) {
    let (_, url) = upgraded(&database).await;
    let connection = SeaOrm::connect(&url).await.unwrap();
    let text = "SELECT s.scorer || ' ' || r.reason || ' ' || CASE WHEN r.provisional THEN 'provisional' ELSE 'final' END
         FROM resolutions r JOIN score_records s ON s.id = r.score_record_id ORDER BY r.resolved_at";
    let rows = raw::rows(&connection, text).await;
    let kept: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(kept, ["rule rule final", "local grader_failed provisional"]);
    let waits = "UPDATE resolutions SET reason = 'awaits_person' WHERE provisional";
    assert_eq!(
        connection
            .execute_unprepared(waits)
            .await
            .unwrap()
            .rows_affected(),
        1
    );
    let refusal = connection
        .execute_unprepared("UPDATE resolutions SET reason = 'because'")
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("resolutions_reason"), "{refusal}");
    connection.close().await.unwrap();
}

async fn an_old_attempt_goes_on(database: TestDatabase) {
    let (store, _) = upgraded(&database).await;
    let owner = store.attempt_version(attempt_id(RUNNING)).await.unwrap().unwrap();
    assert_eq!((owner.seed, &owner.form), (0, &Form::whole()));
    let now = domain::time::Timestamp::from_micros(1_000_000);
    let saved = store.save_responses(&owner, 0, &[], now).await.unwrap();
    assert_eq!(saved, Some(Vec::new()));
    let attempt = store
        .attempt_status(attempt_id(RUNNING), Viewer::Admin)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((attempt.answered, attempt.total), (1, 2));
    assert_eq!(attempt.attempt.last_activity_at, Some(now));
}
