//! A Redis server for tests: empty, without files unless asked for, and gone afterwards.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::guardian::Guarded;
use crate::postgres::free_port;
use crate::{debian, process};

/// Tests read the URL from this variable; without it what needs Redis cannot run.
pub(crate) const URL_VARIABLE: &str = "TOUCHSTONE_TEST_REDIS_URL";

const PROGRAM: &str = "redis-server";

/// A free port can be taken between asking for it and listening on it.
const START_ATTEMPTS: usize = 5;
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Nothing is written to disk, and what does not fit is refused instead of forgotten, as job queues need it.
const IN_MEMORY: [&str; 6] = [
    "--save",
    "",
    "--appendonly",
    "no",
    "--maxmemory-policy",
    "noeviction",
];

/// Debian starts its own server on installation unless a policy forbids it; ours is the only one wanted.
const INSTALL: &str = r"
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server
";

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Server {
    guarded: Guarded,
    port: u16,
}

impl Server {
    /// Finds (or installs) the program, starts it on a free port and waits until it answers.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program = find_or_install()?;
        let mut log = String::new();
        for _ in 0..START_ATTEMPTS {
            let server = Self::spawn(&program, free_port()?)?;
            if server.answers() {
                return Ok(server);
            }
            log = server.guarded.log();
        }
        bail!("Redis did not start in {START_ATTEMPTS} attempts; its log says:\n{log}")
    }

    /// Database 0.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    fn spawn(program: &Path, port: u16) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("touchstone-redis-")
            .tempdir()?
            .keep();
        let port_text = port.to_string();
        let mut arguments = vec!["--bind", "127.0.0.1", "--port", &port_text];
        arguments.extend(IN_MEMORY);
        let directory_text = directory.display().to_string();
        arguments.extend(["--dir", &directory_text]);
        Ok(Self {
            guarded: Guarded::start(directory.clone(), None, program, &arguments)?,
            port,
        })
    }

    /// Whether it is ours that answers, not somebody else's who took the port: ours works in our directory.
    #[expect(
        clippy::disallowed_methods,
        reason = "a condition with a limit is looked at again"
    )]
    fn answers(&self) -> bool {
        let directory = self.guarded.directory().display().to_string();
        let started = Instant::now();
        while started.elapsed() < ANSWERS_WITHIN {
            match self.ask(b"CONFIG GET dir\r\n") {
                Ok(said) if said.contains(&directory) => return true,
                Ok(said) if said.starts_with('*') => return false,
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        false
    }

    fn ask(&self, line: &[u8]) -> std::io::Result<String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(line)?;
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

/// The program.
pub(crate) fn find_or_install() -> anyhow::Result<PathBuf> {
    if let Some(program) = find() {
        return Ok(program);
    }
    debian::install("Redis", INSTALL, "`redis-server`, version 6.2 or later")?;
    find().context("Redis was installed but `redis-server` is not found in PATH")
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(PROGRAM))
        .find(|program| program.is_file() && process::succeeds(Command::new(program).arg("--version")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_is_gone_with_its_directory() {
        let Some(program) = find() else {
            panic!("`cargo xtask test` brings redis-server; run that first");
        };
        let server = Server::spawn(&program, free_port().unwrap()).unwrap();
        assert!(server.answers());
        assert!(server.ask(b"PING\r\n").unwrap().starts_with("+PONG"));
        let (directory, port) = (server.guarded.directory().to_path_buf(), server.port);
        drop(server);
        assert!(!directory.exists());
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    }
}
