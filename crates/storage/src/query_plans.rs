//! No statement of a candidate's journey reads rows of others: the databases say how they would run each of them.

mod claiming;
mod journey;
mod postgres_plan;
mod sealing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ::jobs::JobStore as _;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, Value};
use testkit::{TestDatabase, both_databases};

use crate::{Backend, Database, DatabaseOptions, Store};

both_databases!(
    a_candidates_journey_uses_indexes,
    what_staff_do_with_one_attempt_uses_indexes,
    sweeps_read_open_attempts_only,
    the_queue_of_reviews_reads_what_waits_only,
    seals_read_recent_rows_only,
    claims_read_what_they_take,
    waiting_parents_ask_for_live_children_only,
);

/// There are a handful of them, deleted ones included.
const TRACKS: [&str; 1] = ["SCAN tracks"];

/// By this index an assessment's attempts are found, of whomever they are.
const OF_EVERYBODY: &str = "attempts_definition ";

/// Every statement that went through the store, by its text.
type Seen = Arc<Mutex<BTreeMap<String, Statement>>>;

/// A store that remembers its statements, on a database that other tests' support has filled.
struct Watched {
    database: TestDatabase,
    store: Store,
    seen: Seen,
}

impl Watched {
    async fn new(database: TestDatabase) -> Self {
        let seen = Seen::default();
        let remember = {
            let seen = Arc::clone(&seen);
            move |statement: &Statement| {
                seen.lock()
                    .unwrap()
                    .insert(statement.sql.clone(), statement.clone());
            }
        };
        let connected = Database::connect(DatabaseOptions::new(database.url.clone()))
            .await
            .unwrap();
        let store = Store::new(connected.watched_by(remember));
        Self {
            database,
            store,
            seen,
        }
    }

    /// Asserts that no statement so far reads a table or index from one end to the other, apart from `allowed` ones.
    async fn assert_nothing_is_scanned(&self, allowed: &[&str]) {
        let seen: Vec<Statement> = self.seen.lock().unwrap().values().cloned().collect();
        assert!(seen.len() > 3, "nothing was watched");
        let connection = sea_orm::Database::connect(one_connection(&self.database.url))
            .await
            .unwrap();
        if self.store.database().backend() == Backend::Postgres {
            postgres_plan::fill(&connection).await;
        }
        let mut faults = Vec::new();
        for statement in &seen {
            let scans = match self.store.database().backend() {
                Backend::Sqlite => sqlite_scans(&connection, statement).await,
                Backend::Postgres => postgres_plan::scans(&connection, statement).await,
            };
            let scans = scans
                .into_iter()
                .filter(|scan| !allowed.iter().any(|allowed| scan.contains(allowed)));
            faults.extend(scans.map(|scan| format!("{scan}\n    in {}", one_line(&statement.sql))));
        }
        connection.close().await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Asserts that every statement that claimed found its rows in the order of an index.
    async fn assert_claims_do_not_sort(&self) {
        let seen: Vec<Statement> = self.seen.lock().unwrap().values().cloned().collect();
        let mut claims: Vec<_> = seen
            .iter()
            .filter(|seen| seen.sql.starts_with("WITH due"))
            .collect();
        claims.retain(|claim| claim.sql.contains("UPDATE jobs"));
        assert!(!claims.is_empty(), "nothing was claimed");
        let connection = sea_orm::Database::connect(one_connection(&self.database.url))
            .await
            .unwrap();
        for claim in claims {
            let sorts = sorts(&connection, self.store.database().backend(), claim).await;
            assert!(sorts.is_empty(), "{sorts:?} in {}", one_line(&claim.sql));
        }
        connection.close().await.unwrap();
    }
}

/// Lines of a statement's plan that sort.
async fn sorts(connection: &DatabaseConnection, backend: Backend, statement: &Statement) -> Vec<String> {
    let lines = match backend {
        Backend::Sqlite => sqlite_plan(connection, statement).await,
        Backend::Postgres => postgres_plan::plan(connection, statement).await,
    };
    let sorts = |line: &String| line.contains("TEMP B-TREE") || line.contains("Sort");
    lines.into_iter().filter(sorts).collect()
}

/// Planner settings hold for a connection.
fn one_connection(url: &str) -> sea_orm::ConnectOptions {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    options
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn sqlite_plan(connection: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let mut explain = statement.clone();
    explain.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
    let rows = connection.query_all_raw(explain).await.unwrap();
    let details = rows
        .iter()
        .map(|row| row.try_get::<String>("", "detail").unwrap());
    details.collect()
}

/// `SCAN` reads a table or an index from end to end; `SEARCH` goes to the rows it wants.
async fn sqlite_scans(connection: &DatabaseConnection, statement: &Statement) -> Vec<String> {
    let details = sqlite_plan(connection, statement).await.into_iter();
    // The values of the statement itself are no table.
    let is_given = |detail: &str| detail == "SCAN CONSTANT ROW" || detail.starts_with("SCAN json_each ");
    // An insert of many rows looks for children of what it inserts only while foreign keys are violated.
    let is_for_violations = |detail: &str| {
        detail == "SCAN resolutions"
            && statement
                .sql
                .trim_start()
                .starts_with("INSERT INTO score_records")
    };
    let scans =
        |detail: &String| detail.starts_with("SCAN ") && !is_given(detail) && !is_for_violations(detail);
    details
        .filter(|detail| scans(detail) || detail.contains(OF_EVERYBODY))
        .collect()
}

async fn a_candidates_journey_uses_indexes(database: TestDatabase) {
    let watched = Watched::new(database).await;
    journey::of_a_candidate(&watched).await;
    watched.assert_nothing_is_scanned(&TRACKS).await;
}

async fn what_staff_do_with_one_attempt_uses_indexes(database: TestDatabase) {
    let watched = Watched::new(database).await;
    journey::of_an_advisor(&watched).await;
    // One who sees nearly everybody is served best in the order of time.
    let allowed = [&TRACKS[..], &["attempts_recent"]].concat();
    watched.assert_nothing_is_scanned(&allowed).await;
}

/// By these indexes everything that waits is found, and the rest by its id; what was found is sorted.
const WAITS: [&str; 6] = [
    "resolutions_to_review",
    "resolutions_one_fail",
    "inquiries_to_answer",
    "inquiries_one_open",
    "SCAN waiting",
    "SCAN entries",
];

async fn the_queue_of_reviews_reads_what_waits_only(database: TestDatabase) {
    let watched = Watched::new(database).await;
    journey::of_a_marker(&watched).await;
    watched.assert_nothing_is_scanned(&WAITS).await;
}

async fn sweeps_read_open_attempts_only(database: TestDatabase) {
    let watched = Watched::new(database).await;
    journey::of_a_sweep(&watched).await;
    let open = [
        "attempts_one_in_progress",
        "attempts_opted_in",
        "attempts_scoring",
    ];
    watched
        .assert_nothing_is_scanned(&[&TRACKS[..], &open].concat())
        .await;
}

async fn seals_read_recent_rows_only(database: TestDatabase) {
    let watched = Watched::new(database).await;
    sealing::of_the_log(&watched).await;
    watched.assert_nothing_is_scanned(&[]).await;
}

/// As before an exam begins: nobody sits and no job waits.
const IDLE: [&str; 3] = [
    "UPDATE attempts SET state = 'expired' WHERE state = 'in_progress'",
    "UPDATE jobs SET state = 'cancelled' WHERE state IN ('ready', 'running')",
    "VACUUM ANALYZE attempts, jobs",
];

#[tokio::test]
async fn statistics_of_an_idle_service_lead_no_statement_through_everybody() {
    let database = TestDatabase::new(testkit::Backend::Postgres).await.unwrap();
    let watched = Watched::new(database).await;
    claiming::of_several_priorities(&watched).await;
    journey::of_a_candidate(&watched).await;
    let connection = sea_orm::Database::connect(one_connection(&watched.database.url))
        .await
        .unwrap();
    postgres_plan::fill(&connection).await;
    for text in IDLE {
        connection.execute_unprepared(text).await.unwrap();
    }
    let values = [Value::from(String::new())];
    let together = crate::attempts_group::statement();
    let together = Statement::from_sql_and_values(connection.get_database_backend(), together, values);
    let seen = watched.seen.lock().unwrap().clone();
    let mut faults = Vec::new();
    for statement in seen.values().chain([&together]) {
        let scans = postgres_plan::scans(&connection, statement).await;
        faults.extend(
            scans
                .into_iter()
                .map(|scan| format!("{scan}\n    in {}", one_line(&statement.sql))),
        );
    }
    connection.close().await.unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Else PostgreSQL writes the new version of the row into every index.
#[tokio::test]
async fn a_save_changes_no_column_of_an_index() {
    let database = TestDatabase::new(testkit::Backend::Postgres).await.unwrap();
    let connection = sea_orm::Database::connect(one_connection(&database.url))
        .await
        .unwrap();
    let text = "SELECT indexdef FROM pg_indexes WHERE tablename IN ('attempts', 'responses')";
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let indexes = connection.query_all_raw(statement).await.unwrap();
    connection.close().await.unwrap();
    assert!(indexes.len() > 5, "the indexes were not found");
    for index in indexes {
        let index: String = index.try_get_by_index(0).unwrap();
        let columns: Vec<&str> = index
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .collect();
        for changed in [
            "response_seq",
            "last_activity_at",
            "revision",
            "updated_at",
            "seq",
            "answer",
            "written_at",
            "saved_at",
        ] {
            assert!(!columns.contains(&changed), "{index}");
        }
    }
}

/// Constant tables, pauses, and what a claim has chosen.
const SMALL: [&str; 8] = [
    "SCAN queues",
    "SCAN lanes",
    "SCAN queue_pauses",
    "SCAN due",
    "SCAN lane",
    "SCAN chosen",
    "jobs_suspect",
    "jobs_retry",
];

async fn claims_read_what_they_take(database: TestDatabase) {
    let watched = Watched::new(database).await;
    claiming::of_several_priorities(&watched).await;
    watched.assert_nothing_is_scanned(&SMALL).await;
    watched.assert_claims_do_not_sort().await;
}

async fn waiting_parents_ask_for_live_children_only(database: TestDatabase) {
    let watched = Watched::new(database).await;
    assert_eq!(watched.store.release_parents().await.unwrap(), 0);
    let look = watched.seen.lock().unwrap().values().next().cloned().unwrap();
    let connection = sea_orm::Database::connect(one_connection(&watched.database.url))
        .await
        .unwrap();
    let plan = match watched.store.database().backend() {
        Backend::Sqlite => sqlite_plan(&connection, &look).await,
        Backend::Postgres => {
            postgres_plan::fill(&connection).await;
            postgres_plan::plan(&connection, &look).await
        }
    };
    connection.close().await.unwrap();
    assert!(
        plan.iter().any(|line| line.contains("jobs_live_child")),
        "{plan:#?}"
    );
}
