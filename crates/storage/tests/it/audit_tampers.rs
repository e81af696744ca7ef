//! A thousand ways to change the log as the owner of the database, one by one: each is found, by the names of what it touched
//! and by no others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dice;
mod tamper;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, QueryResult};
use testkit::{Backend, TestDatabase, both_databases};
use uuid::Uuid;

use crate::audit_scene::{begin, faults, seal_all, write};
use crate::raw;
use dice::Dice;

both_databases!(a_thousand_tampers_are_found_and_named);

const TAMPERS: u32 = 1_000;
const LOG: &str =
    "id, actor_id, actor_role, action, resource_type, resource_id, correlation_id, details, created_at, mac";

/// Everything there is to tamper with, as it was before.
pub(crate) struct Scene {
    pub(crate) backend: Backend,
    /// Sealed rows in the order of their entries, then those that wait.
    pub(crate) rows: Vec<Row>,
    /// How many of them have an entry.
    pub(crate) sealed: usize,
    /// Where the head was after the first seal.
    pub(crate) first_seal: usize,
}

/// What a tamper needs to know of a row.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    /// Of its entry; 0 without one.
    pub(crate) seq: i64,
    /// Rows older than the key have none.
    pub(crate) has_mac: bool,
}

/// A connection to which no trigger applies.
pub(crate) async fn superuser(database: &TestDatabase) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database.url.clone());
    options.max_connections(1).min_connections(1);
    let connection = Database::connect(options).await.unwrap();
    let free = match database.store.database().backend() {
        Backend::Postgres => {
            "SET session_replication_role = replica; SET synchronous_commit = off".to_owned()
        }
        Backend::Sqlite => {
            let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'";
            let drop = |name: String| format!("DROP TRIGGER {name};");
            let drops: String = raw::texts(database, triggers)
                .await
                .into_iter()
                .map(drop)
                .collect();
            format!("PRAGMA synchronous = OFF; {drops}")
        }
    };
    run(&connection, &free).await;
    connection
}

pub(crate) async fn run(connection: &DatabaseConnection, statements: &str) {
    let done = connection.execute_unprepared(statements).await;
    assert!(done.is_ok(), "{statements}: {done:?}");
}

/// Ten rows older than the key, then others, in two seals, and four that wait.
async fn scene(database: &TestDatabase, connection: &DatabaseConnection) -> Scene {
    write(database, 10).await;
    begin(database).await;
    write(database, 30).await;
    seal_all(database, 40).await;
    run(connection, "CREATE TABLE old_head AS SELECT * FROM audit_head").await;
    write(database, 16).await;
    seal_all(database, 16).await;
    write(database, 4).await;
    for table in ["log", "chain", "head"] {
        run(
            connection,
            &format!("CREATE TABLE kept_{table} AS SELECT * FROM audit_{table}"),
        )
        .await;
    }
    let text = "SELECT a.id, c.seq, a.mac FROM audit_log a LEFT JOIN audit_chain c ON c.audit_id = a.id ORDER BY a.created_at";
    let found = raw::rows(connection, text).await;
    Scene {
        backend: database.store.database().backend(),
        rows: found.iter().map(row).collect(),
        sealed: 56,
        first_seal: 40,
    }
}

fn row(found: &QueryResult) -> Row {
    Row {
        id: found.try_get("", "id").unwrap(),
        seq: found.try_get::<Option<i64>>("", "seq").unwrap().unwrap_or(0),
        has_mac: found.try_get::<Option<String>>("", "mac").unwrap().is_some(),
    }
}

/// Puts back what there was.
async fn undo(connection: &DatabaseConnection) {
    let tables = ["log", "chain", "head"].map(|table| {
        format!("DELETE FROM audit_{table}; INSERT INTO audit_{table} SELECT * FROM kept_{table};")
    });
    run(connection, &format!("BEGIN; {} COMMIT", tables.concat())).await;
}

async fn a_thousand_tampers_are_found_and_named(database: TestDatabase) {
    let connection = superuser(&database).await;
    let scene = scene(&database, &connection).await;
    assert_eq!(scene.rows.len(), 60);
    assert_eq!(faults(&database).await, []);
    let mut dice = Dice::new(58);
    let mut missed = Vec::new();
    for number in 0..TAMPERS {
        let tamper = tamper::any(&scene, &mut dice);
        run(
            &connection,
            &format!("BEGIN; {}; COMMIT", tamper.statements.join("; ")),
        )
        .await;
        let found = faults(&database).await;
        if !tamper.is_named_by(&found) {
            missed.push(format!("{number}: {tamper:?} gave {found:?}"));
        }
        undo(&connection).await;
    }
    assert!(
        missed.is_empty(),
        "{} of {TAMPERS} missed: {:#?}",
        missed.len(),
        &missed[..missed.len().min(5)]
    );
    assert_eq!(faults(&database).await, []);
}
