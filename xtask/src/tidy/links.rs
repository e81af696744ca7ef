//! Links between files of the repository lead somewhere.

use super::Findings;
use super::tree::Tree;

/// Inline links and reference definitions of every Markdown file; the web and anchors are not checked.
pub(crate) fn links_between_files_resolve(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.below("", ".md") {
        let mut fenced = false;
        for (index, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                check_line(tree, (path, index + 1), line, findings);
            }
        }
    }
}

fn check_line(tree: &Tree, (path, number): (&str, usize), line: &str, findings: &mut Findings) {
    for target in targets(&without_code(line)) {
        if let Some(file) = local_file(path, &target).filter(|file| !tree.has(file) && !file.is_empty()) {
            findings.error_at(path, number, &format!("the link to {file} leads nowhere"));
        }
    }
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// `](target)`, `](target "title")`, `](<target>)` and `[name]: target`.
fn targets(line: &str) -> Vec<String> {
    let mut found: Vec<&str> = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    if line.starts_with('[') && !line.starts_with("[^") {
        found.extend(line.split_once("]: ").map(|(_, target)| target));
    }
    let first_words = found
        .into_iter()
        .filter_map(|target| target.split_whitespace().next());
    first_words
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

/// The path from the root that a link in `from` means; None for anchors and the web.
fn local_file(from: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    if target.is_empty() || target.contains(':') || target.starts_with("//") {
        return None;
    }
    let folder = if target.starts_with('/') {
        ""
    } else {
        from.rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                // A link out of the repository can never resolve; keep it visible in the message.
                if parts.pop().is_none() {
                    return Some(target.to_owned());
                }
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn links_are_resolved_from_the_file_they_stand_in() {
        let text = "[a](adr/0001-a.md#why) [b](../README.md \"title\") [c](/docs/adr) [d](https://example.org) [e](#f)\n";
        let files = [
            ("docs/index.md", text),
            ("docs/adr/0001-a.md", ""),
            ("README.md", ""),
        ];
        assert!(errors(links_between_files_resolve, &files).is_empty());
    }

    #[test]
    fn broken_links_are_named_with_their_line() {
        let text = "fine\n[a](missing.md) and `[code](not-a-link.md)`\n```\n[b](in-a-block.md)\n```\n[ref]: ../gone.md\n";
        let found = errors(links_between_files_resolve, &[("docs/index.md", text)]);
        assert_eq!(
            found,
            [
                "docs/index.md:2: the link to docs/missing.md leads nowhere",
                "docs/index.md:6: the link to gone.md leads nowhere",
            ]
        );
    }

    #[test]
    fn a_link_out_of_the_repository_is_broken() {
        let found = errors(
            links_between_files_resolve,
            &[("README.md", "[a](../elsewhere.md)")],
        );
        assert_eq!(found.len(), 1);
    }
}
