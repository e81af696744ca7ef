//! The programs under measurement as running servers.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use touchstone::rate_limits::Class;

use crate::ground::MASTER_KEY;

/// Where the programs are.
pub(crate) struct Programs {
    /// The program.
    pub(crate) touchstone: PathBuf,
    /// What it is compared with.
    pub(crate) baseline: PathBuf,
}

/// A running server; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Of `/assessments`.
    pub(crate) base: String,
    /// The name its connections to PostgreSQL give.
    pub(crate) application: &'static str,
    data: TempDir,
}

impl Server {
    /// The program on a free port, without workers.
    pub(crate) fn touchstone(binary: &Path, database_url: &str) -> Result<Self> {
        Self::touchstone_logging(binary, database_url, "warn")
    }

    /// The same with a log of that level.
    pub(crate) fn touchstone_logging(binary: &Path, database_url: &str, level: &str) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = Command::new(binary);
        // What is measured is the work of requests, not their refusal; the baseline counts nothing either.
        for class in Class::ALL {
            let variable = format!("TOUCHSTONE__RATE_LIMITS__{}", class.name().to_uppercase());
            command.env(variable, "1000000");
        }
        command
            .args(["serve", "--no-workers"])
            .env("TOUCHSTONE_DATA_DIR", data.path())
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .env("TOUCHSTONE_DATABASE_URL", database_url)
            .env("TOUCHSTONE__SECURITY__MASTER_KEY", MASTER_KEY)
            .env("TOUCHSTONE__RATE_LIMITS__SHARED", "memory")
            .env("TOUCHSTONE__LOGGING__LEVEL", level);
        Self::start(command, data, "touchstone")
    }

    /// The baseline on a free port.
    pub(crate) fn baseline(binary: &Path, database_url: &str) -> Result<Self> {
        let mut command = Command::new(binary);
        command.arg(database_url);
        Self::start(command, tempfile::tempdir()?, "bench_baseline")
    }

    /// The same with a log of its statements.
    pub(crate) fn baseline_logging(binary: &Path, database_url: &str) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args([database_url, "--log-statements"]);
        Self::start(command, tempfile::tempdir()?, "bench_baseline")
    }

    /// Starts it and waits until it listens.
    fn start(mut command: Command, data: TempDir, application: &'static str) -> Result<Self> {
        let log = data.path().join("log");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("{application} cannot be started"))?;
        let output = child.stdout.take().context("standard output is piped")?;
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                return Ok(Self {
                    child,
                    base: format!("{address}/api/v1/assessments"),
                    application,
                    data,
                });
            }
        }
        let log = std::fs::read_to_string(log)?;
        anyhow::bail!("{application} ended before it listened: {log}")
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.data.path().join("log"))?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
