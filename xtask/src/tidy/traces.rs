//! The repository reads the same on every machine: no path of a developer's disk, no host of a package mirror.

use super::Findings;
use super::rust_text::{is_word, line_of};
use super::tree::Tree;

/// Written in two halves, or this file would find itself.
const PATHS: [&str; 2] = [concat!("/wor", "k/"), concat!("/roo", "t/")];
const HOSTS: [&str; 8] = [
    concat!("arti", "factory"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("py", "pi.org"),
    concat!("proxy.", "golang.org"),
    concat!("deb.", "debian.org"),
];

/// No absolute path of a build machine and no package host in any text file.
pub(crate) fn no_trace_of_a_machine(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.texts() {
        for trace in PATHS {
            for (at, _) in text.match_indices(trace) {
                if starts_a_path(text, at) {
                    findings.error_at(
                        path,
                        line_of(text, at),
                        &format!("names a machine's path ({trace})"),
                    );
                }
            }
        }
        for host in HOSTS {
            for (at, _) in text.match_indices(host) {
                findings.error_at(path, line_of(text, at), &format!("names a package host ({host})"));
            }
        }
    }
}

/// `a/work/b` is somebody's folder or URL; only an absolute path counts.
fn starts_a_path(text: &str, at: usize) -> bool {
    !text[..at]
        .chars()
        .next_back()
        .is_some_and(|before| is_word(before) || matches!(before, '.' | '-' | '}' | '>' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn absolute_paths_are_found_and_relative_ones_are_not() {
        let text = format!("cd src{0}x\n./a{0}b\nls \"{0}main\"\n", PATHS[0]);
        let found = errors(no_trace_of_a_machine, &[("docs/a.md", &text)]);
        assert_eq!(
            found,
            [format!("docs/a.md:3: names a machine's path ({})", PATHS[0])]
        );
    }

    #[test]
    fn package_hosts_are_found() {
        let text = format!("registry = \"https://{}\"\n", HOSTS[1]);
        assert_eq!(errors(no_trace_of_a_machine, &[("config.toml", &text)]).len(), 1);
        assert!(
            errors(
                no_trace_of_a_machine,
                &[("config.toml", "crates.io and docs.rs\n")]
            )
            .is_empty()
        );
    }
}
