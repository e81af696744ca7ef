//! `saves`: answer saves of one process beside pgbench, which runs the same statement for one save at a time.
//!
//! Rounds alternate: the service with so many clients, pgbench with as many connections, pgbench with one. Both save an answer
//! of the same length of somebody else each time, to the same PostgreSQL, which waits for its disk.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sea_orm::sqlx::query_scalar;
use serde_json::json;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::options::{Comparison, Options};
use crate::rounds::{Asking, Figures, Round, round};
use crate::stage::{Candidate, Stage, Turns, post};
use crate::world::{World, id};

const ANSWER: &str = "The second writer waits until the first has committed or rolled back.";

/// The statement of a save of one answer, as the program sends it when nobody else saves at the moment.
const SAVE_ONE: &str = include_str!("save_one.sql");

/// Runs it.
pub(crate) async fn run(options: &Options, comparison: &Comparison) -> Result<bool> {
    let figures = Box::pin(LocalSet::new().run_until(measure(options, comparison))).await?;
    figures.print();
    Ok(true)
}

async fn measure(options: &Options, comparison: &Comparison) -> Result<Figures> {
    let stage = Stage::set(options, comparison).await?;
    let script = script(&stage.world, stage.sitting.len()).await?;
    let pgbench = Pgbench {
        program: &comparison.other,
        script: script.path(),
        url: &stage.world.url,
        seconds: comparison.seconds,
    };
    let asking: Rc<dyn Asking> = Rc::new(Saving {
        sitting: Rc::clone(&stage.sitting),
        turns: Turns::new(),
    });
    let time = Duration::from_secs(comparison.seconds);
    let mut figures = Figures::default();
    for number in 0..=comparison.rounds {
        let before = stage.meter.cpu()?;
        let ours = round(&stage.connections, &asking, comparison.clients, time).await?;
        let between = stage.meter.cpu()?;
        let theirs = pgbench.run(comparison.clients)?;
        let after = stage.meter.cpu()?;
        let alone = pgbench.run(1)?;
        // The first round warms up.
        if number > 0 {
            let cpu = between.since(&before).times(1.0 / ours.requests);
            let database = after.since(&between).0[2] / theirs.0;
            let clients = comparison.clients;
            push(
                &mut figures,
                (&ours, cpu.0),
                (theirs.1, database),
                alone.1,
                clients,
            );
        }
    }
    Ok(figures)
}

fn push(
    figures: &mut Figures,
    (ours, cpu): (&Round, [f64; 5]),
    (rate, database): (f64, f64),
    alone: f64,
    clients: u32,
) {
    let mut push =
        |name: &str, unit, sample| figures.push(&format!("saves, {clients} at once: {name}"), unit, sample);
    push("service", "per s", ours.rate);
    push("service, p50", "ms", ours.latency.milliseconds_at(500));
    push("service, p99", "ms", ours.latency.milliseconds_at(990));
    push("service, its process", "CPU µs each", cpu[0]);
    push("service, PostgreSQL", "CPU µs each", cpu[2]);
    push("service, load tool", "CPU µs each", cpu[4]);
    push("pgbench", "per s", rate);
    push("pgbench, PostgreSQL", "CPU µs each", database);
    push("service to pgbench (goal ≥ 1.25)", "×", ours.rate / rate);
    figures.push("saves, one at a time: pgbench", "per s", alone);
    figures.push("saves, service to pgbench one at a time", "×", ours.rate / alone);
}

/// Everybody saves in turn.
struct Saving {
    sitting: Rc<Vec<Candidate>>,
    turns: Turns,
}

impl Asking for Saving {
    fn next(&self) -> Vec<u8> {
        let Ok((place, turn)) = self.turns.next(self.sitting.len()) else {
            return Vec::new();
        };
        let candidate = &self.sitting[place];
        let texts: Vec<_> = candidate
            .paper
            .questions
            .iter()
            .filter(|question| question.is_text)
            .collect();
        let question = texts[turn % texts.len()];
        let body = json!({ "responses": [{ "question_id": question.id, "answer": ANSWER }] });
        post(
            &format!("/assessments/{}/responses", candidate.id),
            &candidate.token,
            &body,
        )
    }
}

struct Pgbench<'a> {
    program: &'a Path,
    script: &'a Path,
    url: &'a str,
    seconds: u64,
}

impl Pgbench<'_> {
    /// Gives the number of saves and how many there were per second.
    fn run(&self, clients: u32) -> Result<(f64, f64)> {
        let output = Command::new(self.program)
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=1"])
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", self.seconds))
            .arg("--file")
            .arg(self.script)
            .arg(self.url)
            .output()
            .context("pgbench cannot be started")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "pgbench: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let number = |before: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(before));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            number.with_context(|| format!("pgbench did not say `{before}`"))
        };
        Ok((
            number("number of transactions actually processed: ")?,
            number("tps = ")?,
        ))
    }
}

/// The statement with pgbench's variables in the places of its parameters.
async fn script(world: &World, candidates: usize) -> Result<tempfile::NamedTempFile> {
    let items: Vec<Uuid> = query_scalar(
        "SELECT id FROM item_versions WHERE kind IN ('essay', 'short_answer') ORDER BY id LIMIT 3",
    )
    .fetch_all(&world.pool)
    .await?;
    let now = world.began_at.as_micros();
    let item = items
        .iter()
        .enumerate()
        .map(|(place, id)| format!("WHEN {place} THEN '{id}'"));
    let item = format!(
        "(CASE CAST(:item AS INTEGER) {} END)",
        item.collect::<Vec<_>>().join(" ")
    );
    let values = [
        id(":candidate"),
        id(":candidate"),
        "0".to_owned(),
        "1".to_owned(),
        now.to_string(),
        now.to_string(),
        item,
        "0".to_owned(),
        format!("'\"{ANSWER}\"'"),
        "0".to_owned(),
    ];
    let mut text = SAVE_ONE.split_whitespace().collect::<Vec<_>>().join(" ");
    for (number, value) in (1..).zip(&values).collect::<Vec<_>>().into_iter().rev() {
        text = text.replace(&format!("${number}"), value);
    }
    let mut file = tempfile::NamedTempFile::new()?;
    writeln!(file, "\\set candidate random(0, {})", candidates - 1)?;
    writeln!(file, "\\set item random(0, {})", items.len() - 1)?;
    writeln!(file, "{text};")?;
    Ok(file)
}
