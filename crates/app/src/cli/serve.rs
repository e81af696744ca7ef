//! `touchstone serve`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, Common, Terminal};
use crate::http;
use crate::process::{self, Entrance, ProcessError, Tls};
use crate::wiring::Opened;

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Speak TLS with this certificate, a PEM file.
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Leave the jobs to `touchstone worker`.
    #[arg(long)]
    no_workers: bool,
}

impl ServeArgs {
    fn flags(&self) -> Vec<(&'static str, String)> {
        let listen = self.listen.map(|address| ("server.listen", address.to_string()));
        let workers = self.no_workers.then(|| ("jobs.in_process", "false".to_owned()));
        let path = |key, path: &Option<PathBuf>| path.as_ref().map(|path| (key, path.display().to_string()));
        let certificate = path("server.tls_cert", &self.tls_cert);
        let key = path("server.tls_key", &self.tls_key);
        [listen, workers, certificate, key]
            .into_iter()
            .flatten()
            .collect()
    }
}

pub(super) async fn run(common: &Common, arguments: ServeArgs) -> Result<(), CliError> {
    let Opened { state, clock } = common.open("serve", arguments.flags()).await?;
    let tls = Tls::load(&state.config.server).map_err(ProcessError::Tls)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = state.config.server.listen;
    let refused = |source| CliError::Listen { address, source };
    let entrance = Entrance::open(address, tls).map_err(refused)?;
    let address = entrance.address().map_err(refused)?;
    if let Some(admin) = process::first_admin(&state).await? {
        Terminal::line(&format!(
            "administrator {} with password {} (shown once)",
            admin.email, admin.password
        ))?;
    }
    process::install_shipped_tracks(&state)
        .await
        .map_err(ProcessError::Tracks)?;
    process::stop_on_signal(state.leaving.clone()).map_err(ProcessError::Signals)?;
    tokio::spawn(process::refresh_clock(clock, state.clone(), state.stop.clone()));
    let router = http::router(state.clone());
    Terminal::line(&format!("listening on {scheme}://{address}"))?;
    process::serve(state, router, entrance).await?;
    Ok(())
}
