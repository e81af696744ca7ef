//! Files that can be read in one sitting.

use super::Findings;
use super::tree::Tree;

const WARN_ABOVE: usize = 400;
const FAIL_ABOVE: usize = 500;
const ARCHITECTURE: &str = "docs/ARCHITECTURE.md";
const ARCHITECTURE_LIMIT: usize = 200;

/// Source files that may be longer, each with the reason.
const ALLOWED: [(&str, &str); 0] = [];

/// `crates/*/src`: a warning above 400 lines, an error above 500.
pub(crate) fn source_files_stay_short(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree
        .below("crates/", ".rs")
        .filter(|(path, _)| path.contains("/src/"))
    {
        let lines = text.lines().count();
        let allowed = ALLOWED.iter().any(|(allowed, _)| *allowed == path);
        if lines > FAIL_ABOVE && !allowed {
            findings.error(path, &format!("{lines} lines, at most {FAIL_ABOVE}; split it"));
        } else if lines > WARN_ABOVE && !allowed {
            findings.warn(path, &format!("{lines} lines, aim for {WARN_ABOVE}"));
        }
    }
}

/// The map must fit on the table.
pub(crate) fn architecture_stays_short(tree: &Tree, findings: &mut Findings) {
    match tree.text(ARCHITECTURE).map(|text| text.lines().count()) {
        None => findings.error(ARCHITECTURE, "is missing"),
        Some(lines) if lines > ARCHITECTURE_LIMIT => {
            findings.error(
                ARCHITECTURE,
                &format!("{lines} lines, at most {ARCHITECTURE_LIMIT}"),
            );
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::{errors, findings};

    #[test]
    fn five_hundred_lines_warn_and_one_more_fails() {
        let long = "x\n".repeat(500);
        let found = findings(source_files_stay_short, &[("crates/app/src/lib.rs", &long)]);
        assert_eq!((found.errors.len(), found.warnings.len()), (0, 1));
        let longer = "x\n".repeat(501);
        let found = findings(source_files_stay_short, &[("crates/app/src/lib.rs", &longer)]);
        assert_eq!((found.errors.len(), found.warnings.len()), (1, 0));
    }

    #[test]
    fn tests_and_other_crates_may_be_long() {
        let long = "x\n".repeat(900);
        assert!(errors(source_files_stay_short, &[("crates/app/tests/it/main.rs", &long)]).is_empty());
    }

    #[test]
    fn the_architecture_is_there_and_fits() {
        assert_eq!(
            errors(architecture_stays_short, &[]),
            ["docs/ARCHITECTURE.md: is missing"]
        );
        assert!(errors(architecture_stays_short, &[(ARCHITECTURE, &"x\n".repeat(200))]).is_empty());
        assert_eq!(
            errors(architecture_stays_short, &[(ARCHITECTURE, &"x\n".repeat(201))]).len(),
            1
        );
    }
}
