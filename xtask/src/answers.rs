//! Whether the tests asked every operation for every answer that its contract declares.
//!
//! The tests note what they were answered; `crates/app/examples/answer_coverage` compares that with the contract.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::process;
use crate::workspace::Workspace;

/// Names the directory of the notes to the tests.
const DIRECTORY_VARIABLE: &str = "TOUCHSTONE_OBSERVED_ANSWERS";

/// The notes of one run.
pub(crate) struct Notes(PathBuf);

impl Notes {
    /// An empty place; what an earlier run noted is gone.
    pub(crate) fn begin(workspace: &Workspace) -> anyhow::Result<Self> {
        Self::at(workspace.target_directory().join("observed-answers"))
    }

    fn at(directory: PathBuf) -> anyhow::Result<Self> {
        if directory.exists() {
            std::fs::remove_dir_all(&directory)
                .with_context(|| format!("{} cannot be emptied", directory.display()))?;
        }
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("{} cannot be made", directory.display()))?;
        Ok(Self(directory))
    }

    /// Has the tests of a command write here.
    pub(crate) fn taken_by<'command>(&self, command: &'command mut Command) -> &'command mut Command {
        command.env(DIRECTORY_VARIABLE, &self.0)
    }

    /// Fails when a declared answer is missing; the comparison prints which. Only a run of all tests can pass.
    pub(crate) fn judge(&self, workspace: &Workspace) -> anyhow::Result<()> {
        // `cargo test` has just built it; `cargo run` would build the whole service once more with other features.
        let program = workspace
            .target_directory()
            .join("debug/examples/answer_coverage");
        process::run(Command::new(program).arg(&self.0))
            .context("the tests did not ask for every answer of the contract")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_begins_without_the_notes_of_the_last_one() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("notes");
        let first = Notes::at(directory.clone()).unwrap();
        std::fs::write(first.0.join("1.txt"), "GET / 200\n").unwrap();
        let second = Notes::at(directory).unwrap();
        assert_eq!(std::fs::read_dir(&second.0).unwrap().count(), 0);
    }
}
