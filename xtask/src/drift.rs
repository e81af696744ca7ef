//! Files that the program itself prints: kept in the repository for readers, compared so that they cannot lie.

use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::process;
use crate::workspace::Workspace;

/// A file in the repository and the arguments of `touchstone` that print it.
pub(crate) struct Generated {
    path: &'static str,
    arguments: &'static [&'static str],
    command: &'static str,
}

/// The public contract of the HTTP API.
pub(crate) const OPENAPI: Generated = Generated {
    path: "docs/api/openapi.yaml",
    arguments: &["openapi"],
    command: "openapi",
};

/// Every setting with its default, as environment variables.
pub(crate) const ENV_EXAMPLE: Generated = Generated {
    path: ".env.example",
    arguments: &["config", "env-example"],
    command: "env-example",
};

/// Fails with the first differing line when the file is not what the program prints.
pub(crate) fn check(workspace: &Workspace, generated: &Generated) -> anyhow::Result<()> {
    let printed = print(workspace, generated)?;
    let stored = std::fs::read_to_string(workspace.path(generated.path)).with_context(|| {
        format!(
            "{} cannot be read; run `cargo xtask {}`",
            generated.path, generated.command
        )
    })?;
    match first_difference(&stored, &printed) {
        None => Ok(()),
        Some(difference) => {
            bail!(
                "{} is stale, run `cargo xtask {}`: {difference}",
                generated.path,
                generated.command
            )
        }
    }
}

/// Writes the file from what the program prints.
pub(crate) fn regenerate(workspace: &Workspace, generated: &Generated) -> anyhow::Result<ExitCode> {
    let printed = print(workspace, generated)?;
    let path = workspace.path(generated.path);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(&path, printed).with_context(|| format!("{} cannot be written", generated.path))?;
    println!("wrote {}", generated.path);
    Ok(ExitCode::SUCCESS)
}

fn print(workspace: &Workspace, generated: &Generated) -> anyhow::Result<String> {
    let mut command = process::cargo(workspace);
    command
        .args(["run", "--quiet", "--package", "touchstone", "--"])
        .args(generated.arguments);
    process::without_settings(&mut command);
    process::output(&mut command)
}

fn first_difference(stored: &str, printed: &str) -> Option<String> {
    if stored == printed {
        return None;
    }
    let mut stored_lines = stored.lines();
    let mut printed_lines = printed.lines();
    for number in 1.. {
        let (old, new) = (stored_lines.next(), printed_lines.next());
        if old.is_none() && new.is_none() {
            break;
        }
        if old != new {
            let (old, new) = (old.unwrap_or("<end>"), new.unwrap_or("<end>"));
            return Some(format!("line {number} is `{old}`, the program prints `{new}`"));
        }
    }
    Some("only line endings differ".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_differing_line_is_named() {
        let difference = first_difference("a\nb\n", "a\nc\nd\n");
        assert_eq!(
            difference.as_deref(),
            Some("line 2 is `b`, the program prints `c`")
        );
    }

    #[test]
    fn a_missing_tail_and_a_missing_newline_are_differences() {
        assert_eq!(
            first_difference("a\n", "a\nb\n").as_deref(),
            Some("line 2 is `<end>`, the program prints `b`")
        );
        assert_eq!(
            first_difference("a", "a\n").as_deref(),
            Some("only line endings differ")
        );
    }
}
