//! Proves before anything is measured that program and baseline run the same statements, from the logs of both.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::client::{Candidate, Client, Started};
use crate::scene::Scene;
use crate::server::{Programs, Server};

/// How much shorter or longer the baseline's answer may be: the two draw other items, and theirs are of other lengths.
const LENGTHS: std::ops::RangeInclusive<f64> = 0.4..=2.5;
/// A log that has not grown for so long has everything.
const QUIET: Duration = Duration::from_millis(50);
/// What [`Server::touchstone_logging`] is to log: statements, with the requests they belong to.
const LEVEL: &str = "info,sqlx::query=debug";

/// One operation as a server carried it out.
struct Recorded {
    operation: &'static str,
    statements: Vec<String>,
    /// Bytes of the answer.
    length: usize,
}

/// Fails with the first statement that differs.
pub(crate) async fn require_same_statements(programs: &Programs, scene: &Scene) -> Result<()> {
    let program = Server::touchstone_logging(&programs.touchstone, &scene.url, LEVEL)?;
    let baseline = Server::baseline_logging(&programs.baseline, &scene.url)?;
    let ours = record(&program, scene).await?;
    let theirs = record(&baseline, scene).await?;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        compare(ours, theirs)?;
    }
    Ok(())
}

fn compare(ours: &Recorded, theirs: &Recorded) -> Result<()> {
    let operation = ours.operation;
    let longest = ours.statements.len().max(theirs.statements.len());
    anyhow::ensure!(longest > 0, "no statement of {operation} was logged");
    for index in 0..longest {
        let at = |recorded: &Recorded| {
            let statement = recorded.statements.get(index);
            statement.map_or_else(|| "(none)".to_owned(), Clone::clone)
        };
        let (ours, theirs) = (at(ours), at(theirs));
        anyhow::ensure!(
            ours == theirs,
            "examples/bench_baseline no longer runs what the program runs; change it: statement {} of {operation}\n\
             in the program:  {ours}\nin the baseline: {theirs}",
            index + 1
        );
    }
    #[expect(clippy::cast_precision_loss, reason = "answers are short")]
    let ratio = theirs.length as f64 / ours.length as f64;
    anyhow::ensure!(
        LENGTHS.contains(&ratio),
        "the baseline answers {operation} with {} bytes, the program with {}; bring them nearer",
        theirs.length,
        ours.length
    );
    Ok(())
}

/// Walks the second candidate through all operations, after the first has filled caches and pools.
async fn record(server: &Server, scene: &Scene) -> Result<Vec<Recorded>> {
    let candidates = scene.candidates()?;
    let [first, second, ..] = candidates.as_slice() else {
        anyhow::bail!("two candidates are needed");
    };
    let mut recorder = Recorder {
        client: Client::new(server),
        server,
        scene,
        seen: 0,
        recorded: Vec::new(),
    };
    recorder.walk(first).await?;
    recorder.recorded.clear();
    recorder.client.introduce(second).await?;
    recorder.walk(second).await?;
    scene.forget_round().await?;
    Ok(recorder.recorded)
}

struct Recorder<'a> {
    client: Client,
    server: &'a Server,
    scene: &'a Scene,
    /// Bytes of the log that belong to earlier operations.
    seen: usize,
    recorded: Vec<Recorded>,
}

impl Recorder<'_> {
    async fn walk(&mut self, candidate: &Candidate) -> Result<()> {
        self.client.request_id = Some(format!("start-{}", candidate.id));
        let reply = self.client.start(candidate, self.scene.slug()).await?;
        self.note("start", reply.to_string().len()).await?;
        let started: Started = self.scene.started(&reply)?;
        for operation in ["first save", "save"] {
            self.client.request_id = Some(format!("{}-{}", operation.replace(' ', "-"), candidate.id));
            let length = self.client.save(candidate, &started, 0).await?;
            self.note(operation, length).await?;
        }
        self.client.request_id = Some(format!("submit-{}", candidate.id));
        let length = self.client.submit(candidate, &started).await?;
        self.note("submit", length).await?;
        for operation in ["status", "result"] {
            self.client.request_id = Some(format!("{operation}-{}", candidate.id));
            let length = self.client.read(candidate, &started, operation).await?;
            self.note(operation, length).await?;
            self.scene.end_scoring().await?;
        }
        Ok(())
    }

    /// Keeps what the log says of the request that has just been answered.
    async fn note(&mut self, operation: &'static str, length: usize) -> Result<()> {
        let log = self.quiet_log().await?;
        let lines = log.get(self.seen..).context("a log only grows")?;
        let request = self.client.request_id.as_deref().unwrap_or_default();
        let named = self.server.application == "touchstone";
        let statements = lines
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["target"] == "sqlx::query" && (!named || line["correlation_id"] == request))
            .map(|line| text_of(&line))
            // Which items the program has met, and keeps from then on, depends on what was drawn.
            .filter(|text| !text.contains("d.position IN ("))
            // A pool may open another connection at any time.
            .filter(|text| !text.starts_with("PRAGMA "))
            .collect();
        self.seen = log.len();
        self.recorded.push(Recorded {
            operation,
            statements,
            length,
        });
        Ok(())
    }

    /// The last statement may be logged a little after its answer.
    async fn quiet_log(&self) -> Result<String> {
        let mut log = self.server.log()?;
        loop {
            tokio::time::sleep(QUIET).await;
            let later = self.server.log()?;
            if later.len() == log.len() && log.ends_with('\n') {
                return Ok(log);
            }
            log = later;
        }
    }
}

/// The statement in a line of the log, without line breaks.
fn text_of(line: &Value) -> String {
    let whole = line["db.statement"].as_str().unwrap_or_default();
    let summary = line["summary"].as_str().unwrap_or_default();
    let text = if whole.is_empty() { summary } else { whole };
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
