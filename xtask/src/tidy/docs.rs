//! Documents that keep their promises: numbered decisions and a README with two commands.

use std::collections::BTreeSet;

use super::Findings;
use super::tree::Tree;

const DECISIONS: &str = "docs/adr/";
const README: &str = "README.md";

/// `docs/adr/NNNN-title.md`, counted from 0001 without gaps or doubles.
pub(crate) fn decisions_are_numbered_without_gaps(tree: &Tree, findings: &mut Findings) {
    let mut numbers = BTreeSet::new();
    for (path, _) in tree.below(DECISIONS, ".md") {
        let name = path.trim_start_matches(DECISIONS);
        if name == "README.md" {
            continue;
        }
        match number(name) {
            None => findings.error(path, "is not named NNNN-title.md"),
            Some(number) if !numbers.insert(number) => {
                findings.error(path, "has the number of another decision");
            }
            Some(_) => {}
        }
    }
    for (expected, found) in (1..).zip(&numbers) {
        if expected != *found {
            findings.error(
                DECISIONS,
                &format!("decision {expected:04} is missing before {found:04}"),
            );
            return;
        }
    }
}

fn number(name: &str) -> Option<u32> {
    let (digits, title) = name.split_once('-')?;
    (digits.len() == 4 && title.len() > ".md".len())
        .then(|| digits.parse().ok())
        .flatten()
}

/// One command to run it and one to test it; everything else belongs into docs/.
pub(crate) fn readme_names_two_commands(tree: &Tree, findings: &mut Findings) {
    let Some(text) = tree.text(README) else {
        findings.error(README, "is missing");
        return;
    };
    let commands = cargo_commands(text);
    let runs = commands
        .iter()
        .filter(|command| command.starts_with("cargo run"))
        .count();
    if commands.len() != 2 || runs != 1 || !commands.contains("cargo xtask test") {
        let found: Vec<&str> = commands.into_iter().collect();
        let message = format!(
            "must name `cargo run …` and `cargo xtask test` only, but names: {}",
            found.join("; ")
        );
        findings.error(README, &message);
    }
}

/// Distinct commands in code blocks and code spans.
fn cargo_commands(markdown: &str) -> BTreeSet<&str> {
    let mut commands = BTreeSet::new();
    let mut fenced = false;
    for line in markdown.lines().map(str::trim) {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            let command = line
                .trim_start_matches("$ ")
                .split(" #")
                .next()
                .unwrap_or_default()
                .trim();
            commands.extend(Some(command).filter(|command| command.starts_with("cargo ")));
        } else {
            commands.extend(
                line.split('`')
                    .skip(1)
                    .step_by(2)
                    .filter(|span| span.starts_with("cargo ")),
            );
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn decisions_count_from_one() {
        let rule = decisions_are_numbered_without_gaps;
        assert!(errors(rule, &[("docs/adr/0001-a.md", ""), ("docs/adr/0002-b.md", "")]).is_empty());
        let gap = errors(rule, &[("docs/adr/0001-a.md", ""), ("docs/adr/0003-b.md", "")]);
        assert_eq!(gap, ["docs/adr/: decision 0002 is missing before 0003"]);
        assert_eq!(
            errors(rule, &[("docs/adr/0001-a.md", ""), ("docs/adr/0001-b.md", "")]).len(),
            1
        );
        assert_eq!(errors(rule, &[("docs/adr/1-a.md", "")]).len(), 1);
    }

    #[test]
    fn the_readme_names_one_run_and_one_test_command() {
        let rule = readme_names_two_commands;
        let fine = "# T\n```sh\n$ cargo run -- demo  # a school\ncargo xtask test\n```\nThen `cargo xtask test` again.\n";
        assert!(errors(rule, &[("README.md", fine)]).is_empty());
        let more = format!("{fine}Or `cargo xtask ci`.\n");
        assert_eq!(errors(rule, &[("README.md", &more)]).len(), 1);
        assert_eq!(errors(rule, &[("README.md", "nothing")]).len(), 1);
        assert_eq!(errors(rule, &[]), ["README.md: is missing"]);
    }
}
