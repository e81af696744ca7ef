//! The quality gate on planted and on sound items, and its speed.

use std::path::Path;
use std::process::Command;

use super::api::parse;
use super::figure::Figure;
use crate::process;
use crate::workspace::Workspace;

/// Runs the program `bench_gate` of the app crate; it prints `name<TAB>unit<TAB>sample,sample,…` lines.
pub(crate) fn run(_: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_gate"]))?;
    let program = workspace.target_directory().join("release/examples/bench_gate");
    process::output(&mut Command::new(program))?
        .lines()
        .map(parse)
        .collect()
}
