//! A Redis of our own that writes its file, with a proxy in front, to be flushed, stopped, filled and started again.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::chance::Chance;
use crate::guardian::Guardian;
use crate::postgres::free_port;
use crate::proxy::Proxy;
use crate::signals;
use crate::waiting::until_true;

const START_LIMIT: Duration = Duration::from_secs(20);

/// See the module.
pub(crate) struct Redis {
    program: PathBuf,
    directory: PathBuf,
    port: u16,
    child: Option<Child>,
    guardian: Arc<Guardian>,
    pub(crate) proxy: Proxy,
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended.
            let _ = child.start_kill();
            child.id().inspect(|process| self.guardian.forget(*process));
        }
    }
}

impl Redis {
    pub(crate) async fn start(program: &Path, guardian: &Arc<Guardian>, chance: Chance) -> Result<Self> {
        let port = free_port()?;
        let directory = guardian.directory().join(format!("redis-{port}"));
        std::fs::create_dir(&directory)?;
        let mut redis = Self {
            program: program.to_owned(),
            directory,
            port,
            child: None,
            guardian: Arc::clone(guardian),
            proxy: Proxy::open(SocketAddr::from(([127, 0, 0, 1], port)), chance).await?,
        };
        redis.up().await?;
        Ok(redis)
    }

    /// For the program, through the proxy.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.proxy.port())
    }

    /// Starts it with what its file has.
    pub(crate) async fn up(&mut self) -> Result<()> {
        let child = Command::new(&self.program)
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"])
            .arg(&self.directory)
            .args(["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"])
            .args(["--maxmemory-policy", "noeviction"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("redis-server cannot be started")?;
        self.guardian.note(child.id().context("it runs")?)?;
        self.child = Some(child);
        until_true("Redis to answer", START_LIMIT, async || {
            Ok(self.ask(&["PING"]).await?.starts_with("+PONG"))
        })
        .await
    }

    /// SIGTERM, which lets it write its file.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.end(signals::terminate).await
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.end(signals::kill).await
    }

    async fn end(&mut self, signal: fn(u32) -> Result<()>) -> Result<()> {
        let mut child = self.child.take().context("Redis runs")?;
        let process = child.id().context("Redis runs")?;
        signal(process)?;
        child.wait().await?;
        self.guardian.forget(process);
        Ok(())
    }

    /// One command past the proxy; the answer as it came.
    pub(crate) async fn ask(&self, words: &[&str]) -> Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            // Writing to a String cannot fail.
            let _ = write!(text, "${}\r\n{word}\r\n", word.len());
        }
        stream.write_all(text.as_bytes()).await?;
        let mut answer = vec![0; 1024 * 1024];
        let length = stream.read(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        if answer.starts_with('-') {
            bail!("Redis refused {}: {answer}", words.join(" "));
        }
        Ok(answer)
    }

    /// Forgets everything.
    pub(crate) async fn flush(&self) -> Result<()> {
        self.ask(&["FLUSHALL"]).await?;
        Ok(())
    }

    /// Where its append-only files are.
    pub(crate) fn files(&self) -> PathBuf {
        self.directory.join("appendonlydir")
    }
}
