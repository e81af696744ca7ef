//! `pooler`: the storage suite through a real PgBouncer in session mode.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::guardian::Guarded;
use crate::postgres::{self, Account, Server, free_port};
use crate::workspace::Workspace;
use crate::{debian, process, redis};

const PROGRAMS: [&str; 2] = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"];
const INSTALL: &str = r"
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends pgbouncer
";
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

/// What operators are told to set (docs/operations.md), and what tests need besides: everybody is the superuser, and a
/// connection to a template is not kept, or nobody could copy it.
const SETTINGS: &str = "\
pool_mode = session
ignore_startup_parameters = extra_float_digits
listen_addr = 127.0.0.1
auth_type = any
max_client_conn = 2000
default_pool_size = 250
server_lifetime = 0
unix_socket_dir =
";

/// Runs the tests; arguments replace their filters.
pub(crate) fn run(workspace: &Workspace, extra: &[String]) -> anyhow::Result<ExitCode> {
    let server = Server::start()?;
    let cache = redis::Server::start()?;
    let (_pooler, url) = start(&server)?;
    let mut command = process::cargo(workspace);
    process::without_settings(&mut command);
    command.args(["test", "--package", "storage", "--test", "it", "--"]);
    if extra.is_empty() {
        // Which account somebody is, is what these are about, and behind this pooler everybody is one.
        command.args(["postgres", "--skip", "timeouts"]);
    } else {
        command.args(extra);
    }
    command
        .env(postgres::URL_VARIABLE, url)
        .env(redis::URL_VARIABLE, cache.url());
    Ok(process::exit_code(process::status(&mut command)?))
}

/// A pooler before the server, and the URL of what is behind it.
fn start(server: &Server) -> anyhow::Result<(Guarded, String)> {
    let program = find_or_install()?;
    let directory = tempfile::Builder::new().prefix("touchstone-pooler-").tempdir()?;
    let port = free_port()?;
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={} user=postgres\n[pgbouncer]\nlisten_port = {port}\n{SETTINGS}",
        server.port()
    );
    let file = directory.path().join("pgbouncer.ini");
    std::fs::write(&file, settings)?;
    let account = Account::for_server()?;
    let pooler = Guarded::start(directory.keep(), account.as_ref(), &program, &[&file])?;
    if !listens(port) {
        bail!("PgBouncer does not listen; it says:\n{}", pooler.log());
    }
    Ok((pooler, format!("postgres://postgres@127.0.0.1:{port}/postgres")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a condition with a limit is looked at again"
)]
fn listens(port: u16) -> bool {
    let started = Instant::now();
    while started.elapsed() < LISTENS_WITHIN {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn find_or_install() -> anyhow::Result<PathBuf> {
    if let Some(program) = find() {
        return Ok(program);
    }
    debian::install("PgBouncer", INSTALL, "`pgbouncer`")?;
    find().context("PgBouncer was installed but its program is not found")
}

fn find() -> Option<PathBuf> {
    let mut programs = PROGRAMS.iter().map(PathBuf::from);
    programs.find(|program| process::succeeds(Command::new(program).arg("--version")))
}
