//! Time is a parameter of every statement: tests turn the clock by hand, and two hosts never disagree inside one row.

use super::Findings;
use super::rust_text::{RustText, is_word, line_of};
use super::tree::Tree;

/// SQL that asks the database for the time. Functions carry their bracket, so that the word "now" stays usable.
const QUESTIONS: [&str; 9] = [
    "now(",
    "'now'",
    "current_timestamp",
    "current_date",
    "localtimestamp",
    "clock_timestamp(",
    "statement_timestamp(",
    "transaction_timestamp(",
    "unixepoch()",
];

/// Files that may ask, each with the reason.
const ALLOWED: [(&str, &str); 1] = [(
    "crates/storage/src/clock.rs",
    "is the production Clock and reads the database's time",
)];

/// No `now()` in SQL: neither in `.sql` files nor in the string literals of the storage crate.
pub(crate) fn sql_does_not_ask_for_the_time(tree: &Tree, findings: &mut Findings) {
    for (path, text) in tree.below("", ".sql") {
        let statements: Vec<&str> = text
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default())
            .collect();
        report(path, 1, &statements.join("\n"), findings);
    }
    for (path, source) in tree.below("crates/storage/src/", ".rs") {
        if ALLOWED.iter().any(|(allowed, _)| *allowed == path) {
            continue;
        }
        for literal in RustText::of(source).literals {
            report(path, literal.line, &literal.text, findings);
        }
    }
}

fn report(path: &str, first_line: usize, sql: &str, findings: &mut Findings) {
    let sql = sql.to_lowercase();
    for question in QUESTIONS {
        for (at, _) in sql.match_indices(question) {
            if stands_alone(&sql, at, question) {
                let line = first_line + line_of(&sql, at) - 1;
                findings.error_at(
                    path,
                    line,
                    &format!("SQL asks for the time ({question}); bind it from the Clock"),
                );
            }
        }
    }
}

fn stands_alone(sql: &str, at: usize, question: &str) -> bool {
    let before = sql[..at].chars().next_back().is_some_and(is_word);
    let after = sql[at + question.len()..].chars().next().is_some_and(is_word);
    !before && (!after || question.ends_with('('))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::errors;

    #[test]
    fn sql_files_are_read_without_their_comments() {
        let sql = "-- no now() here\ncreate table t (at bigint default Now());\n";
        let found = errors(
            sql_does_not_ask_for_the_time,
            &[("crates/storage/migrations/1.sql", sql)],
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("crates/storage/migrations/1.sql:2:"),
            "{found:?}"
        );
    }

    #[test]
    fn literals_of_storage_are_read_and_method_calls_are_not() {
        let source = "// now()\nlet now = ctx.now();\nlet q = \"select 1\n where at < CURRENT_TIMESTAMP\";\n";
        let found = errors(
            sql_does_not_ask_for_the_time,
            &[("crates/storage/src/jobs.rs", source)],
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/storage/src/jobs.rs:4:"), "{found:?}");
    }

    #[test]
    fn columns_and_words_that_only_contain_the_name_are_fine() {
        let source =
            "f(\"select known(1), run_now from t where current_date_id = :now -- do it now (or later)\");";
        assert!(
            errors(
                sql_does_not_ask_for_the_time,
                &[("crates/storage/src/jobs.rs", source)]
            )
            .is_empty()
        );
    }

    #[test]
    fn the_clock_itself_may_ask() {
        let source = "f(\"select now()\");";
        assert!(
            errors(
                sql_does_not_ask_for_the_time,
                &[("crates/storage/src/clock.rs", source)]
            )
            .is_empty()
        );
    }
}
