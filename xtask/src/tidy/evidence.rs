//! Documents that name tests name tests that exist, and the table of security requirements is whole.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use super::rust_text::{RustText, is_word};
use super::tree::Tree;

/// Where a code span such as `accounts::a_student_registers_and_signs_in` stands for a test.
const DOCUMENTS: [&str; 3] = ["docs/security.md", ASVS, "docs/spec-coverage.md"];
/// Macros that make tests of the functions they list.
const TEST_MACROS: [&str; 4] = ["both_databases", "on_both_databases", "conforms", "every_wire"];

const ASVS: &str = "docs/asvs.md";
/// Requirements of OWASP ASVS 5.0.0 that are new at level 1 and at level 2.
const REQUIREMENTS: [(&str, usize); 2] = [("L1", 70), ("L2", 183)];
const STATUSES: [&str; 3] = ["met", "not applicable", "not met"];
const LONGEST_GIST: usize = 15;
/// What stands in place of a test that is still to be written.
const PENDING: &str = "test pending";

/// A test that was renamed or deleted is no evidence any more.
pub(crate) fn tests_that_documents_name_exist(tree: &Tree, findings: &mut Findings) {
    let tests = tests(tree);
    for document in DOCUMENTS {
        let lines = tree.text(document).unwrap_or_default().lines();
        for (number, line) in (1..).zip(lines) {
            if line.contains(PENDING) {
                findings.error_at(document, number, "a promise or requirement names no test yet");
            }
            for span in line.split('`').skip(1).step_by(2) {
                if let Some((place, name)) = named_test(span)
                    && !is_there(&tests, place, name)
                {
                    findings.error_at(document, number, &format!("there is no test {span}"));
                }
            }
        }
    }
}

/// Every requirement once, with a status and a word on why.
pub(crate) fn every_security_requirement_has_its_row(tree: &Tree, findings: &mut Findings) {
    let Some(text) = tree.text(ASVS) else {
        findings.error(ASVS, "is missing");
        return;
    };
    let mut seen = BTreeSet::new();
    let mut counts = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some(row) = requirement(line) else { continue };
        if !seen.insert(row[0]) {
            findings.error_at(ASVS, number, &format!("{} has a row already", row[0]));
        }
        *counts.entry(row[1]).or_insert(0_usize) += 1;
        if let Some(fault) = fault(&row) {
            findings.error_at(ASVS, number, &format!("{}: {fault}", row[0]));
        }
    }
    for (level, expected) in REQUIREMENTS {
        let found = counts.remove(level).unwrap_or(0);
        if found != expected {
            findings.error(
                ASVS,
                &format!("has {found} rows of {level} instead of {expected}"),
            );
        }
    }
    for level in counts.keys() {
        findings.error(
            ASVS,
            &format!("has rows of a level that is not listed here: {level}"),
        );
    }
}

/// The cells of a row that begins with an id such as `V1.2.3`: id, level, gist, status, evidence.
fn requirement(line: &str) -> Option<Vec<&str>> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .trim_end()
        .trim_end_matches('|')
        .split('|')
        .map(str::trim)
        .collect();
    let id = cells.first()?.strip_prefix('V')?;
    let is_id = id.split('.').count() == 3 && id.split('.').all(|part| part.parse::<u8>().is_ok());
    (is_id && cells.len() > 1).then_some(cells)
}

fn fault(row: &[&str]) -> Option<String> {
    let [_, _, gist, status, evidence] = row else {
        return Some(format!("has {} cells instead of 5", row.len()));
    };
    if !STATUSES.contains(status) {
        return Some(format!("the status is none of: {}", STATUSES.join(", ")));
    }
    if gist.is_empty() || gist.split_whitespace().count() > LONGEST_GIST {
        return Some(format!("the gist is empty or longer than {LONGEST_GIST} words"));
    }
    let says_nothing = evidence.is_empty() || *evidence == "–" || *evidence == "-";
    says_nothing.then(|| "names neither a test nor a reason".to_owned())
}

/// `file::name` or `folder::file::name`: paths of modules have shorter last names than tests, which read as sentences.
fn named_test(span: &str) -> Option<(&str, &str)> {
    let (place, name) = span.rsplit_once("::")?;
    let plain = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "_:".contains(character)
    };
    (span.chars().all(plain) && name.matches('_').count() > 1).then_some((place, name))
}

fn is_there(tests: &BTreeMap<String, Vec<String>>, place: &str, name: &str) -> bool {
    let files = tests.get(name).into_iter().flatten();
    files.into_iter().any(|file| {
        let module = file.strip_suffix("::mod").unwrap_or(file);
        [file.as_str(), module].into_iter().any(|module| {
            let before = module.strip_suffix(place);
            before.is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
        })
    })
}

/// Name of every test with the files it is in, written as `crates::app::tests::it::accounts`.
fn tests(tree: &Tree) -> BTreeMap<String, Vec<String>> {
    let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, source) in tree.below("", ".rs") {
        let code = RustText::of(source).code;
        let file = path.trim_end_matches(".rs").replace('/', "::");
        for name in test_functions(&code).chain(listed_in_macros(&code)) {
            tests.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    tests
}

/// Functions whose own attributes make tests of them.
fn test_functions(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("fn ").filter_map(|(at, keyword)| {
        let before = &code[..at];
        let attributes = &before[before.rfind([';', '{', '}']).unwrap_or(0)..];
        let is_test = attributes.contains("#[test") || attributes.contains("::test");
        is_test.then(|| first_word(&code[at + keyword.len()..]))
    })
}

fn listed_in_macros(code: &str) -> impl Iterator<Item = &str> {
    TEST_MACROS.into_iter().flat_map(move |name| {
        let calls = code.match_indices(name).filter_map(move |(at, name)| {
            let list = code[at + name.len()..].strip_prefix("!(")?;
            list.split_once(')').map(|(names, _)| names)
        });
        calls.flat_map(|names| names.split(',').map(str::trim))
    })
}

fn first_word(text: &str) -> &str {
    let end = text.find(|character| !is_word(character));
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    const SOURCE: &str = "both_databases!(\n    a_row_is_kept,\n);\nasync fn a_row_is_kept() {}\n\
        #[test]\nfn one_is_one() {}\n#[tokio::test(flavor = \"x\")]\nasync fn two_are_two() {}\n\
        fn no_test_at_all() {}\nproptest! { #[test] fn all_are_all(a in 0..9) {} }\n";

    fn missing(document: &str) -> Vec<String> {
        let files = [
            ("docs/security.md", document),
            ("crates/app/tests/it/rows.rs", SOURCE),
            ("crates/app/src/http/mod.rs", SOURCE),
        ];
        errors(tests_that_documents_name_exist, &files)
    }

    #[test]
    fn tests_of_every_shape_are_found_by_the_end_of_their_path() {
        for name in ["a_row_is_kept", "one_is_one", "two_are_two", "all_are_all"] {
            for place in ["rows", "it::rows", "http", "http::mod", "app::src::http"] {
                assert!(
                    missing(&format!("`{place}::{name}`")).is_empty(),
                    "{place}::{name}"
                );
            }
        }
    }

    #[test]
    fn a_test_that_is_not_there_is_named_with_its_line() {
        assert_eq!(
            missing("fine\n| `rows::one_is_two` |"),
            ["docs/security.md:2: there is no test rows::one_is_two"]
        );
        for wrong in [
            "ows::one_is_one",
            "http::rows::one_is_one",
            "rows::no_test_at_all",
        ] {
            assert_eq!(missing(&format!("`{wrong}`")).len(), 1, "{wrong}");
        }
    }

    #[test]
    fn a_test_that_is_still_to_be_written_is_an_error() {
        assert_eq!(
            missing("fine\n| `rows::one_is_one`, test pending |"),
            ["docs/security.md:2: a promise or requirement names no test yet"]
        );
    }

    #[test]
    fn modules_types_and_plain_words_are_no_tests() {
        let text = "`storage::jobs` `domain::Tx` `workers::score_text` `one_is_two` rows::one_is_two";
        assert!(missing(text).is_empty());
    }

    /// A table with as many rows as there have to be, the first of them replaced.
    fn table(first: &str) -> Vec<String> {
        let rows = REQUIREMENTS.iter().flat_map(|(level, count)| {
            let chapter = &level[1..];
            (0..*count).map(move |index| format!("| V{chapter}.1.{index} | {level} | gist | met | why |\n"))
        });
        let text: String = std::iter::once(format!("{first}\n"))
            .chain(rows.skip(1))
            .collect();
        errors(every_security_requirement_has_its_row, &[(ASVS, &text)])
    }

    #[test]
    fn a_whole_table_has_no_faults() {
        assert!(table("| V1.1.0 | L1 | gist | not applicable | no such thing |").is_empty());
    }

    #[test]
    fn rows_that_are_missing_double_or_empty_are_named() {
        assert_eq!(table("").len(), 1);
        assert_eq!(table("| V1.1.1 | L1 | gist | met | why |").len(), 1);
        assert_eq!(table("| V1.1.0 | L3 | gist | met | why |").len(), 2);
        for wrong in [
            "gist | perhaps | why",
            "gist | met | –",
            " | met | why",
            "gist | met",
        ] {
            assert_eq!(table(&format!("| V1.1.0 | L1 | {wrong} |")).len(), 1, "{wrong}");
        }
        let long = "word ".repeat(LONGEST_GIST + 1);
        assert_eq!(table(&format!("| V1.1.0 | L1 | {long} | met | why |")).len(), 1);
        assert_eq!(errors(every_security_requirement_has_its_row, &[]).len(), 1);
    }
}
