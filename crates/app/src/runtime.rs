//! What endpoints and job handlers may use: ports and settings, shared by the whole process.

use std::sync::Arc;

use domain::audit::Actor;
use domain::ids::IdSource;
use domain::store::Ctx;
use domain::time::{Clock, Timestamp};
use outbound::text_extraction::TextExtractor;
use storage::Store;

use crate::config::Config;
use crate::content::ContentCache;
use crate::security::{PasswordHasher, TokenService};

/// Everything an endpoint or a job handler may use; `wiring` makes it. Cloning shares it.
#[derive(Clone)]
pub struct AppState {
    /// Transactions and reads.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Settings.
    pub config: Arc<Config>,
    /// Access tokens.
    pub tokens: Arc<TokenService>,
    /// Password hashes.
    pub passwords: Arc<PasswordHasher>,
    /// Published versions in memory.
    pub content: Arc<ContentCache>,
    /// Text of uploads.
    pub extractor: Arc<TextExtractor>,
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
