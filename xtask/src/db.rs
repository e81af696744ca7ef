//! `db -- command…`: a PostgreSQL and a Redis for the time of one command; `db --replica -- command…`: and a pair.

use std::process::{Command, ExitCode};

use anyhow::bail;

use crate::process;
use crate::services::Services;
use crate::workspace::Workspace;

/// Runs the command in the caller's directory and answers with its exit code.
pub(crate) fn run(_workspace: &Workspace, words: &[String]) -> anyhow::Result<ExitCode> {
    let (replicated, words) = match words.strip_prefix(&["--replica".to_owned()]) {
        Some(rest) => (true, rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest)),
        None => (false, words),
    };
    let Some((program, arguments)) = words.split_first() else {
        bail!("which command? for example `cargo xtask db -- cargo test -p storage`");
    };
    let services = if replicated {
        Services::start_all()?
    } else {
        Services::start()?
    };
    let mut command = Command::new(program);
    services.lend(command.args(arguments));
    process::without_package(&mut command);
    Ok(process::exit_code(process::status(&mut command)?))
}
