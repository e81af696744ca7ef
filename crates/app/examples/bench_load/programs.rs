//! The processes under load: several that serve, several that work, with the settings of a real installation.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use touchstone::rate_limits::Class;

use crate::ground::MASTER_KEY;
use crate::options::Processes;

const READY: &str = "listening on http://";

/// Running processes; stopped when dropped.
pub(crate) struct Programs {
    api: Vec<Child>,
    workers: Vec<Child>,
    pub(crate) addresses: Vec<SocketAddr>,
    data: TempDir,
}

impl Programs {
    /// Starts them and waits until those that serve listen. `redis_url` is for all of them.
    pub(crate) fn start(
        binary: &Path,
        database_url: &str,
        redis_url: Option<&str>,
        processes: Processes,
    ) -> Result<Self> {
        Self::start_with(binary, database_url, redis_url, (processes, &[]))
    }

    /// The same without anybody being told to come later, as comparisons with programs that count nobody want it.
    pub(crate) fn unlimited(binary: &Path, database_url: &str, redis_url: Option<&str>) -> Result<Self> {
        let processes = Processes { api: 1, worker: 0 };
        let settings = Class::ALL.map(|class| {
            let variable = format!("TOUCHSTONE__RATE_LIMITS__{}", class.name().to_uppercase());
            (variable, "1000000")
        });
        Self::start_with(binary, database_url, redis_url, (processes, &settings))
    }

    fn start_with(
        binary: &Path,
        database_url: &str,
        redis_url: Option<&str>,
        (processes, settings): (Processes, &[(String, &str)]),
    ) -> Result<Self> {
        let mut programs = Self {
            api: Vec::new(),
            workers: Vec::new(),
            addresses: Vec::new(),
            data: tempfile::tempdir()?,
        };
        let data = programs.data.path().to_owned();
        let command = |arguments: &[&str]| {
            let mut command = Command::new(binary);
            command
                .args(arguments)
                .env("TOUCHSTONE_DATA_DIR", &data)
                .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
                .env("TOUCHSTONE_DATABASE_URL", database_url)
                .env("TOUCHSTONE__SECURITY__MASTER_KEY", MASTER_KEY)
                // A line per request would measure the disk.
                .env("TOUCHSTONE__LOGGING__LEVEL", "warn")
                .envs(redis_url.map(|url| ("TOUCHSTONE_REDIS_URL", url)))
                .envs(settings.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::null());
            command
        };
        let mut serve = command(&["serve", "--no-workers"]);
        let mut work = command(&["worker"]);
        for number in 0..processes.api {
            let (child, address) = started(&mut serve, &programs.log(&format!("api-{number}"))?)?;
            programs.api.push(child);
            programs.addresses.push(address);
        }
        for number in 0..processes.worker {
            let log = programs.log(&format!("worker-{number}"))?;
            let child = work.stdout(Stdio::null()).stderr(log).spawn();
            programs
                .workers
                .push(child.context("a worker cannot be started")?);
        }
        Ok(programs)
    }

    /// Processes that serve, and those that work.
    pub(crate) fn pids(&self) -> [Vec<u32>; 2] {
        [&self.api, &self.workers].map(|children| children.iter().map(Child::id).collect())
    }

    /// Lines of their logs so far, warnings and errors, by message.
    pub(crate) fn complaints(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for entry in std::fs::read_dir(self.data.path())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                lines.extend(std::fs::read_to_string(&path)?.lines().map(str::to_owned));
            }
        }
        Ok(lines)
    }

    fn log(&self, name: &str) -> Result<File> {
        Ok(File::create(self.data.path().join(format!("{name}.log")))?)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        for child in self.api.iter_mut().chain(&mut self.workers) {
            // Both fail harmlessly when it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One that serves, and its address.
pub(crate) fn started(command: &mut Command, log: &File) -> Result<(Child, SocketAddr)> {
    let command = command.stdout(Stdio::piped()).stderr(log.try_clone()?);
    let mut child = command.spawn().context("the binary cannot be started")?;
    let output = child.stdout.take().context("standard output is piped")?;
    for line in BufReader::new(output).lines() {
        if let Some(address) = line?.strip_prefix(READY) {
            return Ok((child, address.trim().parse()?));
        }
    }
    anyhow::bail!("a process ended before it listened")
}
