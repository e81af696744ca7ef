//! The mark of a process that takes answers, from which a gap in the service is known.

use domain::attempts::{MARK_EVERY, MarkServing};
use domain::audit::Actor;
use tokio_util::sync::CancellationToken;

use crate::runtime::AppState;
use crate::telemetry::chain;

/// Leaves the mark every few seconds until `stop` fires; gives back the time of a gap that it finds.
pub(crate) async fn keep(state: AppState, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let ctx = state.ctx("serving", Actor::System);
        match state.store.run(&MarkServing, &ctx).await {
            Ok(0) => {}
            Ok(attempts) => tracing::info!(attempts, "downtime was credited to running attempts"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "the mark of a serving process could not be left"
            ),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(MARK_EVERY) => {}
        }
    }
}
