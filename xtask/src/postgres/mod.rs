//! A PostgreSQL server for tests: fresh, fast, unsafe against power loss, and gone afterwards.
//!
//! A guardian process in its own process group waits for the end of its standard input and then stops the server and
//! removes its directory. The pipe closes when [`Server`] is dropped and also when this tool is killed in any way, so
//! an interrupted run leaves nothing behind. (A signal handler would need unsafe code and would miss SIGKILL.)

mod account;
mod binaries;

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};

pub(crate) use crate::process;
pub(crate) use account::{Account, is_root};
pub(crate) use binaries::find_or_install;

/// Tests read the superuser's URL from this variable; without it their PostgreSQL half cannot run.
pub(crate) const URL_VARIABLE: &str = "TOUCHSTONE_TEST_POSTGRES_URL";

/// A server with a replica, for the few tests that want one: copying every database of all the others would cost more than
/// they do.
pub(crate) const REPLICATED_VARIABLE: &str = "TOUCHSTONE_TEST_REPLICATED_URL";
/// Its replica.
pub(crate) const REPLICA_VARIABLE: &str = "TOUCHSTONE_TEST_REPLICA_URL";

/// A free port can be taken between asking for it and listening on it.
const START_ATTEMPTS: usize = 5;

/// Durability is given up on purpose; tests of durability start servers of their own.
const SETTINGS: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=128MB",
    "listen_addresses=127.0.0.1",
];

/// As an operator would run it: what is committed is on the disk.
const DURABLE: [&str; 6] = [
    "max_connections=300",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "checkpoint_timeout=5min",
    "checkpoint_completion_target=0.9",
    "listen_addresses=127.0.0.1",
];

const GUARDIAN: &str = r#"
cat >/dev/null
for cluster in replica data; do
    [ ! -d "$2/$cluster" ] || "$1/pg_ctl" stop -D "$2/$cluster" -m immediate -w -t 30
done
rm -rf "$2"
"#;

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Server {
    guardian: Child,
    directory: PathBuf,
    port: u16,
    replica: Option<u16>,
}

impl Server {
    /// The same with a streaming replica beside it.
    pub(crate) fn start_with_replica() -> anyhow::Result<Self> {
        // Tests turn the clock by hand, and what is flushed a moment later is then flushed much later.
        Self::start_pair(true, &[&SETTINGS[..], &["synchronous_commit=on"]].concat())
    }

    /// One that waits for its disk, for measurements, with these settings besides.
    pub(crate) fn start_durable(settings: &[&'static str]) -> anyhow::Result<Self> {
        Self::start_pair(false, &[&DURABLE, settings].concat())
    }

    /// Finds (or installs) the programs, creates a cluster in a temporary directory and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_pair(false, &SETTINGS)
    }

    fn start_pair(replicated: bool, settings: &[&'static str]) -> anyhow::Result<Self> {
        let cluster = Cluster {
            binaries: binaries::find_or_install()?,
            account: Account::for_server()?,
            directory: directory()?,
            settings: settings.to_vec(),
        };
        cluster.hand_over()?;
        let mut server = Self {
            guardian: cluster.guard()?,
            directory: cluster.directory.clone(),
            port: 0,
            replica: None,
        };
        cluster.initialize()?;
        server.port = cluster.start("data")?;
        if replicated {
            cluster.copy(server.port)?;
            server.replica = Some(cluster.start("replica")?);
        }
        Ok(server)
    }

    /// The superuser's URL to the database `postgres`.
    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The replica's, if there is one.
    pub(crate) fn replica_url(&self) -> Option<String> {
        self.replica.map(url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("xtask: the guardian of PostgreSQL cannot be awaited: {error}");
        }
        // Where the temporary directory lets only its owner delete, the guardian emptied it and left the shell.
        if self.directory.exists() && std::fs::remove_dir_all(&self.directory).is_err() {
            eprintln!("xtask: {} is left behind", self.directory.display());
        }
    }
}

struct Cluster {
    binaries: PathBuf,
    account: Option<Account>,
    directory: PathBuf,
    settings: Vec<&'static str>,
}

impl Cluster {
    /// Gives the directory to the account that the server runs under, readable on the way down.
    fn hand_over(&self) -> anyhow::Result<()> {
        std::fs::set_permissions(&self.directory, std::fs::Permissions::from_mode(0o755))?;
        if let Some(account) = &self.account {
            std::os::unix::fs::chown(&self.directory, Some(account.user), Some(account.group))?;
        }
        Ok(())
    }

    fn guard(&self) -> anyhow::Result<Child> {
        let mut command = self.command(Path::new("sh"));
        command
            .args(["-c", GUARDIAN, "guardian"])
            .arg(&self.binaries)
            .arg(&self.directory);
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
            .spawn()
            .context("the guardian of PostgreSQL cannot be started")
    }

    fn initialize(&self) -> anyhow::Result<()> {
        let mut command = self.command(&self.binaries.join("initdb"));
        command.arg("--pgdata").arg(self.directory.join("data"));
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        let output = command
            .stdin(Stdio::null())
            .output()
            .context("`initdb` cannot be started")?;
        if !output.status.success() {
            bail!(
                "`initdb` failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    /// A streaming replica's files, with what it has to know of the primary.
    fn copy(&self, port: u16) -> anyhow::Result<()> {
        let mut command = self.command(&self.binaries.join("pg_basebackup"));
        command.arg("--pgdata").arg(self.directory.join("replica"));
        command.args(["--host=127.0.0.1", "--username=postgres", "--wal-method=stream"]);
        command.args(["--checkpoint=fast", "--write-recovery-conf", "--no-sync"]);
        process::run(command.arg(format!("--port={port}")).stdin(Stdio::null()))
    }

    /// The cluster in this subdirectory; gives its port.
    fn start(&self, name: &str) -> anyhow::Result<u16> {
        for _ in 0..START_ATTEMPTS {
            let port = free_port()?;
            if self.start_on(name, port)? {
                return Ok(port);
            }
        }
        let log = std::fs::read_to_string(self.log(name)).unwrap_or_default();
        bail!("PostgreSQL did not start in {START_ATTEMPTS} attempts; its log says:\n{log}")
    }

    /// `pg_ctl start -w` waits until the server accepts connections and detaches it from our process group.
    fn start_on(&self, name: &str, port: u16) -> anyhow::Result<bool> {
        let mut options = format!("-p {port} -k '{}'", self.directory.display());
        for setting in &self.settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let mut command = self.command(&self.binaries.join("pg_ctl"));
        command
            .args(["start", "-w", "-t", "60", "-D"])
            .arg(self.directory.join(name));
        command.arg("-l").arg(self.log(name)).args(["-o", &options]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command.status().context("`pg_ctl` cannot be started")?.success())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.log"))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The server's account may not see the developer's directory.
        command.current_dir("/");
        if let Some(account) = &self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }
}

fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

fn directory() -> anyhow::Result<PathBuf> {
    let directory = tempfile::Builder::new()
        .prefix("touchstone-pg-")
        .tempdir_in(std::env::temp_dir())?;
    // From here on the guardian removes it.
    Ok(directory.keep())
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
