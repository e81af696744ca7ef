//! A journal of models' calls in a file of its own, for commands that judge without a service.
//!
//! It is an embedded database with the schema of the service, of which the calls are used, and one row in `secrets` that no master
//! key wraps: the secret of its calls, which also tells it from the database of a service.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::IdSource;
use domain::llm::{Caps, JournalSecret, MicroDollars};
use domain::store::StoreError;
use domain::time::Clock;
use storage::clock::DatabaseClock;
use storage::{ConnectError, Database, DatabaseOptions, SecretPurpose, Store, StoredSecret, migrations};
use tempfile::TempDir;

use super::{RandomIds, WiringError, models};
use crate::config::Config;
use crate::llm::{Budget, Gateway};

/// What the secret of a journal begins with.
const MARK: &str = "journal ";
const CONNECTIONS: u32 = 4;
/// Many calls end at once, and only one of them writes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no journal. `Display` says what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// It is something else.
    #[error("{} is no journal; name another file, or one that does not exist", .0.display())]
    NoJournal(PathBuf),
    /// It cannot be made or opened.
    #[error("the journal {} cannot be opened", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// It cannot be read or written.
    #[error("the journal cannot be used; check the disk")]
    Store(#[from] StoreError),
    /// The models cannot be asked.
    #[error(transparent)]
    Wiring(#[from] WiringError),
}

/// See the module.
pub(crate) struct Journal {
    store: Store,
    clock: Arc<dyn Clock>,
    secret: JournalSecret,
    /// Where nobody named a file: gone with the journal.
    _directory: Option<TempDir>,
}

impl Journal {
    /// The journal in this file, which is made if it is missing; without one, a journal that is gone with the process.
    pub(crate) async fn open(path: Option<&Path>) -> Result<Self, JournalError> {
        let Some(path) = path else {
            let failed = |error| JournalError::File(std::env::temp_dir(), error);
            let directory = tempfile::tempdir().map_err(failed)?;
            let journal = Self::open_file(&directory.path().join("journal.db")).await?;
            return Ok(Self {
                _directory: Some(directory),
                ..journal
            });
        };
        Self::open_file(path).await
    }

    async fn open_file(path: &Path) -> Result<Self, JournalError> {
        // What students wrote is in what models say of it: it is nobody else's to read.
        let mut file = OpenOptions::new();
        file.append(true).create(true).mode(0o600);
        let failed = |error| JournalError::File(path.to_path_buf(), error);
        let is_new = file
            .open(path)
            .and_then(|file| file.metadata())
            .map_err(failed)?
            .len()
            == 0;
        // The driver reads percent escapes and a query in the path.
        let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3F");
        let connecting = Database::connect(DatabaseOptions {
            url: format!("sqlite:{escaped}"),
            max_connections: CONNECTIONS,
            acquire_timeout: PATIENCE,
        });
        let database = connecting.await.map_err(|error| not_opened(path, error))?;
        let clock = DatabaseClock::start(&database).await?;
        let store = Store::new(database);
        let known = if is_new {
            None
        } else {
            Some(secret_in(&store, path).await?)
        };
        migrations::migrate(&store, &clock).await?;
        let secret = match known {
            Some(secret) => secret,
            None => new_secret(&store, &clock).await?,
        };
        Ok(Self {
            store,
            secret: JournalSecret::new(secret),
            clock: Arc::new(clock),
            _directory: None,
        })
    }

    /// The models of the settings over this journal; they cost no more than `most`.
    pub(crate) fn gateway(&self, config: &Config, most: MicroDollars) -> Result<Gateway, JournalError> {
        let ids: Arc<dyn IdSource> = Arc::new(RandomIds);
        let gateway = models::gateway(config, &self.store, &self.clock, &ids, Caps::default())?;
        Ok(gateway.within(Budget::new(most)))
    }

    /// What boundaries are derived from.
    pub(crate) fn secret(&self) -> JournalSecret {
        self.secret.clone()
    }

    /// All of it in its file.
    pub(crate) async fn close(self) -> Result<(), JournalError> {
        Ok(self.store.database().close().await?)
    }
}

fn not_opened(path: &Path, error: ConnectError) -> JournalError {
    match error {
        ConnectError::Directory { source, .. } => JournalError::File(path.to_path_buf(), source),
        ConnectError::Driver(_) | ConnectError::UnknownScheme => JournalError::NoJournal(path.to_path_buf()),
    }
}

/// The secret of a journal that is there; any other file, also the database of a service, is left as it is.
async fn secret_in(store: &Store, path: &Path) -> Result<[u8; 32], JournalError> {
    let foreign = || JournalError::NoJournal(path.to_path_buf());
    let secrets = store.list_secrets().await.map_err(|_| foreign())?;
    let [secret] = secrets.as_slice() else {
        return Err(foreign());
    };
    let text = secret.wrapped.strip_prefix(MARK).ok_or_else(foreign)?;
    let bytes = STANDARD.decode(text).map_err(|_| foreign())?;
    bytes.try_into().map_err(|_| foreign())
}

async fn new_secret(store: &Store, clock: &DatabaseClock) -> Result<[u8; 32], JournalError> {
    let (secret, now): ([u8; 32], _) = (rand::random(), clock.now());
    let row = StoredSecret {
        id: uuid::Builder::from_random_bytes(rand::random()).into_uuid(),
        purpose: SecretPurpose::Audit,
        algorithm: None,
        wrapped: format!("{MARK}{}", STANDARD.encode(secret)),
        created_at: now,
        active_from: now,
        retires_at: None,
    };
    let secrets = store.lock_secrets().await?;
    secrets.insert(&row).await?;
    secrets.commit().await?;
    Ok(secret)
}
