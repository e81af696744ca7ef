//! `schemathesis`: a served instance is asked whatever its own document allows and forbids, by accounts of every kind.
//!
//! Nothing may be a server error, nothing may differ from the document, nothing may be logged as an error, and no operation
//! may be left out.

mod client;
mod operation;
mod pools;
mod report;
mod rounds;
mod settings;
mod stage;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::bench::server::{self, RunningServer};
use crate::process;
use crate::steps::{Outcome, Steps};
use crate::workspace::Workspace;
use client::Client;
use operation::Operation;
use report::Report;
use rounds::Round;
use settings::{Ids, Settings};
use tool::Tool;

/// The same requests every time; `cargo xtask schemathesis SEED` asks others.
const SEED: u32 = 20_260_302;
/// Requests per operation, for every account, in each of the phases that draw them.
const EXAMPLES: u32 = 10;
const DOCUMENT: &str = "/api/openapi.json";
const SYLLABUS: &str = "crates/app/assets/demo/syllabus.md";

/// Settings of the instance. Limits that keep many requests out would leave the contract behind them unasked.
const INSTANCE: [(&str, &str); 8] = [
    ("TOUCHSTONE__LIMITS__STREAMS_PER_PRINCIPAL", "1000"),
    ("TOUCHSTONE__RATE_LIMITS__SAVES", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__READS", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__AI", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__ADMIN_WRITES", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__OTHER", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__LOGIN_ACCOUNT", "1000000"),
    ("TOUCHSTONE__RATE_LIMITS__LOGIN_ADDRESS", "1000000"),
];

/// What is asked in one go.
const RUNS: [(Ids, &str, &str); 2] = [
    (Ids::Settled, "settled", "examples,coverage"),
    (Ids::Varied, "varied", "fuzzing,stateful"),
];

/// The command: one step of its own, with another seed if one is given.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let seed = match arguments {
        [] => SEED,
        [seed] => seed.parse().context("the seed has to be a number")?,
        _ => bail!("one seed at most"),
    };
    let mut steps = Steps::default();
    steps.run_with_outcome("schemathesis", || check_with(workspace, seed));
    Ok(steps.conclude())
}

/// The step of `check`.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Outcome> {
    check_with(workspace, SEED)
}

fn check_with(workspace: &Workspace, seed: u32) -> anyhow::Result<Outcome> {
    let tool = Tool::find_or_install(workspace)?;
    let directory = server::data_directory()?;
    let binary = build(workspace, directory.path())?;
    let syllabus = std::fs::read_to_string(workspace.path(SYLLABUS))?;
    let instance = start(directory, &binary)?;
    let document = Client::anonymous(&instance.base_url).get_at_root(DOCUMENT)?;
    let asking = Asking {
        tool,
        seed,
        url: format!("{}{DOCUMENT}", instance.base_url),
        directory: empty_directory(workspace)?,
        operations: Operation::all(&document),
    };
    let rounds = rounds::prepare(&instance.base_url, &asking.operations, &syllabus)?;
    let begun = Instant::now();
    let (report, mut faults) = asking.ask(&rounds)?;
    println!("asked for {:.0} s", begun.elapsed().as_secs_f64());
    faults.extend(left_out(&asking.operations, &report));
    let log = instance.logged()?;
    std::fs::write(asking.directory.join("server.log"), &log)?;
    faults.extend(error_lines(&log));
    instance.stop()?;
    if !faults.is_empty() {
        bail!("seed {seed}: {}", faults.join("\n"));
    }
    Ok(Outcome::Passed(summary(&asking.operations, &report, seed)))
}

/// A copy of the debug build, which other builds cannot replace while it runs.
fn build(workspace: &Workspace, directory: &Path) -> anyhow::Result<PathBuf> {
    process::run(process::cargo(workspace).args(["build", "--quiet", "--package", "touchstone"]))?;
    let copy = directory.join("touchstone");
    std::fs::copy(workspace.target_directory().join("debug/touchstone"), &copy)?;
    Ok(copy)
}

fn start(directory: TempDir, binary: &Path) -> anyhow::Result<RunningServer> {
    for (email, role) in rounds::STAFF {
        stage::add_staff(binary, &directory.path().join(server::DATA), email, role)?;
    }
    RunningServer::start_in(directory, binary, &INSTANCE)
}

/// Where settings, reports and log of the last run can be looked at.
fn empty_directory(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let directory = workspace.target_directory().join("schemathesis");
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// What all rounds have in common.
struct Asking {
    tool: Tool,
    seed: u32,
    url: String,
    directory: PathBuf,
    operations: Vec<Operation>,
}

impl Asking {
    /// Every round, even after faults; what was answered, and what was wrong.
    fn ask(&self, rounds: &[Round]) -> anyhow::Result<(Report, Vec<String>)> {
        let mut report = Report::default();
        let mut faults = Vec::new();
        for round in rounds {
            for (ids, name, phases) in RUNS {
                println!("-- {}, ids {name}, {phases}, seed {}", round.name, self.seed);
                let stem = self.directory.join(format!("{}-{name}", round.name));
                if !self.run(round, ids, phases, &stem)? {
                    faults.push(format!("{} with {name} ids: see above", round.name));
                }
                report.read(&stem.with_extension("ndjson"))?;
            }
            if let Err(error) = round.still_let_in() {
                faults.push(format!("{} was shut out meanwhile: {error:#}", round.name));
            }
        }
        Ok((report, faults))
    }

    fn run(&self, round: &Round, ids: Ids, phases: &str, stem: &Path) -> anyhow::Result<bool> {
        let operations: Vec<&Operation> = round.operations(&self.operations, ids).collect();
        let settings = Settings {
            credentials: &round.credentials,
            operations: &operations,
            pools: &round.pools,
            ids,
            seed: self.seed,
            examples: EXAMPLES,
        };
        let file = stem.with_extension("toml");
        std::fs::write(&file, settings.text())?;
        let report = stem.with_extension("ndjson");
        let report = report.to_str().context("the target directory is not UTF-8")?;
        let names: Vec<String> = operations.iter().map(|operation| operation.name()).collect();
        let mut arguments = vec![self.url.as_str(), "--phases", phases];
        arguments.extend(["--report", "ndjson", "--report-ndjson-path", report]);
        arguments.extend(names.iter().flat_map(|name| ["--include-name", name]));
        Ok(self.tool.run(&file, &arguments)?.success())
    }
}

/// Operations that no round has reached.
fn left_out(operations: &[Operation], report: &Report) -> Vec<String> {
    let names = operations.iter().map(Operation::name);
    let names = names.filter(|name| !report.exercised(name));
    names
        .map(|name| format!("{name} was not exercised: {}", report.statuses(&name)))
        .collect()
}

/// Lines of the log that speak of a fault of the server.
fn error_lines(log: &str) -> Vec<String> {
    let faults = log.lines().filter(|line| {
        let entry: Value = serde_json::from_str(line).unwrap_or_default();
        entry["level"] == "ERROR" || line.contains("panicked at")
    });
    faults.map(|line| format!("logged: {line}")).collect()
}

fn summary(operations: &[Operation], report: &Report, seed: u32) -> String {
    let names: Vec<String> = operations.iter().map(Operation::name).collect();
    let silent: Vec<&String> = names.iter().filter(|name| !report.succeeded(name)).collect();
    for name in &silent {
        println!("never 2xx: {name}: {}", report.statuses(name));
    }
    format!(
        "{} operations, {} of them up to a 2xx, {} requests, seed {seed}",
        names.len(),
        names.len() - silent.len(),
        report.requests
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_panics_of_the_log_are_faults() {
        let log = "{\"level\":\"INFO\",\"message\":\"the level is ERROR\"}\n\
                   {\"level\":\"ERROR\",\"message\":\"x\"}\n\
                   thread 'main' panicked at src/main.rs:1\n\
                   not json\n";
        let lines = error_lines(log);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(
            lines[0].contains("\"x\"") && lines[1].contains("panicked"),
            "{lines:?}"
        );
    }

    #[test]
    fn an_operation_without_an_answer_of_its_own_is_left_out() {
        let operation = Operation {
            method: "GET".to_owned(),
            path: "/a".to_owned(),
            roles: Vec::new(),
        };
        let faults = left_out(&[operation], &Report::default());
        assert_eq!(faults, ["GET /a was not exercised: "]);
    }
}
