//! A server for the demonstration alone: a free port of this machine, a data directory that goes away with it.

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::error::DemoError;
use crate::cli::CliError;
use crate::config::{Config, RateLimitsConfig, Secret};
use crate::http;
use crate::process::{self, FirstAdmin, ProcessError};
use crate::wiring::{self, Opened};

/// Nobody waits for jobs of a demonstration that is over.
const SHUTDOWN_SECONDS: u64 = 3;

/// A running server. Nothing is logged: the terminal belongs to the demonstration.
pub(super) struct OwnServer {
    /// `http://127.0.0.1:port`.
    pub(super) address: String,
    /// Its administrator.
    pub(super) admin_email: String,
    /// Generated for this run.
    pub(super) admin_password: Secret,
    stop: CancellationToken,
    running: JoinHandle<Result<(), ProcessError>>,
    directory: TempDir,
}

impl OwnServer {
    /// Starts with defaults, whatever the settings of this machine say; a sentence model where `touchstone models fetch` puts
    /// it by default is used.
    pub(super) async fn start() -> Result<Self, CliError> {
        let directory = tempfile::Builder::new()
            .prefix("touchstone-demo-")
            .tempdir()
            .map_err(DemoError::Directory)?;
        let mut config = Config::default();
        config.models.directory = config.model_directory();
        config.server.data_dir = directory.path().to_path_buf();
        config.server.shutdown_seconds = SHUTDOWN_SECONDS;
        // The whole story happens within a minute.
        config.rate_limits = RateLimitsConfig::unlimited();
        let Opened { state, clock } = wiring::open(config).await?;
        process::prepare_schema(&state).await?;
        wiring::load_secrets(&state).await?;
        let admin = process::first_admin(&state).await?;
        let FirstAdmin { email, password } = admin
            .ok_or_else(|| DemoError::Login("the new server has an administrator already".to_owned()))?;
        process::install_shipped_tracks(&state)
            .await
            .map_err(ProcessError::Tracks)?;
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(DemoError::Listen)?;
        let address = listener.local_addr().map_err(DemoError::Listen)?;
        let stop = state.stop.clone();
        tokio::spawn(process::refresh_clock(clock, state.clone(), stop.clone()));
        let router = http::router(state.clone());
        let running = tokio::spawn(process::serve(state, router, listener));
        Ok(Self {
            address: format!("http://{address}"),
            admin_email: email.to_owned(),
            admin_password: Secret::new(password),
            stop,
            running,
            directory,
        })
    }

    /// Returns when the server has stopped by itself; [`Self::stop`] tells why.
    pub(super) async fn failed(&self) {
        self.stop.cancelled().await;
    }

    /// Lets running work end and removes the data.
    pub(super) async fn stop(self) -> Result<(), CliError> {
        self.stop.cancel();
        if let Ok(ended) = self.running.await {
            ended?;
        }
        self.directory
            .close()
            .map_err(|error| DemoError::Directory(error).into())
    }
}
