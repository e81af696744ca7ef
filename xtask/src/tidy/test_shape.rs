//! The shape of tests: one integration binary per crate, none skipped, nothing left for later.

use std::path::Path;

use super::Findings;
use super::rust_text::{RustText, line_of};
use super::tree::Tree;

/// Every further file in `tests/` would be another program to link.
pub(crate) fn one_test_binary_per_crate(tree: &Tree, findings: &mut Findings) {
    for path in tree.paths() {
        let Some(inside) = path
            .strip_prefix("crates/")
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(_, rest)| rest.strip_prefix("tests/"))
        else {
            continue;
        };
        let parts: Vec<&str> = inside.split('/').collect();
        let binary = match parts.as_slice() {
            [file] => Path::new(file)
                .extension()
                .is_some_and(|extension| extension == "rs"),
            [folder, "main.rs"] => *folder != "it",
            _ => false,
        };
        if binary {
            findings.error(
                path,
                "is a second test binary; make it a module of tests/it/main.rs",
            );
        }
    }
}

/// A test that does not run says nothing.
pub(crate) fn no_test_is_ignored(tree: &Tree, findings: &mut Findings) {
    forbid(
        tree,
        &["#[ignore", ", ignore)]", ", ignore = "],
        "no ignored tests: fix it or delete it",
        findings,
    );
}

/// Clippy knows these too, but not inside code that is compiled out.
pub(crate) fn nothing_is_left_to_do(tree: &Tree, findings: &mut Findings) {
    forbid(
        tree,
        &["todo!(", "unimplemented!("],
        "finish it or leave it out",
        findings,
    );
}

fn forbid(tree: &Tree, words: &[&str], message: &str, findings: &mut Findings) {
    for (path, source) in tree.below("", ".rs") {
        let code = RustText::of(source).code;
        for word in words {
            for (at, _) in code.match_indices(word) {
                findings.error_at(path, line_of(&code, at), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn only_it_main_is_a_test_binary() {
        let files = [
            ("crates/app/tests/it/main.rs", ""),
            ("crates/app/tests/it/attempts.rs", ""),
            ("crates/app/tests/it/snapshots/a.snap", ""),
            ("crates/app/tests/smoke.rs", ""),
            ("crates/app/tests/faults/main.rs", ""),
        ];
        let found = errors(one_test_binary_per_crate, &files);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("crates/app/tests/faults/main.rs"),
            "{found:?}"
        );
        assert!(found[1].starts_with("crates/app/tests/smoke.rs"), "{found:?}");
    }

    #[test]
    fn ignored_tests_are_found_in_code_only() {
        let source = "// #[ignore]\n#[test]\n#[ignore = \"slow\"]\nfn a() { say(\"#[ignore]\") }\n";
        assert_eq!(
            errors(no_test_is_ignored, &[("crates/app/src/a.rs", source)]),
            ["crates/app/src/a.rs:3: no ignored tests: fix it or delete it"]
        );
        let conditional = "#[cfg_attr(windows, ignore)]\nfn a() {}";
        assert_eq!(
            errors(no_test_is_ignored, &[("crates/app/src/a.rs", conditional)]).len(),
            1
        );
    }

    #[test]
    fn unfinished_code_is_found() {
        assert_eq!(
            errors(nothing_is_left_to_do, &[("a.rs", "fn a() {\n    todo!()\n}")]).len(),
            1
        );
        assert!(errors(nothing_is_left_to_do, &[("a.rs", "fn a() { /* todo!() */ }")]).is_empty());
    }
}
