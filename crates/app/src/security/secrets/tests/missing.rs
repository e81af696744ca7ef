//! Secrets that somebody has removed are not made again: with a new audit key a log that was changed would look whole.

use domain::audit::{Actor, Anchor, AuditEntry, Fault, SealAudit, Sealed, Verified};
use domain::store::{Ctx, Tx, UseCase};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use testkit::Backend;

use super::*;

testkit::both_databases!(
    a_secret_that_is_missing_beside_others_is_not_made_again,
    no_chain_begins_where_one_was,
    reading_the_audit_key_makes_nothing,
    a_log_that_began_again_looks_new_but_not_beside_an_anchor,
);

const MANUAL: &str = include_str!("../../../../../../docs/audit.md");

struct SealOnce;

#[async_trait::async_trait]
impl UseCase for SealOnce {
    const NAME: &'static str = "test.seal_audit";
    type Out = Sealed;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Sealed, StoreError> {
        SealAudit::default().apply(ctx, tx).await
    }
}

/// The database as its owner uses it, past the service.
async fn owner(database: &TestDatabase) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database.url.clone());
    options.max_connections(1).min_connections(1);
    Database::connect(options).await.unwrap()
}

async fn run(connection: &DatabaseConnection, statements: &str) {
    let done = connection.execute_unprepared(statements).await;
    assert!(done.is_ok(), "{statements}: {done:?}");
}

/// The statements of "Lost secrets" in docs/audit.md.
fn beginning_again(backend: Backend) -> &'static str {
    let heading = match backend {
        Backend::Sqlite => "On SQLite:",
        Backend::Postgres => "On PostgreSQL:",
    };
    let (_, section) = MANUAL.split_once(heading).unwrap();
    let (_, fenced) = section.split_once("```sql\n").unwrap();
    fenced.split_once("```").unwrap().0
}

/// A row in the log, written by a process with this store.
async fn note(store: &Store, database: &TestDatabase) {
    let mut locked = store.lock_secrets().await.unwrap();
    let entry = AuditEntry::new(&ctx(database), "tests.noted", "test", None);
    locked.record(entry).await.unwrap();
    locked.commit().await.unwrap();
}

/// A process with a store of its own, as it knows the log after its start.
async fn started(database: &TestDatabase, config: &Config) -> Result<Store, SecretsError> {
    let store = Store::new(database.store.database().clone());
    let vault = Arc::new(Vault::open(config).unwrap());
    let tokens = TokenService::new(Arc::clone(&vault), &AuthConfig::default());
    let now = database.clock.now();
    let key = load_secrets(&store, &vault, &tokens, HS256, now).await?;
    store.set_audit_key(AuditKey::new(*key));
    Ok(store)
}

async fn seal(store: &Store, database: &TestDatabase) {
    let ctx = testkit::builders::ctx(database, Actor::System);
    let sealed = store.run(&SealOnce, &ctx).await.unwrap();
    assert!(matches!(sealed, Sealed::Done(_)), "{sealed:?}");
}

async fn verify(store: &Store, anchor: Option<Anchor>) -> (Verified, Vec<Fault>) {
    let mut faults = Vec::new();
    let verified = store.verify_audit(anchor, |fault| faults.push(fault)).await;
    (verified.unwrap(), faults)
}

async fn a_secret_that_is_missing_beside_others_is_not_made_again(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    Process::start(&database, &config).await.unwrap();
    let owner = owner(&database).await;
    run(&owner, "CREATE TABLE kept AS SELECT * FROM secrets").await;
    for purpose in SecretPurpose::ALL.map(SecretPurpose::as_str) {
        run(
            &owner,
            &format!("DELETE FROM secrets WHERE purpose = '{purpose}'"),
        )
        .await;
        let refused = Process::start(&database, &config).await.err().unwrap();
        assert!(
            matches!(&refused, SecretsError::Missing(names) if names == purpose),
            "{refused:?}"
        );
        let told = refused.to_string();
        assert!(
            told.contains("backup") && told.contains("docs/audit.md"),
            "{told}"
        );
        assert_eq!(database.count("secrets").await.unwrap(), 2);
        run(
            &owner,
            &format!("INSERT INTO secrets SELECT * FROM kept WHERE purpose = '{purpose}'"),
        )
        .await;
    }
    Process::start(&database, &config).await.unwrap();
    owner.close().await.unwrap();
}

async fn no_chain_begins_where_one_was(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let store = started(&database, &config).await.unwrap();
    note(&store, &database).await;
    seal(&store, &database).await;
    let owner = owner(&database).await;
    run(&owner, "DELETE FROM secrets").await;
    let refuses = async || {
        let refused = started(&database, &config).await.err();
        assert!(matches!(refused, Some(SecretsError::Missing(_))), "{refused:?}");
        assert_eq!(database.count("secrets").await.unwrap(), 0);
    };
    refuses().await;
    let without_head = match database.store.database().backend() {
        Backend::Sqlite => "DROP TRIGGER audit_head_no_delete; DELETE FROM audit_head",
        Backend::Postgres => "ALTER TABLE audit_head DISABLE TRIGGER USER; DELETE FROM audit_head",
    };
    run(&owner, without_head).await;
    assert_eq!(database.count("audit_chain").await.unwrap(), 1);
    refuses().await;
    owner.close().await.unwrap();
}

async fn reading_the_audit_key_makes_nothing(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let vault = Vault::open(&config).unwrap();
    let early = read_audit_key(&database.store, &vault).await;
    assert!(matches!(early, Err(SecretsError::NotMade)), "{early:?}");
    assert_eq!(database.count("secrets").await.unwrap(), 0);

    Process::start(&database, &config).await.unwrap();
    assert!(read_audit_key(&database.store, &vault).await.is_ok());
    let owner = owner(&database).await;
    run(&owner, "DELETE FROM secrets WHERE purpose = 'audit'").await;
    let late = read_audit_key(&database.store, &vault).await;
    assert!(matches!(&late, Err(SecretsError::Missing(names)) if names == "audit"));
    run(&owner, "DELETE FROM secrets").await;
    let late = read_audit_key(&database.store, &vault).await;
    assert!(matches!(late, Err(SecretsError::Missing(_))), "there is a chain");
    assert_eq!(database.count("secrets").await.unwrap(), 0);
    owner.close().await.unwrap();
}

/// What the manual tells an operator to do who has lost the master key is what somebody would do who has something to hide.
async fn a_log_that_began_again_looks_new_but_not_beside_an_anchor(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    // From before the upgrade, without a MAC.
    note(&database.store, &database).await;
    let store = started(&database, &config).await.unwrap();
    note(&store, &database).await;
    seal(&store, &database).await;
    let anchor = store.audit_head().await.unwrap().unwrap().anchor().unwrap();
    let (before, faults) = verify(&store, Some(anchor.clone())).await;
    assert_eq!((before.older_than_key, faults), (1, Vec::new()));
    database.clock.advance(Duration::from_mins(1));
    let owner = owner(&database).await;
    run(&owner, beginning_again(database.store.database().backend())).await;

    let store = started(&database, &config).await.unwrap();

    seal(&store, &database).await;
    let (after, faults) = verify(&store, None).await;
    assert_eq!((after.older_than_key, faults), (2, Vec::new()));
    assert!(after.began_at > before.began_at, "{after:?}");
    let (_, faults) = verify(&store, Some(anchor.clone())).await;
    assert_eq!(faults, [Fault::AnchorMissed { seq: anchor.seq }]);
    for table in ["audit_head", "audit_chain", "audit_log"] {
        let refused = owner.execute_unprepared(&format!("DELETE FROM {table}")).await;
        assert!(refused.is_err(), "the manual left {table} open");
    }
    let refused = owner.execute_unprepared("UPDATE audit_log SET mac = NULL").await;
    assert!(refused.is_err(), "the manual left audit_log open");
    owner.close().await.unwrap();
}
