//! The tool itself: a Python program in a virtual environment below the target directory.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{debian, process};

/// The tool and all that it needs, each of one version, so that a run tomorrow asks what a run today asked.
const REQUIREMENTS: &str = include_str!("requirements.txt");
const NAME: &str = "schemathesis";
const PYTHON: &str = "python3";

const INSTALL_PYTHON: &str = r"
set -e
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 python3-venv
";

/// An installed schemathesis.
pub(crate) struct Tool {
    program: PathBuf,
}

impl Tool {
    /// The one below the target directory, installed when it is not there. It is never left out: what cannot be
    /// installed is an error.
    pub(crate) fn find_or_install(workspace: &Workspace) -> anyhow::Result<Self> {
        let version = version(REQUIREMENTS).context("the requirements do not name the tool")?;
        let name = format!("{NAME}-{version}");
        let directory = workspace.target_directory().join("tools").join(name);
        let program = directory.join("bin").join(NAME);
        if !answers(&program) {
            install(&directory)?;
        }
        if !answers(&program) {
            bail!("{} was installed but does not start", program.display());
        }
        Ok(Self { program })
    }

    /// Runs it with a settings file and further arguments; what it finds goes to the terminal.
    pub(crate) fn run(&self, settings: &Path, arguments: &[&str]) -> anyhow::Result<ExitStatus> {
        let mut command = Command::new(&self.program);
        command.arg("--config-file").arg(settings).arg("run");
        process::status(command.args(arguments).arg("--no-color"))
    }
}

fn version(requirements: &str) -> Option<&str> {
    let pins = requirements.lines().filter_map(|line| line.split_once("=="));
    pins.filter(|(name, _)| *name == NAME)
        .map(|(_, version)| version.trim())
        .next()
}

fn answers(program: &Path) -> bool {
    process::succeeds(Command::new(program).arg("--version"))
}

/// Into an empty directory, so that an interrupted installation is not taken for a whole one.
fn install(directory: &Path) -> anyhow::Result<()> {
    if !has_python() {
        debian::install(
            "Python with its module venv",
            INSTALL_PYTHON,
            "Python 3.10 or later with its module venv (python3-venv)",
        )?;
    }
    if directory.exists() {
        std::fs::remove_dir_all(directory)?;
    }
    std::fs::create_dir_all(directory)?;
    let requirements = directory.join("requirements.txt");
    std::fs::write(&requirements, REQUIREMENTS)?;
    process::run(Command::new(PYTHON).args(["-m", "venv"]).arg(directory))?;
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    process::run(pip.arg("--requirement").arg(&requirements))
        .context("schemathesis could not be installed; this check needs the Python package index once")
}

fn has_python() -> bool {
    process::succeeds(Command::new(PYTHON).args(["-c", "import ensurepip, venv"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirements_pin_the_tool_and_everything_else() {
        assert!(version(REQUIREMENTS).is_some());
        assert!(REQUIREMENTS.lines().all(|line| line.contains("==")));
        assert_eq!(version("schemathesis-extra==1\nschemathesis==4.2\n"), Some("4.2"));
        assert_eq!(version("requests==2\n"), None);
    }
}
