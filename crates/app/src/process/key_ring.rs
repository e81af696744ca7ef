//! Keeps what a serving process believes of signing keys and sign-ins that of the database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::runtime::AppState;
use crate::telemetry::chain;

/// Less than the 30 seconds that a new signing key counts on, and than the time between a sign-in that is due to be asked for
/// again and the end of its answer.
const EVERY: Duration = Duration::from_secs(15);

/// Reads the keys and asks for the sign-ins again and again until `stop` fires. Keys that cannot be read leave those in memory;
/// sign-ins that cannot be asked for are asked for by whoever calls.
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
        if let Err(error) = state.sign_ins.ask_again(state.now()).await {
            tracing::warn!(error = chain(&error), "the sign-ins cannot be asked for together");
        }
    }
}
