//! The account's timeouts: set once, kept as somebody changed them, and not in the way of migrations.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sea_orm::{ConnectionTrait, Database as SeaOrm, DatabaseConnection, Statement, TransactionTrait};
use storage::{Backend, Database, DatabaseOptions, Store, migrations, timeouts};
use testkit::database::administer;
use testkit::{ManualClock, TestDatabase};

async fn shown(url: &str, setting: &str) -> String {
    let connection = SeaOrm::connect(url).await.unwrap();
    let value = ask(&connection, setting).await;
    connection.close().await.unwrap();
    value
}

async fn ask(connection: &DatabaseConnection, setting: &str) -> String {
    let text = format!("SELECT current_setting('{setting}') AS value");
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "value").unwrap()
}

#[tokio::test]
async fn they_are_set_once_and_what_somebody_chose_stays() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    let connections = database.store.database();
    assert!(timeouts::keep(connections, connections).await.unwrap().is_empty());
    assert_eq!(shown(&database.url, "statement_timeout").await, "5s");
    assert_eq!(shown(&database.url, "lock_timeout").await, "2s");
    let silence = shown(&database.url, "idle_in_transaction_session_timeout").await;
    assert_eq!(silence, "30s");
    let name = database.url.rsplit('/').next().unwrap();
    administer(&format!(
        "ALTER ROLE postgres IN DATABASE {name} SET statement_timeout = '30s'"
    ))
    .await
    .unwrap();
    timeouts::keep(connections, connections).await.unwrap();
    assert_eq!(shown(&database.url, "statement_timeout").await, "30s");
}

#[tokio::test]
async fn an_account_that_may_not_is_told_what_somebody_has_to_run() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    let name = database.url.rsplit('/').next().unwrap();
    let role = format!("guest_{name}");
    administer(&format!("CREATE ROLE {role} LOGIN")).await.unwrap();
    let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
    let guest = Database::connect(DatabaseOptions::new(url)).await.unwrap();
    // The account is another one than the one that migrates, and may not change that one's settings.
    let refused = timeouts::keep(database.store.database(), &guest).await.unwrap();
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(
        refused[0].starts_with("ALTER ROLE postgres IN DATABASE"),
        "{refused:?}"
    );
    // Its own it may.
    assert!(timeouts::keep(&guest, &guest).await.unwrap().is_empty());
    guest.close().await.unwrap();
    administer(&format!("DROP OWNED BY {role}")).await.unwrap();
    administer(&format!("DROP ROLE {role}")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migrator_waits_for_another_one_however_short_the_accounts_patience_is() {
    let database = TestDatabase::new(Backend::Postgres).await.unwrap();
    let name = database.url.rsplit('/').next().unwrap().to_owned();
    administer(&format!(
        "ALTER ROLE postgres IN DATABASE {name} SET lock_timeout = '1ms'"
    ))
    .await
    .unwrap();
    let other = SeaOrm::connect(&database.url).await.unwrap();
    let held = other.begin().await.unwrap();
    held.execute_unprepared("UPDATE schema_lock SET held = held")
        .await
        .unwrap();
    let options = DatabaseOptions::new(database.url.clone());
    let store = Store::new(Database::connect(options).await.unwrap());
    let migrating = tokio::spawn(async move { migrations::migrate(&store, &*ManualClock::new()).await });
    let waiting = format!(
        "pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'
         AND clock_timestamp() - query_start > interval '500 milliseconds'"
    );
    while database.count(&waiting).await.unwrap() == 0 {
        assert!(!migrating.is_finished(), "it gave up");
    }
    held.rollback().await.unwrap();
    assert_eq!(migrating.await.unwrap().unwrap(), Vec::<&str>::new());
}
