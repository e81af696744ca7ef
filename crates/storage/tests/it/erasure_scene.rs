//! A student of whom every table knows something, with a mark in every listed column.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::authoring::sample_answers::answer_key;
use domain::identity::{AccountError, Role};
use domain::ids::{IdSource as _, UserId};
use domain::privacy::{Erase, Erased as ErasedData};
use domain::rate_limits::SignInSubject;
use domain::store::Ctx;
use storage::personal_data::{Erased, PERSONAL_TABLES, PersonalColumn, PersonalTable, Shown, Whose};
use testkit::{Backend, TestDatabase, builders};
use uuid::Uuid;

use crate::attempt_scene::Scene;
use crate::raw;

/// Longer than any request of the tests.
pub(crate) const REQUESTS_END: Duration = Duration::from_secs(40);

/// Begins every mark.
pub(crate) const MARK: &str = "mark-";

/// The address of the marked student.
const EMAIL: &str = "mark-users-email";

/// Erases as the first admin.
pub(crate) async fn erase(database: &TestDatabase, user_id: UserId) -> Result<ErasedData, AccountError> {
    let principal = builders::principal(database, Role::Admin, 1).await.unwrap();
    let erase = Erase {
        admin: principal.admin().unwrap(),
        user_id,
        requests_end_within: REQUESTS_END,
    };
    database.store.run(&erase, &admin_ctx(database).await).await
}

pub(crate) async fn admin_ctx(database: &TestDatabase) -> Ctx {
    let principal = builders::principal(database, Role::Admin, 1).await.unwrap();
    builders::ctx(database, principal.actor())
}

/// What stands in a column of the marked student.
pub(crate) fn mark(table: &PersonalTable, column: &PersonalColumn) -> String {
    format!("{MARK}{}-{}", table.table, column.column)
}

/// Columns by which rows are found to be somebody's: their content is given.
pub(crate) fn is_given(table: &PersonalTable, column: &PersonalColumn) -> bool {
    matches!(
        (table.table, column.column),
        ("idempotency_keys", "principal")
            | ("sign_in_failures", "subject")
            | ("rate_limits", "bucket")
            | ("invitations", "email")
    )
}

/// The condition on the marked student's rows, as a statement of its own.
pub(crate) fn rows_of(backend: Backend, table: &PersonalTable, user: UserId) -> Option<String> {
    let (condition, value) = match table.whose {
        Whose::Id(condition) => (condition, raw::id(backend, user.0)),
        Whose::IdText(condition) => (condition, format!("'{user}'")),
        Whose::AddressHash(condition) => (condition, format!("'{}'", SignInSubject::of(EMAIL).as_str())),
        Whose::Nobody(_) => return None,
    };
    Some(format!(
        "{} WHERE {}",
        table.table,
        condition.replace("$1", &value)
    ))
}

/// A scored and released attempt, and whatever else there can be of somebody; every listed column holds its mark.
pub(crate) async fn marked(database: TestDatabase) -> Scene {
    let scene = Scene::submitted(database, answer_key).await;
    let job = scene.attempt().await.evaluation_job_id.unwrap();
    scene.finish_evaluation(job).await;
    // Other people of whom as much is known have to keep it.
    for statement in rows_about_somebody(&scene).into_iter().chain(recommended(&scene)) {
        execute(&scene.database, &statement).await;
    }
    let backend = scene.database.store.database().backend();
    let user = scene.candidate.user_id();
    // The address comes first: others are found by it.
    for table in PERSONAL_TABLES.iter().rev() {
        let Some(rows) = rows_of(backend, table, user) else {
            continue;
        };
        let found = raw::count(&scene.database, &rows).await;
        assert!(
            found > 0,
            "{}: plant a row about the student, or nothing is tested",
            table.table
        );
        plant_marks(&scene.database, table, &rows).await;
    }
    scene
}

async fn plant_marks(database: &TestDatabase, table: &PersonalTable, rows: &str) {
    let (name, condition) = rows.split_once(" WHERE ").unwrap();
    let planted = table.columns.iter().filter(|column| {
        // Score records were planted with theirs: they cannot be changed.
        !is_given(table, column) && !matches!(column.erased, Erased::Kept(_)) && name != "score_records"
    });
    for column in planted {
        let mark = mark(table, column);
        let text = match column.shown {
            Shown::Json(_) => format!("\"{mark}\""),
            _ => mark,
        };
        let statement = format!("UPDATE {name} SET {} = '{text}' WHERE {condition}", column.column);
        execute(database, &statement).await;
    }
}

pub(crate) async fn execute(database: &TestDatabase, statement: &str) {
    raw::execute(database, statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Rows of tables that sitting an assessment leaves empty.
fn rows_about_somebody(scene: &Scene) -> Vec<String> {
    let backend = scene.database.store.database().backend();
    let id = |id: Uuid| raw::id(backend, id);
    let fresh = || id(scene.database.ids.new_uuid());
    let user = id(scene.candidate.user_id().0);
    let attempt = id(scene.attempt_id.0);
    let text = scene.candidate.user_id();
    let subject = SignInSubject::of(EMAIL);
    let subject = subject.as_str();
    let item = scene.published.items().next().unwrap();
    let (item, version) = (id(item.item_id.0), id(item.item_version_id.0));
    vec![
        format!("INSERT INTO refresh_tokens (token_hash, family_id, user_id, issued_at, expires_at) VALUES ('h', {}, {user}, 1, 2)", fresh()),
        format!("INSERT INTO idempotency_keys (principal, route, key, request_hash, status, reply, created_at)
            VALUES ('{text}', 'POST /x', 'k', 'h', 200, '{{}}', 1),
                ('somebody else', 'POST /users', 'k', 'h', 201, '{{\"id\": \"{text}\", \"email\": \"{EMAIL}\"}}', 1)"),
        format!("INSERT INTO password_resets (token_hash, user_id, issued_by, issued_at, expires_at) VALUES ('h', {user}, {user}, 1, 2)"),
        format!("INSERT INTO invitations (id, code_hash, email, max_uses, uses, created_by, created_at, expires_at)
            VALUES ({}, 'h', '{EMAIL}', 1, 1, {user}, 1, 2)", fresh()),
        format!("INSERT INTO sign_in_failures (subject, failures, last_failed_at) VALUES ('{subject}', 1, 1)"),
        format!("INSERT INTO rate_limits (bucket, full_at, granted) VALUES ('reads:{text}', 1, 1), ('login:{subject}', 1, 1)"),
        format!("INSERT INTO accommodations (user_id, time_factor, note, set_by, updated_at) VALUES ({user}, 150, 'n', {user}, 1)"),
        format!("INSERT INTO attempt_notes (audit_id, attempt_id, note, created_at) VALUES ({}, {attempt}, 'n', 1)", fresh()),
        format!("INSERT INTO exemplars (id, item_id, item_version_id, answer, answer_hash, points, max_points, note, added_by, created_at)
            VALUES ({}, {item}, {version}, '\"x\"', 'h', 1, 1, 'n', {user}, 1)", fresh()),
        format!("INSERT INTO exemplars (id, item_id, item_version_id, answer, answer_hash, points, max_points, attempt_id, added_by, created_at)
            VALUES ({}, {item}, {version}, '\"{MARK}of-a-candidate\"', 'h2', 1, 1, {attempt}, {user}, 1)", fresh()),
        format!("INSERT INTO item_changes (item_version_id, made_by, reason, created_at) VALUES ({version}, {user}, 'n', 1)"),
        format!("INSERT INTO audit_log (id, actor_id, actor_role, action, resource_type, correlation_id, details, created_at)
            VALUES ({}, {user}, 'student', 'tests.planted', 'test', 'c', '{{}}', 1)", fresh()),
        format!("INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome)
            SELECT j.id, 1, 1, {}, 1, 'running' FROM jobs j WHERE j.subject_id = {attempt}", fresh()),
        format!("INSERT INTO llm_calls (id, digest, purpose, attempt_id, provider, model, prompt_version, sample, round, state, day,
                at_most, answer, finish, asked_at, ended_at)
            VALUES ({}, 'h', 'score_text', {attempt}, 'p', 'm', 'v', 0, 0, 'answered', 1, 1, 'words', 'stop', 1, 2)", fresh()),
        format!("INSERT INTO score_records (id, attempt_id, item_version_id, scorer, scorer_version, cause, points, max_points,
                reason, criteria, flags, created_at)
            VALUES ({}, {attempt}, {version}, 'human', 'h', 'rescore:9', 1, 1, 'judged',
                '[{{\"weight\": 0.5, \"rationale\": \"{MARK}score_records-criteria\"}}]', '[]', 1)", fresh()),
        format!("INSERT INTO review_decisions (score_record_id, attempt_id, judged_record_id, decision, decided_by, reason, decided_at)
            SELECT s.id, s.attempt_id, s.id, 'override', {user}, 'n', 1 FROM score_records s
            WHERE s.attempt_id = {attempt} AND s.scorer = 'human'"),
        format!("INSERT INTO inquiries (id, attempt_id, item_version_id, opened_at, updated_at, state)
            VALUES ({}, {attempt}, {version}, 1, 1, 'open')", fresh()),
        format!("INSERT INTO inquiry_messages (id, inquiry_id, author_id, message, created_at, author, event)
            SELECT {}, i.id, {user}, 'n', 1, 'candidate', 'write' FROM inquiries i WHERE i.attempt_id = {attempt}", fresh()),
        format!("INSERT INTO regrades (id, item_id, requested_by, created_at, updated_at, listed, policy, state)
            VALUES ({}, {item}, {user}, 1, 1, true, 'both_ways', 'ready')", fresh()),
        format!("INSERT INTO regrade_changes (regrade_id, attempt_id, item_version_id, key_version_id, base_record_id, max_points,
                outcome, verdict, second)
            SELECT g.id, s.attempt_id, s.item_version_id, s.item_version_id, s.id, 1, 'proposed', 'v', 'v'
            FROM regrades g JOIN score_records s ON s.attempt_id = {attempt} AND s.scorer = 'human'"),
        format!("INSERT INTO regrade_attempts (regrade_id, attempt_id) SELECT g.id, {attempt} FROM regrades g"),
    ]
}

/// What was recommended to the student.
fn recommended(scene: &Scene) -> Vec<String> {
    let backend = scene.database.store.database().backend();
    let fresh = || raw::id(backend, scene.database.ids.new_uuid());
    let user = raw::id(backend, scene.candidate.user_id().0);
    let attempt = raw::id(backend, scene.attempt_id.0);
    let version = scene.published.items().next().unwrap().item_version_id;
    let version = raw::id(backend, version.0);
    vec![
        format!("INSERT INTO recommendations (id, attempt_id, definition_id, outcome, summary, embedding_provider, took, made_at)
            SELECT {}, a.id, a.definition_id, 'recommended', 's', 'e', 1, 1 FROM attempts a WHERE a.id = {attempt}", fresh()),
        format!("INSERT INTO credentials (id, version, title, provider, level, content, created_at, changed_at)
            VALUES ({}, 1, 't', 'p', 'foundation', '{{}}', 1, 1)", fresh()),
        format!("INSERT INTO credential_versions (credential_id, version, content, made_by, created_at)
            SELECT c.id, 1, '{{}}', {user}, 1 FROM credentials c"),
        format!("INSERT INTO recommendation_items (recommendation_id, position, credential_id, credential_version, confidence, rationale)
            SELECT r.id, 1, v.credential_id, v.version, 0.5, 'r' FROM recommendations r CROSS JOIN credential_versions v"),
        format!("INSERT INTO recommendation_traces (id, recommendation_id, position, number, skill, skill_name, item_version_id, snippet, similarity)
            SELECT {}, r.id, 1, 1, 's', 's', {version}, 's', 0.5 FROM recommendations r", fresh()),
    ]
}

/// The cells with a mark, as `table.column: content`, of the whole database.
pub(crate) async fn marks_left(database: &TestDatabase) -> Vec<String> {
    let columns = match database.store.database().backend() {
        Backend::Sqlite => {
            "SELECT t.name || '.' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
        Backend::Postgres => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let mut found = Vec::new();
    let names = raw::texts(database, columns).await;
    let connection = raw::connect(database).await;
    for name in names {
        let (table, column) = name.split_once('.').unwrap();
        let cells = format!(
            "SELECT CAST({column} AS TEXT) FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{MARK}%'"
        );
        for row in raw::rows(&connection, &cells).await {
            let cell: String = row.try_get_by_index(0).unwrap();
            found.push(format!("{name}: {cell}"));
        }
    }
    connection.close().await.unwrap();
    found
}
