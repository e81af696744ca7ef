//! The parent's side: starts the child, feeds it, waits no longer than allowed, and never trusts its output.

use std::io;
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::error::ExtractError;
use super::extractor::ExtractorConfig;
use super::pdf_engines::Engines;
use super::protocol::{LOPDF_ONLY_ARGUMENT, MAX_REPLY_BYTES, PageTexts, Reply};

/// Runs children that read PDFs, a bounded number at a time.
#[derive(Debug)]
pub(super) struct PdfReader {
    config: ExtractorConfig,
    slots: Semaphore,
}

/// How one child ended.
enum Attempt {
    Answered(Reply),
    /// It was killed by a limit, crashed, or ran out of time.
    Died,
}

impl PdfReader {
    pub(super) fn new(config: ExtractorConfig) -> Self {
        let slots = Semaphore::new(config.parallel_children.max(1));
        Self { config, slots }
    }

    /// Raw text by page. A child that dies is followed by a second one with the sturdier engine only, within the same
    /// wall time.
    pub(super) async fn read(&self, bytes: &[u8]) -> Result<PageTexts, ExtractError> {
        let closed = |error| ExtractError::Unavailable {
            source: io::Error::other(error),
        };
        let _slot = self.slots.acquire().await.map_err(closed)?;
        let deadline = Instant::now() + self.config.wall;
        for engines in [Engines::Both, Engines::LopdfOnly] {
            let attempt = self.attempt(bytes, engines, deadline).await;
            match attempt.map_err(|source| ExtractError::Unavailable { source })? {
                Attempt::Answered(Reply::Text(texts)) => return Ok(texts),
                Attempt::Answered(Reply::Refused { error }) => return Err(error.into()),
                Attempt::Died => tracing::info!(?engines, "the child that read a PDF died"),
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Err(ExtractError::Limits)
    }

    async fn attempt(&self, bytes: &[u8], engines: Engines, deadline: Instant) -> io::Result<Attempt> {
        let mut child = self.command(engines).spawn()?;
        match timeout_at(deadline, converse(&mut child, bytes)).await {
            Ok(attempt) => attempt,
            Err(_elapsed) => {
                // A child that ended in this very moment cannot be killed any more, which is as good.
                let _ = child.kill().await;
                Ok(Attempt::Died)
            }
        }
    }

    fn command(&self, engines: Engines) -> Command {
        let mut command = Command::new(&self.config.program);
        command.args(&self.config.arguments);
        if engines == Engines::LopdfOnly {
            command.arg(LOPDF_ONLY_ARGUMENT);
        }
        // The environment holds secrets that a parser of hostile files has no use for. Threads and arenas reserve
        // address space, which is what the child limits.
        command
            .env_clear()
            .env("RAYON_NUM_THREADS", "1")
            .env("MALLOC_ARENA_MAX", "1");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// The child answers only after it has read everything, so writing first cannot block both sides.
async fn converse(child: &mut Child, bytes: &[u8]) -> io::Result<Attempt> {
    if let Some(mut input) = child.stdin.take() {
        // A child that dies early closes its end; its exit status tells more than the broken pipe.
        let _ = input.write_all(bytes).await;
    }
    let mut output = Vec::new();
    if let Some(pipe) = child.stdout.take() {
        pipe.take(MAX_REPLY_BYTES).read_to_end(&mut output).await?;
    }
    // The pipe is closed by now: a child that still wants to write more than a reply may hold is ended by it.
    if !child.wait().await?.success() {
        return Ok(Attempt::Died);
    }
    serde_json::from_slice(&output)
        .map(Attempt::Answered)
        .map_err(io::Error::from)
}
