//! `coverage`: lines that the tests run, against fixed thresholds and against the last accepted figures.

mod lcov;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::services::Services;
use crate::workspace::Workspace;
use crate::{hanging, process, test};
use lcov::Lines;
use tools::Tools;

const BASELINE: &str = "docs/coverage-baseline.txt";

/// Percentage points that a group may lose against the baseline before the command fails.
const TOLERATED_DROP: f64 = 2.0;

/// A part of the source with a threshold of its own.
struct Group {
    name: &'static str,
    /// Least share of lines in percent.
    least: f64,
    holds: fn(&str) -> bool,
}

const GROUPS: [Group; 3] = [
    Group {
        name: "overall",
        least: 85.0,
        holds: |_| true,
    },
    Group {
        name: "scoring",
        least: 90.0,
        holds: |path| path.contains("/scoring"),
    },
    Group {
        name: "recommendations",
        least: 90.0,
        holds: |path| path.contains("/recommendations"),
    },
];

/// Runs every test instrumented; `--accept` makes today's figures the baseline.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let tools = Tools::find()?;
    let output = Output::fresh(workspace)?;
    run_tests(workspace, &output)?;
    let report = tools.report(&output.profiles, &output.objects(workspace)?)?;
    let figures = figures(&lcov::product_lines(&report, &workspace.root));
    let baseline = std::fs::read_to_string(workspace.path(BASELINE)).unwrap_or_default();
    for (name, percent) in &figures {
        println!("{name:<16} {percent:6.2} % of lines");
    }
    if arguments.iter().any(|argument| argument == "--accept") {
        std::fs::write(workspace.path(BASELINE), render(&figures))
            .context("the baseline cannot be written")?;
        println!("wrote {BASELINE}");
    }
    let complaints = judge(&figures, &parse(&baseline));
    if !complaints.is_empty() {
        bail!("{}", complaints.join("; "));
    }
    Ok(ExitCode::SUCCESS)
}

/// Instrumented builds live apart, or they would throw away the ordinary ones.
struct Output {
    target: PathBuf,
    profiles: PathBuf,
}

impl Output {
    fn fresh(workspace: &Workspace) -> anyhow::Result<Self> {
        let target = workspace.target_directory().join("coverage");
        let profiles = target.join("profiles");
        if profiles.exists() {
            std::fs::remove_dir_all(&profiles)?;
        }
        std::fs::create_dir_all(&profiles)?;
        Ok(Self { target, profiles })
    }

    fn instrument(&self, command: &mut Command) {
        command
            .env("CARGO_TARGET_DIR", &self.target)
            .env("RUSTFLAGS", "-C instrument-coverage");
        // One merged file per program (%m), up to four at once, however many processes the tests start.
        command.env("LLVM_PROFILE_FILE", self.profiles.join("%4m.profraw"));
    }

    /// The test binaries and the program they start.
    fn objects(&self, workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
        let mut command = process::cargo(workspace);
        self.instrument(&mut command);
        command.args([
            "test",
            "--no-run",
            "--workspace",
            "--features",
            "touchstone/failpoints",
        ]);
        command
            .args(["--message-format=json"])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        Ok(executables(&process::output(&mut command)?))
    }
}

fn run_tests(workspace: &Workspace, output: &Output) -> anyhow::Result<()> {
    let services = Services::start_all()?;
    let mut command = test::command(workspace, &services, &[]);
    output.instrument(&mut command);
    let crates = workspace.path("crates");
    let (running, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let crates = &crates;
        scope.spawn(move || {
            // Whatever else than a timeout is the end.
            while ended.recv_timeout(Duration::from_secs(5)) == Err(RecvTimeoutError::Timeout) {
                sweep(crates);
            }
            sweep(crates);
        });
        let outcome = hanging::status(&mut command, |_| {});
        drop(running);
        if !outcome?.success() {
            bail!("coverage needs passing tests");
        }
        Ok(())
    })
}

/// Readers of PDFs run with an empty environment, and drop a profile each where their test runs: thousands of megabytes. Their code is
/// measured by the tests that run it in their own process.
fn sweep(crates: &Path) {
    let packages = std::fs::read_dir(crates).into_iter().flatten().flatten();
    let files =
        packages.flat_map(|package| std::fs::read_dir(package.path()).into_iter().flatten().flatten());
    for file in files {
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("default_") && name.ends_with(".profraw") {
            // One that is being written goes with the next round.
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The values of `"executable":"…"` in cargo's messages; xtask itself is not what is measured.
fn executables(messages: &str) -> Vec<PathBuf> {
    let values = messages
        .split("\"executable\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    let mut paths: Vec<PathBuf> = values.map(PathBuf::from).filter(|path| !is_tool(path)).collect();
    paths.sort();
    paths.dedup();
    paths
}

fn is_tool(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("xtask"))
}

/// Percentages of the groups that have lines at all.
fn figures(files: &[(String, Lines)]) -> Vec<(String, f64)> {
    let mut figures = Vec::new();
    for group in &GROUPS {
        let lines: Lines = files
            .iter()
            .filter(|(path, _)| (group.holds)(path))
            .map(|(_, lines)| *lines)
            .sum();
        figures.extend(lines.percent().map(|percent| (group.name.to_owned(), percent)));
    }
    figures
}

fn judge(figures: &[(String, f64)], baseline: &[(String, f64)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, percent) in figures {
        let least = GROUPS
            .iter()
            .find(|group| group.name == name)
            .map_or(0.0, |group| group.least);
        if *percent < least {
            complaints.push(format!(
                "{name} has {percent:.2} %, at least {least} % are wanted"
            ));
        }
        if let Some((_, before)) = baseline.iter().find(|(known, _)| known == name)
            && *percent < before - TOLERATED_DROP
        {
            complaints.push(format!("{name} fell from {before:.2} % to {percent:.2} %"));
        }
    }
    complaints
}

fn render(figures: &[(String, f64)]) -> String {
    let lines: Vec<String> = figures
        .iter()
        .map(|(name, percent)| format!("{name} {percent:.2}"))
        .collect();
    lines.join(
        "
",
    ) + "
"
}

fn parse(baseline: &str) -> Vec<(String, f64)> {
    let pairs = baseline.lines().filter_map(|line| line.split_once(' '));
    pairs
        .filter_map(|(name, percent)| Some((name.to_owned(), percent.trim().parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, percent: f64) -> Vec<(String, f64)> {
        vec![(name.to_owned(), percent)]
    }

    #[test]
    fn thresholds_and_drops_are_both_judged() {
        assert!(judge(&named("overall", 86.0), &named("overall", 87.5)).is_empty());
        assert_eq!(judge(&named("overall", 86.0), &named("overall", 88.5)).len(), 1);
        assert_eq!(judge(&named("scoring", 89.9), &[]).len(), 1);
        assert_eq!(judge(&named("scoring", 80.0), &named("scoring", 90.0)).len(), 2);
    }

    #[test]
    fn the_baseline_survives_a_round_trip() {
        let figures = [named("overall", 86.25), named("scoring", 91.0)].concat();
        assert_eq!(parse(&render(&figures)), figures);
    }

    #[test]
    fn groups_without_lines_have_no_figure() {
        let files = [(
            "crates/domain/src/scoring/model.rs".to_owned(),
            Lines { found: 10, hit: 9 },
        )];
        let figures = figures(&files);
        assert_eq!(figures, [named("overall", 90.0), named("scoring", 90.0)].concat());
    }

    #[test]
    fn executables_are_read_from_messages_without_doubles_and_without_this_tool() {
        let messages = "{\"executable\":\"/t/domain-1\"}\n{\"executable\":null}\n{\"executable\":\"/t/xtask-2\"}\n\
            {\"executable\":\"/t/domain-1\"}\n";
        assert_eq!(executables(messages), [PathBuf::from("/t/domain-1")]);
    }
}
