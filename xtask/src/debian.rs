//! Packages of the distribution, for tools that a check needs and this machine lacks.

use std::process::Command;

use anyhow::{Context, bail};

use crate::postgres::is_root;
use crate::process;

/// Runs a script of `apt-get` commands as root. Where that is not permitted, the error says what to install by hand.
pub(crate) fn install(what: &str, script: &str, by_hand: &str) -> anyhow::Result<()> {
    let root = is_root()?;
    let able = process::succeeds(Command::new("apt-get").arg("--version"))
        && (root || process::succeeds(Command::new("sudo").args(["-n", "true"])));
    if !able {
        bail!("{what} is missing: install {by_hand} and run this again");
    }
    println!("{what} is missing; installing the distribution's package");
    let mut command = if root {
        Command::new("sh")
    } else {
        Command::new("sudo")
    };
    if !root {
        command.args(["-n", "sh"]);
    }
    process::run(command.args(["-c", script])).with_context(|| format!("{what} could not be installed"))
}
