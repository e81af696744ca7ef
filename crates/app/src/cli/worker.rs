//! `touchstone worker`

use tokio_util::sync::CancellationToken;

use super::{CliError, Common};
use crate::process::{self, ProcessError};
use crate::wiring::Opened;

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let Opened { state, clock } = common.open("worker", Vec::new()).await?;
    let stop = CancellationToken::new();
    process::stop_on_signal(stop.clone()).map_err(ProcessError::Signals)?;
    tokio::spawn(process::refresh_clock(clock, state.clone(), stop.clone()));
    tracing::info!("working on jobs");
    process::work(&state, stop).await?;
    Ok(())
}
