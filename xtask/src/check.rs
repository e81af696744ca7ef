//! `check`: everything that can be said about the source and the contract without running the tests.

use std::process::ExitCode;

use crate::workspace::Workspace;
use crate::{deny, drift, process, schemathesis, steps::Steps, tidy};

/// Runs every check, the quick ones first, and reports all that failed.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let mut steps = Steps::default();
    steps.run("tidy", || tidy::check(workspace));
    steps.run("fmt", || {
        process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
    });
    steps.run("clippy", || clippy(workspace));
    steps.run("doc", || document(workspace));
    steps.run("openapi", || drift::check(workspace, &drift::OPENAPI));
    steps.run("env-example", || drift::check(workspace, &drift::ENV_EXAMPLE));
    steps.run_with_outcome("schemathesis", || schemathesis::check(workspace));
    steps.run_with_outcome("deny", || deny::check_if_installed(workspace));
    steps.conclude()
}

fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ];
    process::run(process::cargo(workspace).args(arguments))
}

fn document(workspace: &Workspace) -> anyhow::Result<()> {
    let mut command = process::cargo(workspace);
    command
        .args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings");
    process::run(&mut command)
}
