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

use account::Account;
pub(crate) use account::is_root;

/// Tests read the superuser's URL from this variable; without it their PostgreSQL half cannot run.
pub(crate) const URL_VARIABLE: &str = "TOUCHSTONE_TEST_POSTGRES_URL";

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

const GUARDIAN: &str = r#"
cat >/dev/null
"$1/pg_ctl" stop -D "$2/data" -m immediate -w -t 30
rm -rf "$2"
"#;

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Server {
    guardian: Child,
    directory: PathBuf,
    port: u16,
}

impl Server {
    /// Finds (or installs) the programs, creates a cluster in a temporary directory and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let cluster = Cluster {
            binaries: binaries::find_or_install()?,
            account: Account::for_server()?,
            directory: directory()?,
        };
        cluster.hand_over()?;
        let mut server = Self {
            guardian: cluster.guard()?,
            directory: cluster.directory.clone(),
            port: 0,
        };
        cluster.initialize()?;
        server.port = cluster.start()?;
        Ok(server)
    }

    /// The superuser's URL to the database `postgres`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
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

    fn start(&self) -> anyhow::Result<u16> {
        for _ in 0..START_ATTEMPTS {
            let port = free_port()?;
            if self.start_on(port)? {
                return Ok(port);
            }
        }
        let log = std::fs::read_to_string(self.directory.join("server.log")).unwrap_or_default();
        bail!("PostgreSQL did not start in {START_ATTEMPTS} attempts; its log says:\n{log}")
    }

    /// `pg_ctl start -w` waits until the server accepts connections and detaches it from our process group.
    fn start_on(&self, port: u16) -> anyhow::Result<bool> {
        let mut options = format!("-p {port} -k '{}'", self.directory.display());
        for setting in SETTINGS {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        let mut command = self.command(&self.binaries.join("pg_ctl"));
        command
            .args(["start", "-w", "-t", "60", "-D"])
            .arg(self.directory.join("data"));
        command
            .arg("-l")
            .arg(self.directory.join("server.log"))
            .args(["-o", &options]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command.status().context("`pg_ctl` cannot be started")?.success())
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

fn directory() -> anyhow::Result<PathBuf> {
    let directory = tempfile::Builder::new()
        .prefix("touchstone-pg-")
        .tempdir_in(std::env::temp_dir())?;
    // From here on the guardian removes it.
    Ok(directory.keep())
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
