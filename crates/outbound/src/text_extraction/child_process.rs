//! The parent's side: starts the child, feeds it, waits no longer than allowed, and never trusts its output.

use std::fs::File;
use std::io::{self, Seek as _};
use std::process::Stdio;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::error::ExtractError;
use super::extractor::ExtractorConfig;
use super::pdf_engines::Engines;
use super::protocol::{Heard, LOPDF_ONLY_ARGUMENT, MAX_REPLY_BYTES, PageTexts, Reply, hear};

/// Runs children that read PDFs, a bounded number at a time.
#[derive(Debug)]
pub(super) struct PdfReader {
    config: ExtractorConfig,
    slots: Semaphore,
}

/// Where the PDF is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pdf<'a> {
    Bytes(&'a [u8]),
    /// Becomes the child's standard input, so that it passes through no memory of ours.
    File(&'a File),
}

/// How one child ended.
enum Attempt {
    Answered(Reply),
    /// It was killed by a limit, crashed, or ran out of time.
    Died,
    /// It ended as if all were well, without a whole reply.
    Garbled,
}

impl PdfReader {
    pub(super) fn new(config: ExtractorConfig) -> Self {
        let slots = Semaphore::new(config.parallel_children.max(1));
        Self { config, slots }
    }

    /// Raw text by page. A child that dies or talks nonsense is followed by a second one with the sturdier engine only,
    /// within the same wall time.
    pub(super) async fn read(&self, pdf: Pdf<'_>) -> Result<PageTexts, ExtractError> {
        let closed = |error| ExtractError::Unavailable {
            source: io::Error::other(error),
        };
        let _slot = self.slots.acquire().await.map_err(closed)?;
        let deadline = Instant::now() + self.config.wall;
        let mut refusal = ExtractError::Limits;
        for engines in [Engines::Both, Engines::LopdfOnly] {
            let attempt = self.attempt(pdf, engines, deadline).await;
            match attempt.map_err(|source| ExtractError::Unavailable { source })? {
                Attempt::Answered(Reply::Text(texts)) => return Ok(texts),
                Attempt::Answered(Reply::Refused { error }) => return Err(error.into()),
                Attempt::Died => {
                    tracing::info!(?engines, "the child that read a PDF died");
                    refusal = ExtractError::Limits;
                }
                Attempt::Garbled => {
                    tracing::warn!(?engines, "the child that read a PDF gave no whole reply");
                    refusal = ExtractError::Malformed {
                        detail: "no reader can make sense of it".to_owned(),
                    };
                }
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Err(refusal)
    }

    async fn attempt(&self, pdf: Pdf<'_>, engines: Engines, deadline: Instant) -> io::Result<Attempt> {
        let (input, bytes) = match pdf {
            Pdf::Bytes(bytes) => (Stdio::piped(), bytes),
            Pdf::File(file) => (from_its_start(file)?, &[][..]),
        };
        let mut child = self.command(engines).stdin(input).spawn()?;
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
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// The position is shared with every child that had the file before.
fn from_its_start(file: &File) -> io::Result<Stdio> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file.into())
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
    match hear(&output) {
        Heard::Reply(reply) => Ok(Attempt::Answered(reply)),
        Heard::Garbled => Ok(Attempt::Garbled),
        Heard::NoReader => Err(io::Error::other(
            "the program that was started is not the PDF reader",
        )),
    }
}
