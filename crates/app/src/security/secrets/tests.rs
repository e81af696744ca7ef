mod missing;

use std::sync::Arc;
use std::time::Duration;

use domain::identity::{Role, User, UserStatus};
use domain::ids::{TokenFamilyId, UserId};
use domain::time::Clock as _;
use testkit::TestDatabase;
use uuid::Uuid;

use super::*;
use crate::config::{AuthConfig, Config};
use crate::security::{rotate_master, rotate_signing};

testkit::both_databases!(
    first_starts_at_once_make_one_of_each_secret,
    a_new_signing_key_is_taken_up_by_every_process_and_the_old_one_fades,
    keys_that_are_feared_to_be_known_end_at_once,
    a_new_master_key_wraps_everything_while_processes_go_on,
    rotations_at_once_lose_nothing,
    secrets_of_another_master_key_stop_the_start,
);

const FAMILY: TokenFamilyId = TokenFamilyId(Uuid::from_u128(9));
const LIFETIME: Duration = Duration::from_mins(15);
const HS256: SigningAlgorithm = SigningAlgorithm::Hs256;

/// What one process has of the secrets.
struct Process {
    vault: Arc<Vault>,
    tokens: TokenService,
    refresh_key: String,
}

impl Process {
    async fn start(database: &TestDatabase, config: &Config) -> Result<Self, SecretsError> {
        let vault = Arc::new(Vault::open(config).unwrap());
        let tokens = TokenService::new(Arc::clone(&vault), &AuthConfig::default());
        let now = database.clock.now();
        load_secrets(&database.store, &vault, &tokens, SigningAlgorithm::EdDsa, now).await?;
        let refresh_key = tokens.successor_of("x").unwrap().token;
        Ok(Self {
            vault,
            tokens,
            refresh_key,
        })
    }

    fn token(&self, database: &TestDatabase) -> String {
        let now = database.clock.now();
        let user = User {
            id: UserId(Uuid::from_u128(7)),
            email: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            role: Role::Student,
            status: UserStatus::Active,
            password_hash: String::new(),
            created_at: now,
        };
        self.tokens.issue(&user, FAMILY, now).unwrap().token
    }

    fn takes(&self, token: &str, database: &TestDatabase) -> bool {
        self.tokens.verify(token, database.clock.now()).is_ok()
    }
}

fn config(directory: &tempfile::TempDir) -> Config {
    let mut config = Config::default();
    config.server.data_dir = directory.path().to_path_buf();
    config
}

fn ctx(database: &TestDatabase) -> domain::store::Ctx {
    testkit::builders::ctx(database, domain::audit::Actor::System)
}

async fn master_keys_in_use(database: &TestDatabase) -> Vec<String> {
    let secrets = database.store.list_secrets().await.unwrap();
    let ids = secrets
        .iter()
        .filter_map(|secret| crate::security::key_id(&secret.wrapped));
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    ids
}

async fn first_starts_at_once_make_one_of_each_secret(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let starts = (0..6).map(|_| Process::start(&database, &config));
    let processes: Vec<Process> = futures::future::try_join_all(starts).await.unwrap();
    assert_eq!(database.count("secrets").await.unwrap(), 3);
    for one in &processes {
        assert_eq!(one.refresh_key, processes[0].refresh_key);
        let token = one.token(&database);
        assert!(processes.iter().all(|other| other.takes(&token, &database)));
    }

    let locked = database.store.lock_secrets().await.unwrap();
    let second = new_secret(
        &processes[0].vault,
        SecretPurpose::Audit,
        None,
        database.clock.now(),
    )
    .unwrap();
    let refused = locked.insert(&second).await;
    assert!(
        matches!(&refused, Err(StoreError::Constraint { name }) if name == "secrets_one_of_purpose"),
        "{refused:?}"
    );
}

async fn a_new_signing_key_is_taken_up_by_every_process_and_the_old_one_fades(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let one = Process::start(&database, &config).await.unwrap();
    let other = Process::start(&database, &config).await.unwrap();
    let before = one.token(&database);
    let made = rotate_signing(
        &database.store,
        &one.vault,
        (HS256, LIFETIME),
        false,
        &ctx(&database),
    )
    .await;
    let kid = made.unwrap().id.to_string();
    one.tokens.refresh(&database.store).await.unwrap();
    let is_of_new_key = |token: &str| one.tokens.names_key(token) == Some(kid.clone());
    assert!(
        !is_of_new_key(&one.token(&database)),
        "the new key signs too early"
    );
    database.clock.advance(Duration::from_secs(59));
    let last = one.token(&database);
    database.clock.advance(Duration::from_secs(1));
    let after = one.token(&database);
    assert!(!is_of_new_key(&last) && is_of_new_key(&after));

    assert!(!other.takes(&after, &database), "it has not heard of the key");
    let (store, now) = (&database.store, database.clock.now());
    assert!(other.tokens.verify_with(store, &after, now).await.is_ok());
    for process in [&one, &other] {
        assert!(process.takes(&before, &database) && process.takes(&last, &database));
    }
    database.clock.advance(LIFETIME);
    let fresh = one.token(&database);
    assert!(is_of_new_key(&fresh) && other.takes(&fresh, &database));
    assert!(!one.takes(&last, &database), "it has expired");
    database.clock.advance(Duration::from_secs(10));
    rotate_signing(
        &database.store,
        &one.vault,
        (HS256, LIFETIME),
        false,
        &ctx(&database),
    )
    .await
    .unwrap();
    let signing = database.count("secrets WHERE purpose = 'signing'").await.unwrap();
    assert_eq!(signing, 2, "the first key is worth nothing and is gone");
}

async fn keys_that_are_feared_to_be_known_end_at_once(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(&database, &config(&directory)).await.unwrap();
    let before = process.token(&database);
    let made = (SigningAlgorithm::EdDsa, LIFETIME);
    let key = rotate_signing(&database.store, &process.vault, made, true, &ctx(&database)).await;
    process.tokens.refresh(&database.store).await.unwrap();
    assert!(!process.takes(&before, &database));
    let after = process.token(&database);
    assert_eq!(
        process.tokens.names_key(&after),
        Some(key.unwrap().id.to_string())
    );
    assert!(process.takes(&after, &database));
    let audited = database
        .count("audit_log WHERE action = 'keys.rotate_signing'")
        .await;
    assert_eq!(audited.unwrap(), 1);
}

async fn a_new_master_key_wraps_everything_while_processes_go_on(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let running = Process::start(&database, &config).await.unwrap();
    let before = running.token(&database);
    let rotating = Vault::open(&config).unwrap();
    let old = rotating.keys().current.id().to_owned();
    let done = rotate_master(&database.store, &rotating, &ctx(&database))
        .await
        .unwrap();
    assert_eq!(
        (done.rewrapped, done.resumed, done.in_settings),
        (3, false, false)
    );
    assert_ne!(done.key_id, old);
    assert_eq!(
        master_keys_in_use(&database).await,
        std::slice::from_ref(&done.key_id)
    );
    let file = std::fs::read_to_string(directory.path().join("master.key")).unwrap();
    assert_eq!(file.lines().count(), 1);

    // The running process still has the old key only, and meets a secret that the new one wraps.
    rotate_signing(
        &database.store,
        &rotating,
        (HS256, LIFETIME),
        true,
        &ctx(&database),
    )
    .await
    .unwrap();
    running.tokens.refresh(&database.store).await.unwrap();
    let started = Process::start(&database, &config).await.unwrap();
    assert!(started.takes(&running.token(&database), &database));
    assert!(!running.takes(&before, &database));
    assert_eq!(started.refresh_key, running.refresh_key);
    let again = rotate_master(&database.store, &rotating, &ctx(&database))
        .await
        .unwrap();
    assert!(again.key_id != done.key_id && again.rewrapped == 4, "{again:?}");
    let audited = database
        .count("audit_log WHERE action = 'keys.rotate_master'")
        .await;
    assert_eq!(audited.unwrap(), 2);
}

async fn rotations_at_once_lose_nothing(database: TestDatabase) {
    let directory = tempfile::tempdir().unwrap();
    let config = config(&directory);
    let process = Process::start(&database, &config).await.unwrap();
    let token = process.token(&database);
    let vaults: Vec<Vault> = (0..4).map(|_| Vault::open(&config).unwrap()).collect();
    let ctx = ctx(&database);
    let rotations = vaults
        .iter()
        .map(|vault| rotate_master(&database.store, vault, &ctx));
    let signing = rotate_signing(&database.store, &process.vault, (HS256, LIFETIME), false, &ctx);
    let (rotated, made) = tokio::join!(futures::future::join_all(rotations), signing);
    made.unwrap();
    for rotation in rotated {
        rotation.unwrap();
    }
    let started = Process::start(&database, &config).await.unwrap();
    assert_eq!(
        master_keys_in_use(&database).await,
        [started.vault.keys().current.id()]
    );
    assert!(started.vault.keys().older.is_empty());
    assert!(started.takes(&token, &database));
    assert_eq!(started.refresh_key, process.refresh_key);
}

async fn secrets_of_another_master_key_stop_the_start(database: TestDatabase) {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Process::start(&database, &config(&here)).await.unwrap();
    let refused = Process::start(&database, &config(&elsewhere))
        .await
        .err()
        .unwrap();
    let needed = master_keys_in_use(&database).await;
    let told = refused.to_string();
    assert!(told.contains(&needed[0]) && told.contains("master.key"), "{told}");
    assert_eq!(database.count("secrets").await.unwrap(), 3);
}
