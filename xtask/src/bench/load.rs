//! The program `bench_load` of the app crate: load on several processes, and two comparisons. This side brings up PostgreSQL,
//! which waits for its disk, and Redis where it is asked for.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context;
use serde_json::Value;

use super::api::parse;
use super::figure::Figure;
use crate::postgres::{Server, URL_VARIABLE, find_or_install};
use crate::workspace::Workspace;
use crate::{process, redis};

/// Flags of ours among those of the program.
const REDIS: &str = "--redis";
const STATEMENTS: &str = "--statements";
const STATEMENTS_LIBRARY: &str = "shared_preload_libraries=pg_stat_statements";
/// The short form.
const SHORT: [&str; 6] = ["--users", "500", "--duration", "20", "--seeded-attempts", "5000"];

/// Runs the load with these flags; its report goes to standard output.
pub(crate) fn with(binary: &Path, flags: &[String]) -> anyhow::Result<ExitCode> {
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    let settings: &[&str] = if has(STATEMENTS) {
        &[STATEMENTS_LIBRARY]
    } else {
        &[]
    };
    let redis = has(REDIS).then(redis::Server::start).transpose()?;
    let postgres = Server::start_durable(settings)?;
    let mut bench = program(binary, &postgres)?;
    if let Some(redis) = &redis {
        bench.args(["--redis-url", &redis.url()]);
    }
    bench.arg("load").args(flags.iter().filter(|flag| *flag != REDIS));
    Ok(process::exit_code(process::status(&mut bench)?))
}

/// The short form, as figures.
pub(crate) fn short(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let report = directory.path().join("report.json");
    let postgres = Server::start_durable(&[])?;
    let mut bench = program(binary, &postgres)?;
    bench.arg("load").args(SHORT).arg("--json").arg(&report);
    process::run(&mut bench)?;
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report)?)?;
    let figure = |name: &str, unit: &str, value: &Value| {
        let sample = value
            .as_f64()
            .with_context(|| format!("the report has no {name}"))?;
        Ok::<_, anyhow::Error>(Figure::new(
            format!("load, 500 users: {name}"),
            unit,
            vec![sample],
        ))
    };
    Ok(vec![
        figure("p99 of all writes", "ms", &report["load"]["write_p99"])?,
        figure(
            "slowest p99 of a write",
            "ms",
            &report["load"]["slowest_write_p99"],
        )?,
        figure("CPU of the service per flow", "µs", &report["micros_per_flow"])?,
        figure(
            "CPU of the service per request",
            "µs",
            &report["micros_per_request"],
        )?,
    ])
}

/// Answer saves beside pgbench, from few at once, which bind the processors alone, to many, which bind the database.
pub(crate) fn saves(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let pgbench = find_or_install()?.join("pgbench");
    let mut figures = Vec::new();
    for clients in ["32", "64", "128"] {
        figures.extend(compared(binary, &["saves", "--clients", clients], &pgbench)?);
    }
    Ok(figures)
}

/// Status polls beside a bare handler.
pub(crate) fn poll(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let bare = Workspace::find()?
        .target_directory()
        .join("release/examples/bench_baseline");
    compared(binary, &["poll"], &bare)
}

fn compared(binary: &Path, mode: &[&str], other: &Path) -> anyhow::Result<Vec<Figure>> {
    let postgres = Server::start_durable(&[])?;
    let mut bench = program(binary, &postgres)?;
    bench.args(mode).arg("--other").arg(other);
    process::output(&mut bench)?.lines().map(parse).collect()
}

/// Builds it and names the binary and the database server to it.
fn program(binary: &Path, postgres: &Server) -> anyhow::Result<Command> {
    let workspace = Workspace::find()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_load", "--example", "bench_baseline"]))?;
    let mut bench = Command::new(workspace.target_directory().join("release/examples/bench_load"));
    process::without_settings(&mut bench);
    bench.env(URL_VARIABLE, postgres.url());
    bench.arg("--binary").arg(binary);
    Ok(bench)
}
