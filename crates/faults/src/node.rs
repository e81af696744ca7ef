//! One process of the program: an API server or a worker.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::guardian::Guardian;
use crate::signals;
use crate::waiting::until_true;

const START_LIMIT: Duration = Duration::from_mins(1);

/// Which part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Answers requests and leaves jobs to others.
    Api,
    /// Works on jobs.
    Worker,
    /// Both in one process.
    Both,
}

impl Role {
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["serve", "--no-workers"],
            Self::Worker => &["worker"],
            Self::Both => &["serve"],
        }
    }
}

/// How processes of a stage are started.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) program: PathBuf,
    pub(crate) directory: PathBuf,
    /// `TOUCHSTONE_…`.
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) guardian: Arc<Guardian>,
}

/// Killed when dropped.
pub(crate) struct Node {
    child: Child,
    process: u32,
    log: PathBuf,
    /// `127.0.0.1:port`, of a server.
    pub(crate) address: Option<String>,
    guardian: Arc<Guardian>,
}

impl Drop for Node {
    fn drop(&mut self) {
        // Killed and awaited processes refuse both, which is fine.
        let _ = self.child.start_kill();
        if !signals::is_alive(self.process) {
            self.guardian.forget(self.process);
        }
    }
}

impl Node {
    /// Returns when it listens, or works. `name` is that of its log.
    pub(crate) async fn start(
        recipe: &Recipe,
        role: Role,
        name: &str,
        extra: &[(&str, &str)],
    ) -> Result<Self> {
        let log = recipe.directory.join(format!("{name}.log"));
        let mut command = command(recipe, role.arguments());
        command
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .envs(extra.iter().copied())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?);
        let mut child = command.spawn().context("the program cannot be started")?;
        let process = child.id().context("it runs")?;
        recipe.guardian.note(process)?;
        let output = child.stdout.take().context("standard output is piped")?;
        let mut node = Self {
            child,
            process,
            log,
            address: None,
            guardian: Arc::clone(&recipe.guardian),
        };
        let lines = BufReader::new(output).lines();
        let started = async {
            match role {
                Role::Api | Role::Both => node.until_listening(lines).await,
                Role::Worker => node.until_working(lines).await,
            }
        };
        let started = tokio::time::timeout(START_LIMIT, started).await;
        match started {
            Ok(Ok(())) => Ok(node),
            Ok(Err(error)) => Err(error.context(format!("{name}: {}", node.last_words()))),
            Err(_) => bail!("{name} did not start: {}", node.last_words()),
        }
    }

    async fn until_listening(&mut self, mut lines: Lines<BufReader<ChildStdout>>) -> Result<()> {
        loop {
            let line = lines.next_line().await?.context("it ended before it listened")?;
            if let Some(address) = line.strip_prefix("listening on http://") {
                self.address = Some(address.trim().to_owned());
                tokio::spawn(drain(lines));
                return Ok(());
            }
        }
    }

    async fn until_working(&mut self, lines: Lines<BufReader<ChildStdout>>) -> Result<()> {
        tokio::spawn(drain(lines));
        until_true("the worker to work", START_LIMIT, async || {
            let works = self.logged()?.contains("working on jobs");
            Ok(works || self.child.try_wait()?.is_some())
        })
        .await?;
        ensure!(self.child.try_wait()?.is_none(), "it ended before it worked");
        Ok(())
    }

    pub(crate) const fn process(&self) -> u32 {
        self.process
    }

    /// Everything on standard error so far.
    pub(crate) fn logged(&self) -> Result<String> {
        fs::read_to_string(&self.log).with_context(|| format!("{} cannot be read", self.log.display()))
    }

    /// SIGKILL: no destructor, no drain.
    pub(crate) async fn kill(mut self) -> Result<()> {
        self.child.kill().await?;
        self.guardian.forget(self.process);
        Ok(())
    }

    pub(crate) fn freeze(&self) -> Result<()> {
        signals::freeze(self.process)
    }

    pub(crate) fn thaw(&self) -> Result<()> {
        signals::thaw(self.process)
    }

    /// SIGTERM; how long it took to end.
    pub(crate) async fn terminate(mut self, limit: Duration) -> Result<(i32, Duration)> {
        let asked = tokio::time::Instant::now();
        signals::terminate(self.process)?;
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let status = ended.with_context(|| format!("it did not stop within {limit:?}"))??;
        self.guardian.forget(self.process);
        Ok((status.code().unwrap_or(-1), asked.elapsed()))
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        let ended = self.child.try_wait()?.is_some();
        if ended {
            self.guardian.forget(self.process);
        }
        Ok(ended)
    }

    fn last_words(&self) -> String {
        let logged = self.logged().unwrap_or_default();
        let lines: Vec<&str> = logged.lines().collect();
        lines[lines.len().saturating_sub(3)..].join(" / ")
    }
}

/// The program with these arguments and the stage's settings, and none of the caller's.
pub(crate) fn command(recipe: &Recipe, arguments: &[&str]) -> Command {
    let mut command = Command::new(&recipe.program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("TOUCHSTONE_") || name.ends_with("DATABASE_URL") || name == "REDIS_URL" {
            command.env_remove(&*name);
        }
    }
    command
        .args(arguments)
        .current_dir(&recipe.directory)
        .envs(recipe.settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Keeps the pipe open and empty until the process ends.
async fn drain(mut lines: Lines<BufReader<ChildStdout>>) {
    while let Ok(Some(_)) = lines.next_line().await {}
}

/// Lines of all logs below a directory that tell of a panic.
pub(crate) fn panics(directory: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            let panicked = text.lines().filter(|line| line.contains("panicked at"));
            found.extend(panicked.map(str::to_owned));
        }
    }
    Ok(found)
}
