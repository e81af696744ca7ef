//! What the figures depend on, and the file that they are written into.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::record::Record;

/// Everything below this line of the file is written by `--record`.
const MARK: &str = "<!-- written by cargo xtask faults -->";

/// Puts the table below the mark; what is above it stays.
pub(crate) fn write(file: &Path, record: &Record) -> Result<()> {
    let text = fs::read_to_string(file).unwrap_or_else(|_| "# Faults\n\n".to_owned());
    let above = text.split(MARK).next().unwrap_or_default().trim_end();
    let form = if record.full { "full" } else { "short" };
    let written = format!(
        "{above}\n\n{MARK}\n\nThe {form} form with seed {}. {}\n\n{}",
        record.seed,
        describe(),
        record.table()
    );
    fs::write(file, written).with_context(|| format!("{} cannot be written", file.display()))
}

/// Date, commit, processor and what else the machine was doing.
fn describe() -> String {
    let text = |path| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let found = lines
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name);
        found.map_or_else(|| "unknown".to_owned(), |(_, value)| value.to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = text("/proc/loadavg");
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    format!(
        "{} at commit {}, {cores} cores ({}), {} of memory; load average at the end {} (harness, databases and program share the \
         cores).",
        said("date", &["-u", "+%F"]),
        said("git", &["rev-parse", "--short", "HEAD"]),
        field(&text("/proc/cpuinfo"), "model name"),
        field(&text("/proc/meminfo"), "MemTotal"),
        load.join(" / "),
    )
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_above_stays_and_the_table_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("faults.md");
        fs::write(&file, format!("# Faults\n\nWords.\n\n{MARK}\n\nold table\n")).unwrap();
        write(&file, &Record::default()).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# Faults\n\nWords.\n\n"), "{text}");
        assert!(
            !text.contains("old table") && text.contains("The short form with seed 0"),
            "{text}"
        );
    }
}
