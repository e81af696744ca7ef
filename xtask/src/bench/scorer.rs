//! Everything docs/scoring.md says in figures about the local scorer.

use std::path::Path;
use std::process::Command;

use super::figure::Figure;
use crate::process;
use crate::workspace::Workspace;

/// How the program's line on speed begins; its figure goes into the table of all benches.
const SPEED: &str = "| answers per second of CPU time";

/// Where the program looks for graded answers.
const DATA: &str = "../shared/data/short-answers-dev.csv";

/// Runs the program `bench_scorer` of the app crate and prints its tables.
pub(crate) fn run(_binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let workspace = Workspace::find()?;
    if !workspace.path(DATA).is_file() {
        println!("bench scorer: SKIPPED, {DATA} is not there");
        return Ok(Vec::new());
    }
    let mut cargo = process::cargo(&workspace);
    cargo.args(["build", "--release", "--package", "touchstone"]);
    process::run(cargo.args(["--example", "bench_scorer"]))?;
    let program = workspace.target_directory().join("release/examples/bench_scorer");
    let tables = process::output(Command::new(program).current_dir(&workspace.root))?;
    println!("{tables}");
    let speeds = tables
        .lines()
        .filter(|line| line.starts_with(SPEED))
        .filter_map(speed);
    Ok(vec![Figure::new(
        "scorer: answers judged per second and core, without a sentence model (goal ≥ 2000)",
        "/s",
        speeds.collect(),
    )])
}

/// The second cell of a row.
fn speed(row: &str) -> Option<f64> {
    row.split('|').nth(2)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_the_second_cell() {
        assert_eq!(
            speed("| answers per second (goal) | 15054 | not measured |"),
            Some(15054.0)
        );
        assert_eq!(speed("| answers per second (goal) | none |"), None);
    }
}
