//! Keeps the signing keys and the sign-ins of a serving process those of the database.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::runtime::AppState;
use crate::telemetry::chain;

/// Less than the 30 seconds that a new signing key counts on.
const KEYS_EVERY: Duration = Duration::from_secs(20);
/// Often, so that there are never many at once.
const SIGN_INS_EVERY: Duration = Duration::from_secs(2);

/// Reads the keys and asks for the sign-ins again and again until `stop` fires. Keys that cannot be read leave those in memory;
/// sign-ins that cannot be asked for are asked for by whoever calls.
pub(super) async fn keep_fresh(state: &AppState, stop: CancellationToken) {
    let working = async { tokio::join!(read_keys(state), ask_for_sign_ins(state)) };
    stop.run_until_cancelled(working).await;
}

async fn read_keys(state: &AppState) {
    loop {
        tokio::time::sleep(KEYS_EVERY).await;
        if let Err(error) = state.tokens.refresh(&state.store).await {
            tracing::warn!(
                error = chain(&error),
                "the signing keys cannot be read; going on with those in memory"
            );
        }
    }
}

async fn ask_for_sign_ins(state: &AppState) {
    loop {
        tokio::time::sleep(SIGN_INS_EVERY).await;
        if let Err(error) = state.sign_ins.ask_again(state.now()).await {
            tracing::debug!(error = chain(&error), "the sign-ins cannot be asked for together");
        }
    }
}
