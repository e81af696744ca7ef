//! What HTTP, authentication and ownership cost on top of the statements they run.

use std::path::Path;

use anyhow::{Context as _, ensure};

use super::figure::Figure;
use crate::postgres::Server;
use crate::process;
use crate::workspace::Workspace;

/// Runs the program `bench_api` of the app crate on both databases; it prints `name<TAB>unit<TAB>sample,sample,…` lines.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    let postgres = Server::start()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "touchstone",
        "--example",
        "bench_api",
        "--",
    ]);
    cargo
        .arg(binary)
        .env("TOUCHSTONE_TEST_POSTGRES_URL", postgres.url());
    let figures = process::output(&mut cargo)?
        .lines()
        .map(parse)
        .collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!figures.is_empty(), "bench_api printed nothing");
    Ok(figures)
}

fn parse(line: &str) -> anyhow::Result<Figure> {
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
