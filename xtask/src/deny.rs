//! Licences, banned crates and sources, by cargo-deny where it is installed.

use std::ffi::OsString;
use std::path::Path;

use crate::process;
use crate::steps::Outcome;
use crate::workspace::Workspace;

const ARGUMENTS: [&str; 5] = ["deny", "check", "bans", "licenses", "sources"];

/// Never installs anything: `check` must stay quick and work without a network.
pub(crate) fn check_if_installed(workspace: &Workspace) -> anyhow::Result<Outcome> {
    if !process::succeeds(process::cargo(workspace).args(["deny", "--version"])) {
        let reason = "cargo-deny is not installed (cargo install cargo-deny --locked)";
        return Ok(Outcome::NotRun(reason.to_owned()));
    }
    process::run(process::cargo(workspace).args(ARGUMENTS))?;
    Ok(Outcome::Passed(String::new()))
}

/// Installs cargo-deny into a temporary root when it is missing, then checks.
pub(crate) fn install_and_check(workspace: &Workspace) -> anyhow::Result<Outcome> {
    if process::succeeds(process::cargo(workspace).args(["deny", "--version"])) {
        return check_if_installed(workspace);
    }
    let root = tempfile::Builder::new().prefix("touchstone-deny-").tempdir()?;
    let mut install = process::cargo(workspace);
    install
        .args(["install", "cargo-deny", "--locked", "--root"])
        .arg(root.path());
    if !process::status(&mut install)?.success() {
        return Ok(Outcome::NotRun("cargo-deny could not be installed".to_owned()));
    }
    process::run(
        process::cargo(workspace)
            .args(ARGUMENTS)
            .env("PATH", path_with(&root.path().join("bin"))),
    )?;
    Ok(Outcome::Passed(String::new()))
}

fn path_with(directory: &Path) -> OsString {
    let mut path = OsString::from(directory);
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}
