//! `touchstone serve`

use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use super::{CliError, Common, Terminal};
use crate::http;
use crate::process::{self, ProcessError};
use crate::wiring::Opened;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Leave the jobs to `touchstone worker`.
    #[arg(long)]
    no_workers: bool,
}

impl ServeArgs {
    fn flags(&self) -> Vec<(&'static str, String)> {
        let listen = self.listen.map(|address| ("server.listen", address.to_string()));
        let workers = self.no_workers.then(|| ("jobs.in_process", "false".to_owned()));
        listen.into_iter().chain(workers).collect()
    }
}

pub(super) async fn run(common: &Common, arguments: ServeArgs) -> Result<(), CliError> {
    let Opened { state, clock } = common.open("serve", arguments.flags()).await?;
    let address = state.config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| CliError::Listen { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| CliError::Listen { address, source })?;
    if let Some(admin) = process::first_admin(&state).await? {
        Terminal::line(&format!(
            "administrator {} with password {} (shown once)",
            admin.email, admin.password
        ))?;
    }
    process::install_shipped_tracks(&state)
        .await
        .map_err(ProcessError::Tracks)?;
    process::stop_on_signal(state.stop.clone()).map_err(ProcessError::Signals)?;
    tokio::spawn(process::refresh_clock(clock, state.clone(), state.stop.clone()));
    let router = http::router(state.clone());
    Terminal::line(&format!("listening on http://{address}"))?;
    process::serve(state, router, listener).await?;
    Ok(())
}
