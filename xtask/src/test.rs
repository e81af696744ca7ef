//! `test`: the whole workspace's tests with a PostgreSQL and a Redis of their own, whether they asked for every declared
//! answer, and a rehearsal of `bench api`.

use std::process::{Command, ExitCode};

use anyhow::bail;

use crate::answers::Notes;
use crate::bench;
use crate::hanging;
use crate::process;
use crate::services::Services;
use crate::workspace::Workspace;

/// Tells tests as how many instances a service is to run.
const INSTANCES_VARIABLE: &str = "TOUCHSTONE_TEST_INSTANCES";

/// Plain `cargo test`, so that its closing lines reach the terminal unchanged; then [`after_all`], unless some tests
/// were picked.
pub(crate) fn run(workspace: &Workspace, extra: &[String]) -> anyhow::Result<ExitCode> {
    let services = Services::start_all()?;
    let mut command = command(workspace, &services, extra);
    if !extra.is_empty() {
        return Ok(process::exit_code(process::status(&mut command)?));
    }
    let notes = Notes::begin(workspace)?;
    let status = hanging::status(notes.taken_by(&mut command), |_| {})?;
    if status.success() {
        after_all(workspace, &services, &notes)?;
    }
    Ok(process::exit_code(status))
}

/// The same run, with the closing lines added up on the way: `312 passed, 0 failed, 0 ignored`.
pub(crate) fn run_and_count(workspace: &Workspace) -> anyhow::Result<String> {
    let services = Services::start_all()?;
    let notes = Notes::begin(workspace)?;
    let mut command = command(workspace, &services, &[]);
    let mut totals = Totals::default();
    let status = hanging::status(notes.taken_by(&mut command), |line| totals.add(line))?;
    if !status.success() {
        bail!("`cargo test` failed ({status}): {}", totals.text());
    }
    after_all(workspace, &services, &notes)?;
    Ok(totals.text())
}

/// What only a whole run can tell.
fn after_all(workspace: &Workspace, services: &Services, notes: &Notes) -> anyhow::Result<()> {
    notes.judge(workspace)?;
    bench::rehearse_api(workspace, services)
}

/// The whole HTTP suite with every service on PostgreSQL as two instances; arguments replace the filters of the tests.
pub(crate) fn run_instances(workspace: &Workspace, extra: &[String]) -> anyhow::Result<ExitCode> {
    let services = Services::start_all()?;
    let mut command = process::cargo(workspace);
    process::without_settings(&mut command);
    command.args([
        "test",
        "--package",
        "touchstone",
        "--features",
        "touchstone/failpoints",
    ]);
    command.args(["--test", "it", "--"]).args(extra);
    services.lend(&mut command);
    command.env(INSTANCES_VARIABLE, "2");
    Ok(process::exit_code(hanging::status(&mut command, |_| {})?))
}

/// The command itself, for those who run it in an environment of their own.
pub(crate) fn command(workspace: &Workspace, services: &Services, extra: &[String]) -> Command {
    let mut command = process::cargo(workspace);
    process::without_settings(&mut command);
    command
        .args(["test", "--workspace", "--features", "touchstone/failpoints"])
        .args(extra);
    services.lend(&mut command);
    command
}

#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`; other lines change nothing.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                Some((number, "ignored")) => self.ignored += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }

    fn text(&self) -> String {
        format!(
            "{} passed, {} failed, {} ignored",
            self.passed, self.failed, self.ignored
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_several_binaries_are_added_up() {
        let mut totals = Totals::default();
        totals.add("test a ... ok");
        totals.add(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s",
        );
        totals.add(
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s",
        );
        assert_eq!(totals.text(), "7 passed, 2 failed, 1 ignored");
    }
}
