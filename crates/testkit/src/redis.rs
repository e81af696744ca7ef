//! Redis for tests: the server of the test run, and servers that a test may stop, fill and start again.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Set by `cargo xtask test`.
const REDIS_URL: &str = "TOUCHSTONE_TEST_REDIS_URL";

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

static COUNTER: AtomicU32 = AtomicU32::new(1);

/// The server of this test run, which all tests share: keys begin with a [`key_prefix`], nobody flushes or stops it.
pub fn shared_url() -> Result<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test command hands over its server in the environment"
    )]
    std::env::var(REDIS_URL)
        .with_context(|| format!("{REDIS_URL} is not set: run the tests with `cargo xtask test`"))
}

/// A beginning of keys that no other test has.
pub fn key_prefix() -> String {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{number}", std::process::id())
}

/// A server of one test, gone with it. Nothing is kept over a stop.
pub struct OwnRedis {
    directory: TempDir,
    port: u16,
    settings: Vec<String>,
    child: Option<Child>,
}

impl OwnRedis {
    /// Returns when it answers. Further settings as on the command line: `["--maxmemory", "5mb"]`.
    pub async fn start(settings: &[&str]) -> Result<Self> {
        let mut server = Self {
            directory: tempfile::tempdir()?,
            port: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port(),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            child: None,
        };
        server.start_again().await?;
        Ok(server)
    }

    /// The same place, empty.
    pub async fn start_again(&mut self) -> Result<()> {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--dir"])
            .arg(self.directory.path())
            .args(&self.settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        self.child = Some(command.spawn().context("redis-server cannot be started")?);
        let answering = async {
            while self
                .say("PING")
                .await
                .is_none_or(|said| !said.starts_with("+PONG"))
            {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(ANSWERS_WITHIN, answering)
            .await
            .context("redis-server does not answer")
    }

    /// At once, as a crash.
    pub async fn stop(&mut self) -> Result<()> {
        match self.child.take() {
            Some(mut child) => Ok(child.kill().await?),
            None => bail!("it does not run"),
        }
    }

    /// Sends one command, words separated by spaces; the beginning of what was answered.
    pub async fn say(&self, line: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.ok()?;
        stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.ok()?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }

    /// Where it listens, on this machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Database 0.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}
