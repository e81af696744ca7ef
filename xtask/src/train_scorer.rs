//! `train-scorer`: learns the local scorer's coefficients anew, or says whether the committed ones are what learning gives.

use std::process::ExitCode;

use crate::process;
use crate::workspace::Workspace;

/// Builds the program `train_scorer` of the app crate and runs it with `arguments` (`[--check] [DATA]`) at the root.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut cargo = process::cargo(workspace);
    cargo.args(["run", "--release", "--quiet", "--package", "touchstone"]);
    cargo.args(["--example", "train_scorer", "--"]).args(arguments);
    Ok(process::exit_code(process::status(&mut cargo)?))
}
