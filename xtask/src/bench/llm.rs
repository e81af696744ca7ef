//! Language models: what calls cost, how exactly limits are kept, and whether the books are the bill.

use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::api::parse;
use super::figure::Figure;
use crate::postgres::{Server, URL_VARIABLE};
use crate::workspace::Workspace;
use crate::{process, redis};

/// Runs the program `bench_llm` of the app crate; it prints `name<TAB>unit<TAB>sample,sample,…` lines.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_llm"]))?;
    let program = workspace.target_directory().join("release/examples/bench_llm");
    let (postgres, redis) = (Server::start_durable(&[])?, redis::Server::start()?);
    let mut bench = Command::new(program);
    process::without_settings(&mut bench);
    bench
        .arg(binary)
        .env(URL_VARIABLE, postgres.url())
        .env(redis::URL_VARIABLE, redis.url());
    let figures = process::output(&mut bench)?
        .lines()
        .map(parse)
        .collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(!figures.is_empty(), "bench_llm printed nothing");
    Ok(figures)
}
