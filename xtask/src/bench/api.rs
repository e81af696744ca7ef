//! What the five requests of a track assessment cost, beside a baseline that runs the same statements.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::figure::Figure;
use crate::postgres::{Server, URL_VARIABLE};
use crate::process;
use crate::services::Services;
use crate::workspace::Workspace;

/// Runs the program `bench_api` of the app crate on both databases; it prints `name<TAB>unit<TAB>sample,sample,…` lines.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_api", "--example", "bench_baseline"]))?;
    let examples = workspace.target_directory().join("release/examples");
    let postgres = Server::start()?;
    let mut bench = Command::new(examples.join("bench_api"));
    process::without_settings(&mut bench);
    bench
        .arg(binary)
        .arg(examples.join("bench_baseline"))
        .env(URL_VARIABLE, postgres.url());
    let figures = process::output(&mut bench)?
        .lines()
        .map(parse)
        .collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!figures.is_empty(), "bench_api printed nothing");
    Ok(figures)
}

/// Whether the bench works and the baseline still runs what the program runs, with few rows; for what `cargo test` has built.
pub(crate) fn rehearse(workspace: &Workspace, services: &Services) -> anyhow::Result<()> {
    let built = workspace.target_directory().join("debug");
    let mut bench = Command::new(built.join("examples/bench_api"));
    process::without_settings(&mut bench);
    services.lend(&mut bench);
    bench
        .arg(built.join("touchstone"))
        .arg(built.join("examples/bench_baseline"))
        .arg("--rehearsal");
    process::output(&mut bench).context("the rehearsal of `bench api`")?;
    Ok(())
}

/// One such line.
pub(super) fn parse(line: &str) -> anyhow::Result<Figure> {
    let mut parts = line.split('\t');
    let mut part = || parts.next().with_context(|| format!("not a figure: {line}"));
    let (name, unit, samples) = (part()?, part()?, part()?);
    let samples = samples
        .split(',')
        .map(str::parse)
        .collect::<Result<Vec<f64>, _>>()?;
    Ok(Figure::new(name, unit, samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_figure_and_anything_else_is_not() {
        assert!(parse("api: save\tµs\t1.5,2").is_ok());
        assert!(parse("Compiling").is_err());
        assert!(parse("a\tb\tc").is_err());
    }
}
