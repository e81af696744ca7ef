//! `db -- command…`: a PostgreSQL for the time of one command.

use std::process::{Command, ExitCode};

use anyhow::bail;

use crate::postgres::{self, Server};
use crate::process;
use crate::workspace::Workspace;

/// Runs the command in the caller's directory and answers with its exit code.
pub(crate) fn run(_workspace: &Workspace, words: &[String]) -> anyhow::Result<ExitCode> {
    let Some((program, arguments)) = words.split_first() else {
        bail!("which command? for example `cargo xtask db -- cargo test -p storage`");
    };
    let server = Server::start()?;
    let mut command = Command::new(program);
    command.args(arguments).env(postgres::URL_VARIABLE, server.url());
    process::without_package(&mut command);
    Ok(process::exit_code(process::status(&mut command)?))
}
