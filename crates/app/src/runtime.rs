//! What endpoints and job handlers may use: ports and settings, shared by the whole process.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use domain::audit::Actor;
use domain::embedding::Embedder;
use domain::ids::IdSource;
use domain::scoring::coding::CodeRunner;
use domain::store::Ctx;
use domain::time::{Clock, Timestamp};
use jobs::WorkerHealth;
use outbound::text_extraction::TextExtractor;
use storage::Store;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::content::ContentCache;
use crate::failed_sign_ins::FailedSignIns;
use crate::list_reads::ListReads;
use crate::llm::Gateway;
use crate::progress::ProgressHub;
use crate::rate_limits::RateLimiter;
use crate::security::{PasswordHasher, TokenService, Vault};
use crate::sign_ins::SignIns;

/// Everything an endpoint or a job handler may use; `wiring` makes it. Cloning shares it, which every layer around an endpoint
/// does for every request.
#[derive(Clone)]
pub struct AppState(Arc<Services>);

impl Deref for AppState {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

impl From<Services> for AppState {
    fn from(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

/// See [`AppState`].
#[derive(Clone)]
pub struct Services {
    /// Transactions and reads.
    pub store: Store,
    /// Lists and reports, for a caller.
    pub lists: Arc<ListReads>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Settings.
    pub config: Arc<Config>,
    /// Wraps secrets for the database.
    pub vault: Arc<Vault>,
    /// Access tokens; they have no keys before [`crate::wiring::load_secrets`].
    pub tokens: Arc<TokenService>,
    /// Who is behind a token or key.
    pub sign_ins: Arc<SignIns>,
    /// Takes down sign-ins that failed.
    pub failed_sign_ins: Arc<FailedSignIns>,
    /// Password hashes.
    pub passwords: Arc<PasswordHasher>,
    /// Published versions in memory.
    pub content: Arc<ContentCache>,
    /// How the worker of this process fares, once it runs; never set in a process without one.
    pub worker_health: Arc<OnceLock<WorkerHealth>>,
    /// Text of uploads.
    pub extractor: Arc<TextExtractor>,
    /// Runs candidates' programs.
    pub code_runner: Arc<dyn CodeRunner>,
    /// Likeness of meaning; `None` where no model has been fetched. Blocks for the computation.
    pub sentence_model: Option<Arc<dyn Embedder>>,
    /// Language models.
    pub llm: Arc<Gateway>,
    /// How often somebody may ask.
    pub rate_limits: Arc<RateLimiter>,
    /// Streams of progress.
    pub progress: Arc<ProgressHub>,
    /// Fires when the process is to stop; what would go on for ever ends then.
    pub stop: CancellationToken,
    /// Fires with `stop` or some time before it: no new jobs, and balancers are told to send requests elsewhere.
    pub leaving: CancellationToken,
}

impl AppState {
    /// What a use case is given, for one request or job.
    pub fn ctx(&self, correlation_id: impl Into<String>, actor: Actor) -> Ctx {
        Ctx::new(
            Arc::clone(&self.clock),
            Arc::clone(&self.ids),
            correlation_id.into(),
            actor,
        )
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
