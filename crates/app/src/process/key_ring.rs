//! Keeps the signing keys of a serving process those of the database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::runtime::AppState;
use crate::telemetry::chain;

/// Less than the 30 seconds that a new signing key counts on.
const EVERY: Duration = Duration::from_secs(20);

/// Reads the keys again and again until `stop` fires. Keys that cannot be read leave those in memory.
pub(super) async fn keep_fresh(state: &AppState, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        if let Err(error) = state.tokens.refresh(&state.store).await {
            tracing::warn!(
                error = chain(&error),
                "the signing keys cannot be read; going on with those in memory"
            );
        }
    }
}
