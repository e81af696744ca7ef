//! `faults`: the fault harness with everything it needs: programs built for it, PostgreSQL, Redis.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::postgres::Account;
use crate::workspace::Workspace;
use crate::{postgres, process, redis};

const REPORT: &str = "docs/faults.md";
/// Only builds with failpoints have it.
const MARK: &[u8] = b"TOUCHSTONE_FAILPOINT_LEDGER";

/// Passes the arguments on; `--record` is given the report's place.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let full = arguments.iter().any(|argument| argument == "--full");
    let [program, harness] = build(workspace, full)?;
    let mut command = Command::new(harness);
    process::without_settings(&mut command);
    command.current_dir(&workspace.root);
    command.arg("--program").arg(program);
    command.arg("--postgres").arg(postgres::find_or_install()?);
    command.arg("--redis").arg(redis::find_or_install()?);
    if let Some(Account { user, group }) = Account::for_server()? {
        command.arg("--account").arg(format!("{user}:{group}"));
    }
    command.arg("--state").arg(directory(workspace).join("run.json"));
    for argument in arguments {
        command.arg(argument);
        if argument == "--record" {
            command.arg(workspace.path(REPORT));
        }
    }
    Ok(process::exit_code(process::status(&mut command)?))
}

/// The program with failpoints and the harness, as copies: whoever builds meanwhile must not change what is running. The full
/// form measures, so that it takes the release build; the short one takes what the tests have built.
fn build(workspace: &Workspace, full: bool) -> anyhow::Result<[PathBuf; 2]> {
    let mut cargo = process::cargo(workspace);
    cargo.args(["build", "--workspace", "--features", "touchstone/failpoints"]);
    cargo.args(["--bin", "touchstone", "--bin", "faults"]);
    if full {
        cargo.arg("--release");
    }
    process::run(&mut cargo)?;
    let profile = if full { "release" } else { "debug" };
    let built = workspace.target_directory().join(profile);
    let copies = directory(workspace).join(profile);
    std::fs::create_dir_all(&copies)?;
    let program = copy(&built.join("touchstone"), &copies)?;
    let found = std::fs::read(&program)?
        .windows(MARK.len())
        .any(|bytes| bytes == MARK);
    if !found {
        bail!("another build has put a program without failpoints in the place of ours; run this again");
    }
    Ok([program, copy(&built.join("faults"), &copies)?])
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<PathBuf> {
    let to = to.join(from.file_name().unwrap_or_default());
    // A running program cannot be written, but its name can be given to another file.
    if to.exists() {
        std::fs::remove_file(&to)?;
    }
    std::fs::copy(from, &to).with_context(|| format!("{} cannot be copied", from.display()))?;
    Ok(to)
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.target_directory().join("faults")
}
