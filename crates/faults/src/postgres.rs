//! A PostgreSQL of our own that keeps what it has acknowledged, to be stopped, killed, frozen and started again.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::guardian::Guardian;
use crate::signals;
use crate::waiting::until_true;

const START_LIMIT: Duration = Duration::from_mins(3);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Everything that makes commits durable is on, as a server has it by default.
const SETTINGS: [&str; 8] = [
    "fsync=on",
    // After a crash one call instead of one for every file of every database.
    "recovery_init_sync_method=syncfs",
    "synchronous_commit=on",
    "max_connections=300",
    "shared_buffers=128MB",
    "max_wal_size=4GB",
    "listen_addresses=127.0.0.1",
    "deadlock_timeout=200ms",
];

/// See the module.
pub(crate) struct Postgres {
    binaries: PathBuf,
    account: Option<(u32, u32)>,
    directory: PathBuf,
    port: u16,
    guardian: Arc<Guardian>,
}

impl Postgres {
    /// Makes a cluster and starts it. `account` runs it where we are root, whom PostgreSQL refuses.
    pub(crate) async fn create(
        binaries: &Path,
        account: Option<(u32, u32)>,
        guardian: &Arc<Guardian>,
    ) -> Result<Self> {
        let postgres = Self {
            binaries: binaries.to_owned(),
            account,
            directory: guardian.directory().join("postgres"),
            port: free_port()?,
            guardian: Arc::clone(guardian),
        };
        std::fs::create_dir(&postgres.directory)?;
        if let Some((user, group)) = account {
            chown(&postgres.directory, Some(user), Some(group))?;
        }
        let mut initialize = postgres.command("initdb");
        initialize.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        ]);
        initialize.arg("--pgdata").arg(postgres.data());
        ensure!(initialize.status()?.success(), "initdb failed");
        postgres.start().await?;
        Ok(postgres)
    }

    /// The superuser's URL at this port, which may be that of a proxy.
    pub(crate) fn url_at(port: u16, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{database}")
    }

    /// The superuser's URL, past all proxies.
    pub(crate) fn url(&self, database: &str) -> String {
        Self::url_at(self.port, database)
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Returns when it takes connections. After a kill the old memory may be in use for a moment, so that it is tried again.
    pub(crate) async fn start(&self) -> Result<()> {
        until_true("PostgreSQL to start", START_LIMIT, async || {
            Ok(tokio::task::block_in_place(|| self.start_once())?)
        })
        .await?;
        let postmaster = self.postmaster().context("PostgreSQL has noted its process")?;
        self.guardian.note(postmaster)
    }

    fn start_once(&self) -> std::io::Result<bool> {
        let mut options = format!("-p {} -k '{}'", self.port, self.directory.display());
        for setting in SETTINGS {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let mut start = self.command("pg_ctl");
        start
            .args(["start", "-w", "-t", "120", "-D"])
            .arg(self.data())
            .arg("-l")
            .arg(self.directory.join("server.log"))
            .args(["-o", &options]);
        Ok(start.status()?.success())
    }

    /// As a power cut would, but for the disk: nothing is written to the end.
    pub(crate) fn stop_immediately(&self) -> Result<()> {
        let postmaster = self.postmaster();
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-w", "-t", "60", "-m", "immediate", "-D"])
            .arg(self.data());
        ensure!(stop.status()?.success(), "pg_ctl stop failed");
        if let Some(postmaster) = postmaster {
            self.guardian.forget(postmaster);
        }
        Ok(())
    }

    /// SIGKILL to every process of it; returns when they are gone.
    pub(crate) async fn kill(&self) -> Result<()> {
        let processes = self.processes()?;
        for process in &processes {
            signals::kill(*process)?;
        }
        until_true("PostgreSQL to be gone", STOP_LIMIT, async || {
            Ok(!processes.iter().any(|process| signals::is_alive(*process)))
        })
        .await?;
        // Its parent may not have asked for the end of it yet, and then its number counts as taken.
        std::fs::remove_file(self.data().join("postmaster.pid"))?;
        processes
            .first()
            .inspect(|postmaster| self.guardian.forget(**postmaster));
        Ok(())
    }

    /// SIGSTOP to every process of it; returns them, for [`Self::thaw`].
    pub(crate) fn freeze(&self) -> Result<Vec<u32>> {
        let mut frozen = Vec::new();
        // The first of them starts others, so that it stops first, and whoever it has just started is found then.
        let postmaster = self.postmaster().context("PostgreSQL runs")?;
        signals::freeze(postmaster)?;
        frozen.push(postmaster);
        for child in signals::children(postmaster)? {
            self.guardian.note(child)?;
            // One that has just ended need not be frozen.
            if signals::freeze(child).is_ok() {
                frozen.push(child);
            }
        }
        Ok(frozen)
    }

    /// SIGCONT to all of them.
    pub(crate) fn thaw(&self, frozen: &[u32]) -> Result<()> {
        for (index, process) in frozen.iter().enumerate() {
            signals::thaw(*process)?;
            if index > 0 {
                self.guardian.forget(*process);
            }
        }
        Ok(())
    }

    /// The first one is the parent of the others.
    fn processes(&self) -> Result<Vec<u32>> {
        let postmaster = self.postmaster().context("PostgreSQL runs")?;
        let mut processes = vec![postmaster];
        processes.extend(signals::children(postmaster)?);
        Ok(processes)
    }

    fn postmaster(&self) -> Option<u32> {
        let noted = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        noted.lines().next()?.trim().parse().ok()
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        // The server's account may not see the developer's directory.
        command.current_dir("/");
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.postmaster().is_some_and(signals::is_alive) {
            // The guardian kills what is left.
            let _ = self.stop_immediately();
        }
    }
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
