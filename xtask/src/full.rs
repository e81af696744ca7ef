//! `full`: everything there is to run, and a report of it in docs/full.md.

use std::fmt::Write;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

use crate::steps::{Outcome, Steps};
use crate::workspace::Workspace;
use crate::{bench, check, deny, pooler, process, test};

const REPORT: &str = "docs/full.md";

/// Runs every step even after failures; the report shows them all.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let mut steps = Steps::default();
    steps.run_with_outcome("cargo xtask test", || {
        Ok(Outcome::Passed(test::run_and_count(workspace)?))
    });
    steps.run("cargo xtask instances", || {
        passed(test::run_instances(workspace, &[])?)
    });
    steps.run("cargo xtask pooler", || passed(pooler::run(workspace, &[])?));
    steps.run("cargo xtask check", || match check::run(workspace) {
        code if code == ExitCode::SUCCESS => Ok(()),
        _ => bail!("see its own summary"),
    });
    steps.run_with_outcome("cargo deny check", || deny::install_and_check(workspace));
    let mut figures = Vec::new();
    steps.run("cargo xtask bench", || {
        figures = bench::measure(workspace, &[])?;
        Ok(())
    });
    let report = report(&Machine::describe(workspace), &steps, &bench::table(&figures));
    std::fs::write(workspace.path(REPORT), report).with_context(|| format!("{REPORT} cannot be written"))?;
    println!("wrote {REPORT}");
    Ok(steps.conclude())
}

fn passed(code: ExitCode) -> anyhow::Result<()> {
    if code != ExitCode::SUCCESS {
        bail!("see what it printed");
    }
    Ok(())
}

/// What the times depend on.
struct Machine {
    date: String,
    commit: String,
    toolchain: String,
    processor: String,
    cores: usize,
    memory_gibibytes: u64,
}

impl Machine {
    fn describe(workspace: &Workspace) -> Self {
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        let kibibytes = field(&text("/proc/meminfo"), "MemTotal").and_then(|total| first_number(&total));
        let mut git = Command::new("git");
        git.current_dir(&workspace.root)
            .args(["rev-parse", "--short", "HEAD"]);
        Self {
            date: said(Command::new("date").args(["-u", "+%F"])),
            commit: said(&mut git),
            toolchain: said(Command::new("rustc").arg("--version")),
            processor: field(&text("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_gibibytes: kibibytes.unwrap_or(0).div_ceil(1024 * 1024),
        }
    }
}

fn said(command: &mut Command) -> String {
    process::output(command).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// The value of the first `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(key, value)| (key.trim(), value.trim()))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

fn report(machine: &Machine, steps: &Steps, bench_table: &str) -> String {
    let mut text = format!(
        "# Full run\n\nWritten by `cargo xtask full` on {} at commit {}.\n\n\
         {} cores ({}), {} GiB of memory, {}.\n\n\
         | step | result | seconds | detail |\n|---|---|---|---|\n",
        machine.date,
        machine.commit,
        machine.cores,
        machine.processor,
        machine.memory_gibibytes,
        machine.toolchain
    );
    for step in &steps.done {
        let (verdict, detail) = step.verdict();
        let seconds = step.elapsed.as_secs_f64();
        let detail = detail.replace(['\n', '|'], " ");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {verdict} | {seconds:.0} | {detail} |", step.name);
    }
    let _ = write!(text, "\n## Measurements\n\n{bench_table}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_their_whole_name() {
        let text = "model\t\t: 2\nmodel name\t: Some CPU\nmodel name\t: Other\n";
        assert_eq!(field(text, "model name").as_deref(), Some("Some CPU"));
        assert_eq!(
            field("MemTotal:  2048 kB\n", "MemTotal").and_then(|total| first_number(&total)),
            Some(2048)
        );
    }

    #[test]
    fn the_report_has_a_row_for_every_step_and_the_figures() {
        let mut steps = Steps::default();
        steps.run("one", || Ok(()));
        steps.run("two", || bail!("a | b\nc"));
        let machine = Machine {
            date: "2020-01-02".to_owned(),
            commit: "abc".to_owned(),
            toolchain: "rustc 1".to_owned(),
            processor: "CPU".to_owned(),
            cores: 2,
            memory_gibibytes: 8,
        };
        let text = report(&machine, &steps, "| figures |\n");
        assert!(
            text.contains("2 cores (CPU), 8 GiB of memory, rustc 1."),
            "{text}"
        );
        assert!(text.contains("| `one` | ok | 0 |  |"), "{text}");
        assert!(text.contains("| `two` | FAILED | 0 | a   b c |"), "{text}");
        assert!(text.ends_with("## Measurements\n\n| figures |\n"), "{text}");
    }
}
