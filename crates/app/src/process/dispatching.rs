//! Publishing of jobs, in every process that commits some and has a Redis.

use std::sync::Arc;

use jobs::Dispatch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::runtime::AppState;
use crate::wiring;

/// Publishes as long as it lives: to the end of a drain, whose jobs may leave others behind.
pub(super) struct Dispatching {
    /// For the worker of this process.
    pub(super) dispatch: Arc<dyn Dispatch>,
    _relay: AbortOnDropHandle<()>,
}

impl Dispatching {
    /// Nothing without a Redis: workers find jobs in the database.
    pub(super) fn start(state: &AppState) -> Option<Self> {
        let (dispatch, relay) = wiring::dispatch(state)?;
        let publishing = relay.run(state.ids.new_uuid(), CancellationToken::new());
        Some(Self {
            dispatch,
            _relay: AbortOnDropHandle::new(tokio::spawn(publishing)),
        })
    }
}
