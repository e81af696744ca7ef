//! A `touchstone serve` of its own data directory, started, awaited and stopped the way a supervisor does it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::process;

/// The data directory within the directory of a server.
pub(crate) const DATA: &str = "data";
const READY: &str = "listening on ";
const START_LIMIT: Duration = Duration::from_mins(1);
/// The server drains for 25 s at most.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// A running server; dropping it without [`RunningServer::stop`] kills it.
pub(crate) struct RunningServer {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) base_url: String,
    /// From spawning the process to its line on standard output.
    pub(crate) ready_after: Duration,
    /// Closes when the process closes its standard output, which is its end.
    output_end: Receiver<Line>,
    log: PathBuf,
    _directory: TempDir,
}

enum Line {
    Ready { base_url: String, after: Duration },
}

impl RunningServer {
    /// Starts the binary on a free port with a fresh data directory and waits until it listens.
    pub(crate) fn start(binary: &Path) -> anyhow::Result<Self> {
        Self::start_in(data_directory()?, binary, &[])
    }

    /// The same in a directory of the caller's, whose folder [`DATA`] may have been filled before, and with settings.
    pub(crate) fn start_in(
        directory: TempDir,
        binary: &Path,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let log = directory.path().join("server.log");
        let mut command = Command::new(binary);
        process::without_settings(&mut command);
        command
            .arg("serve")
            .env("TOUCHSTONE_DATA_DIR", directory.path().join(DATA));
        command.env("TOUCHSTONE_LISTEN", "127.0.0.1:0");
        command
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        let started = Instant::now();
        let mut child = command.spawn().context("the server cannot be started")?;
        let output = child.stdout.take().context("the server has no standard output")?;
        let (sender, output_end) = mpsc::channel();
        std::thread::spawn(move || watch(output, started, &sender));
        match output_end.recv_timeout(START_LIMIT) {
            Ok(Line::Ready { base_url, after }) => Ok(Self {
                child,
                base_url,
                ready_after: after,
                output_end,
                log,
                _directory: directory,
            }),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                bail!(
                    "the server did not listen: {}",
                    std::fs::read_to_string(log)?.trim()
                )
            }
        }
    }

    /// Fails when nothing accepts connections at the address that the server printed.
    pub(crate) fn require_connection(&self) -> anyhow::Result<()> {
        let authority = self.base_url.trim_start_matches("http://");
        TcpStream::connect(authority).with_context(|| {
            format!(
                "the server said it listens on {} but does not accept",
                self.base_url
            )
        })?;
        Ok(())
    }

    /// Resident memory in MiB (`VmRSS` of /proc, so on Linux only).
    pub(crate) fn resident_mebibytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        resident_kibibytes(&status)
            .map(|kibibytes| f64::from(kibibytes) / 1024.0)
            .context("no VmRSS in /proc")
    }

    /// What it has written to standard error so far.
    pub(crate) fn logged(&self) -> anyhow::Result<String> {
        std::fs::read_to_string(&self.log).context("the log of the server cannot be read")
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, then waits for the end; an unclean end is an error.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        process::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = wait_for_end(&mut self.child, &self.output_end)?;
        if !status.success() {
            bail!("the server ended with {status} after SIGTERM");
        }
        Ok(())
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // Both fail harmlessly after a regular stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory that disappears with its owner.
pub(crate) fn data_directory() -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("touchstone-bench-")
        .tempdir()
        .context("no temporary directory")
}

/// Reads to the end, so that a talkative server never blocks on a full pipe.
fn watch(output: impl Read, started: Instant, sender: &Sender<Line>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some(url) = line.strip_prefix(READY) {
            let ready = Line::Ready {
                base_url: url.trim().to_owned(),
                after: started.elapsed(),
            };
            if sender.send(ready).is_err() {
                return;
            }
        }
    }
}

fn wait_for_end(child: &mut Child, output_end: &Receiver<Line>) -> anyhow::Result<ExitStatus> {
    let limit = Instant::now() + STOP_LIMIT;
    loop {
        match output_end.recv_timeout(limit.saturating_duration_since(Instant::now())) {
            Ok(_) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(child.wait()?),
            Err(mpsc::RecvTimeoutError::Timeout) => bail!("the server did not stop within {STOP_LIMIT:?}"),
        }
    }
}

fn resident_kibibytes(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_gives_the_address() {
        let (sender, receiver) = mpsc::channel();
        watch(
            "hello\nlistening on http://127.0.0.1:4711\nmore\n".as_bytes(),
            Instant::now(),
            &sender,
        );
        let Line::Ready { base_url, .. } = receiver.try_recv().unwrap();
        assert_eq!(base_url, "http://127.0.0.1:4711");
    }

    #[test]
    fn resident_memory_is_read_from_the_status_file() {
        assert_eq!(
            resident_kibibytes("Name:\tx\nVmRSS:\t   20480 kB\nThreads:\t3\n"),
            Some(20480)
        );
        assert_eq!(resident_kibibytes("Name:\tx\n"), None);
    }
}
