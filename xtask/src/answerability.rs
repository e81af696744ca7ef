//! `cargo xtask answerability`: whether a reader of the text alone answers generated items with their keys.

use std::process::{Command, ExitCode};

use crate::process;
use crate::workspace::Workspace;

/// Builds and runs `crates/app/examples/answerability` with these arguments.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let example = [
        "build",
        "--release",
        "-p",
        "touchstone",
        "--example",
        "answerability",
    ];
    process::run(process::cargo(workspace).args(example))?;
    let program = workspace
        .target_directory()
        .join("release/examples/answerability");
    process::run(Command::new(program).args(arguments))?;
    Ok(ExitCode::SUCCESS)
}
