//! The only place that names concrete adapters: which database, clock, id source and PDF reader a process uses.

mod journal;
mod models;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::audit::AuditKey;
use domain::embedding::Embedder;
use domain::ids::IdSource;
use domain::llm::JournalSecret;
use domain::store::StoreError;
use domain::time::Clock;
use jobs::{BeatConnector, Dispatch, Process, Registry, Relay, Worker, WorkerPorts, random_chance};
use outbound::bullmq::{BullMq, BullMqSettings};
use outbound::code_runner::NoRunner;
use outbound::embeddings::{MiniLm, Presence, presence};
use outbound::llm::ModelUrlError;
use outbound::redis::{RedisBuckets, RedisLastWrites, RedisUrlError};
use outbound::text_extraction::{ExtractorConfig, TextExtractor};
use storage::clock::DatabaseClock;
use storage::{
    Backend, ConnectError, Database, DatabaseOptions, JobTx, Replica, SqlBeatConnector, Store, migrations,
    timeouts,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{Config, SharedBuckets};
use crate::content::ContentCache;
use crate::failed_sign_ins::FailedSignIns;
use crate::list_reads::{ListReads, WRITES_KEPT};
use crate::progress::ProgressHub;
use crate::rate_limits::RateLimiter;
use crate::runtime::{AppState, Services};
use crate::security::{self, KeyFileError, PasswordHasher, SecretsError, TokenService, Vault};
use crate::sign_ins::SignIns;

pub(crate) use journal::{Journal, JournalError};

/// Why a process does not start. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// No data directory.
    #[error("the data directory {} cannot be made; check server.data_dir and its permissions", path.display())]
    DataDirectory {
        /// Where it should be.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// No master key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Secrets that the master key does not open, or that cannot be made.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// No threads for passwords.
    #[error(
        "the threads that hash passwords cannot be started; check the limits of the account that runs this"
    )]
    Threads(#[source] io::Error),
    /// No connection.
    #[error("the database cannot be opened; check database.url")]
    Connect(#[from] ConnectError),
    /// A URL that is none of a Redis.
    #[error(transparent)]
    Redis(#[from] RedisUrlError),
    /// A language model that cannot be reached as it is configured.
    #[error("the section llm.{provider} cannot be used")]
    Model {
        /// Its name.
        provider: &'static str,
        /// Why.
        source: ModelUrlError,
    },
    /// A connection that does not work.
    #[error("the database does not answer; check that it runs and that the account may use it")]
    Store(#[from] StoreError),
    /// The path of this program is not known, so that it cannot start its PDF reader.
    #[error("the path of this program is not known; set uploads.reader_program")]
    Program(#[source] io::Error),
}

/// UUIDv7 from the machine's time and random bits.
struct RandomIds;

impl IdSource for RandomIds {
    fn new_uuid(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "this is the production IdSource")]
        Uuid::now_v7()
    }
}

/// The state of a production process with the clock that has to be refreshed.
pub struct Opened {
    /// For endpoints and handlers.
    pub state: AppState,
    /// The clock inside `state`.
    pub clock: Arc<DatabaseClock>,
}

/// The state over an open database, with time and ids of the caller's choice. Tokens can be issued and checked after
/// [`load_secrets`].
pub fn state(
    config: Config,
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Result<AppState, WiringError> {
    let vault = Arc::new(Vault::open(&config)?);
    let passwords = PasswordHasher::start(config.auth.password_threads(), config.auth.password_queue)
        .map_err(WiringError::Threads)?;
    let store = Store::new(database);
    let stop = CancellationToken::new();
    let tokens = Arc::new(TokenService::new(Arc::clone(&vault), &config.auth));
    Ok(AppState::from(Services {
        content: Arc::new(ContentCache::new(store.clone())),
        progress: Arc::new(ProgressHub::new(
            store.clone(),
            config.limits.streams_per_principal,
        )),
        rate_limits: Arc::new(rate_limiter(&config, &store)?),
        llm: Arc::new(models::gateway(&config, &store, &clock, &ids, config.llm.caps())?),
        lists: Arc::new(list_reads(&config, &store)?),
        leaving: stop.child_token(),
        stop,
        sign_ins: Arc::new(SignIns::new(store.clone(), Arc::clone(&tokens))),
        failed_sign_ins: Arc::new(FailedSignIns::new(store.clone())),
        store,
        clock,
        ids,
        tokens,
        vault,
        passwords: Arc::new(passwords),
        worker_health: Arc::default(),
        extractor: Arc::new(extractor(&config)?),
        code_runner: Arc::new(NoRunner),
        sentence_model: sentence_model(&config),
        config: Arc::new(config),
    }))
}

/// Opens the configured database, with production time and ids. Makes the data directory if it is missing.
pub async fn open(config: Config) -> Result<Opened, WiringError> {
    make_data_directory(&config.server.data_dir)?;
    let database = Database::connect(DatabaseOptions {
        url: config.database_url(),
        max_connections: config.database.max_connections,
        acquire_timeout: config.database.acquire_timeout(),
    })
    .await?;
    let clock = Arc::new(DatabaseClock::start(&database).await?);
    let state = state(
        config,
        database,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(RandomIds),
    )?;
    Ok(Opened { state, clock })
}

/// Names of the migrations that this program knows and the database does not have.
pub async fn pending_migrations(state: &AppState) -> Result<Vec<&'static str>, StoreError> {
    migrations::pending(&state.store).await
}

/// Brings the schema up to date and names what was done.
pub async fn migrate(state: &AppState) -> Result<Vec<&'static str>, StoreError> {
    let settings = &state.config.database;
    if settings.direct_url.is_empty() {
        return migrate_over(&state.store, state).await;
    }
    // A pooler may give every transaction another connection, and ends those that take long.
    let direct = Database::connect(DatabaseOptions {
        url: settings.direct_url.expose().to_owned(),
        max_connections: 2,
        acquire_timeout: settings.acquire_timeout(),
    });
    let direct = direct
        .await
        .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    let applied = migrate_over(&Store::new(direct.clone()), state).await;
    direct.close().await?;
    applied
}

async fn migrate_over(migrator: &Store, state: &AppState) -> Result<Vec<&'static str>, StoreError> {
    let applied = migrations::migrate(migrator, &*state.clock).await?;
    for statement in timeouts::keep(state.store.database(), migrator.database()).await? {
        tracing::warn!(
            statement,
            "statements of this account have no timeouts, and it may not set them; have an administrator run the statement"
        );
    }
    Ok(applied)
}

/// Loads the secrets in the database into this process; a first start makes them. Wants an up-to-date schema.
pub async fn load_secrets(state: &AppState) -> Result<(), WiringError> {
    let algorithm = state.config.auth.jwt_algorithm.into();
    let (store, vault, tokens) = (&state.store, &state.vault, &state.tokens);
    let audit_key = security::load_secrets(store, vault, tokens, algorithm, state.now()).await?;
    store.set_audit_key(AuditKey::new(*audit_key));
    state.llm.set_secret(JournalSecret::derived_from(&audit_key));
    Ok(())
}

/// Loads no secret but the key of the audit log, and makes none.
pub async fn load_audit_key(state: &AppState) -> Result<(), WiringError> {
    let audit_key = security::read_audit_key(&state.store, &state.vault).await?;
    state.store.set_audit_key(AuditKey::new(*audit_key));
    Ok(())
}

/// Whether the database is a file of this machine, which a start may change without asking.
pub fn is_embedded(state: &AppState) -> bool {
    match state.store.database().backend() {
        Backend::Sqlite => true,
        Backend::Postgres => false,
    }
}

/// The worker of this process with the handlers of all slices, and what it needs to be run.
pub fn worker(state: &AppState) -> (Worker<JobTx>, Arc<dyn BeatConnector>) {
    // On PostgreSQL other processes insert jobs, which nothing but a look into the table tells of. SQLite has one writer.
    let (poll_every, connections) = if is_embedded(state) {
        (Duration::from_secs(1), 1)
    } else {
        (Duration::from_millis(500), state.config.database.max_connections)
    };
    let drain = state.config.server.shutdown();
    let config = state.config.jobs.worker(poll_every, drain, connections);
    #[cfg(feature = "failpoints")]
    let config = faster_beat(config);
    let ports = WorkerPorts {
        process: Process {
            id: state.ids.new_uuid(),
            host: host(),
        },
        clock: Arc::clone(&state.clock),
        chance: random_chance(),
        wake: state.store.wake(),
    };
    let sentence_model = state
        .sentence_model
        .as_ref()
        .map_or("none", |model| model.provider());
    tracing::info!(sentence_model, "answers will be compared");
    let registry = crate::workers::register(Registry::default(), state);
    let worker = Worker::new(Arc::new(state.store.clone()), registry, ports, config);
    (
        worker,
        Arc::new(SqlBeatConnector::new(state.store.database().clone())),
    )
}

/// Dispatch by Redis where there is one, and what publishes the jobs that commits of this process make ready. Wants a Tokio
/// runtime, and to be asked once.
pub fn dispatch(state: &AppState) -> Option<(Arc<dyn Dispatch>, Relay)> {
    let redis = &state.config.redis;
    if !redis.is_set() {
        return None;
    }
    let settings = BullMqSettings {
        url: redis.url.expose().to_owned(),
        prefix: redis.prefix.clone(),
    };
    let dispatch: Arc<dyn Dispatch> = Arc::new(BullMq::start(settings, state.store.wake()));
    let outbox = Arc::new(state.store.clone());
    let (relay, announcer) = Relay::new(Arc::clone(&dispatch), outbox, Arc::clone(&state.clock));
    state.store.announce_to(announcer);
    Some((dispatch, relay))
}

/// The sentence model, if its files are there; they are read and checked on first use. A model that is fetched later is
/// found by the next start, so that within one run all answers are compared in the same way.
pub fn sentence_model(config: &Config) -> Option<Arc<dyn Embedder>> {
    let directory = config.model_directory();
    match presence(&directory) {
        Presence::Complete => Some(Arc::new(MiniLm::in_directory(directory))),
        Presence::Absent => None,
        Presence::Partial { wrong } => {
            tracing::warn!(
                directory = %directory.display(),
                wrong = wrong.join(", "),
                "the sentence model is not whole and not used; run `touchstone models fetch`"
            );
            None
        }
    }
}

fn list_reads(config: &Config, store: &Store) -> Result<ListReads, WiringError> {
    let lists = ListReads::new(store.clone());
    if config.database.replica_url.is_empty() {
        return Ok(lists);
    }
    let copy = Database::connect_lazily(DatabaseOptions {
        url: config.database.replica_url.expose().to_owned(),
        max_connections: config.database.max_connections,
        // Whoever waits for longer is better served by the primary.
        acquire_timeout: Duration::from_millis(500),
    })?;
    let (url, prefix) = (config.redis.url.expose(), &config.redis.prefix);
    let writes = Arc::new(RedisLastWrites::new(url, prefix, WRITES_KEPT)?);
    Ok(lists.following(Replica::new(store, copy), writes, config.redis.timeout()))
}

fn rate_limiter(config: &Config, store: &Store) -> Result<RateLimiter, WiringError> {
    let limits = &config.rate_limits;
    let limiter = RateLimiter::new(limits);
    let place = match limits.shared {
        SharedBuckets::Auto if config.redis.is_set() => SharedBuckets::Redis,
        SharedBuckets::Auto if store.database().backend() == Backend::Postgres => SharedBuckets::Database,
        SharedBuckets::Auto => SharedBuckets::Memory,
        chosen => chosen,
    };
    Ok(match place {
        SharedBuckets::Redis => {
            let buckets = RedisBuckets::new(config.redis.url.expose(), &config.redis.prefix)?;
            limiter.shared_at(Arc::new(buckets), config.redis.timeout())
        }
        SharedBuckets::Database => limiter.shared_at(Arc::new(store.clone()), limits.shared_timeout()),
        SharedBuckets::Memory | SharedBuckets::Auto => limiter,
    })
}

fn extractor(config: &Config) -> Result<TextExtractor, WiringError> {
    let program = &config.uploads.reader_program;
    let base = if program.as_os_str().is_empty() {
        ExtractorConfig::for_this_program().map_err(WiringError::Program)?
    } else {
        ExtractorConfig::for_program(program.clone())
    };
    Ok(TextExtractor::new(ExtractorConfig {
        wall: config.uploads.reader_timeout(),
        max_input_bytes: config.uploads.max_file_bytes(),
        parallel_children: config.uploads.parallel_readers,
        ..base
    }))
}

/// Readable by its owner only: it holds the database and the master key.
pub(crate) fn make_data_directory(path: &Path) -> Result<(), WiringError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| WiringError::DataDirectory {
        path: path.to_path_buf(),
        source,
    })
}

/// Fault tests count with leases so short that whole seconds between beats are too many.
#[cfg(feature = "failpoints")]
fn faster_beat(config: jobs::WorkerConfig) -> jobs::WorkerConfig {
    let milliseconds = jobs::failpoint::setting("TOUCHSTONE_FAILPOINT_BEAT_MILLISECONDS");
    let beat = milliseconds.and_then(|text| text.parse().ok());
    jobs::WorkerConfig {
        beat_every: beat.map_or(config.beat_every, Duration::from_millis),
        ..config
    }
}

/// For operators who ask which machine a worker runs on.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() {
        "unknown".to_owned()
    } else {
        name.trim().to_owned()
    }
}
