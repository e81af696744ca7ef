//! The public error table as Markdown: `docs/errors.md`, served at `/problems`.

use super::types::ALL;

const HEADING: &str = "\
# Errors

Every response that is not a success is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `error_code`,
`message` and `trace_id`; below 500 also `detail` (the same text as `message`), `instance` and, for invalid fields,
`errors[]` of `{pointer, detail}` with JSON pointers. `type` is `/problems#` with the name of the first column. Types and
codes are stable.

| type | status | error_code | title | meaning |
|---|---|---|---|---|
";

/// One row per kind of problem.
pub(crate) fn render_table() -> String {
    let row = |text: String, kind: &&'static super::ProblemType| {
        let super::ProblemType {
            slug,
            code,
            status,
            title,
            meaning,
        } = kind;
        text + &format!("| <a id=\"{slug}\"></a>`{slug}` | {status} | `{code}` | {title} | {meaning} |\n")
    };
    ALL.iter().fold(HEADING.to_owned(), row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_error_table_is_up_to_date() {
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
        let committed = std::fs::read_to_string(committed).unwrap();
        assert_eq!(
            committed,
            render_table(),
            "run `touchstone error-table > docs/errors.md`"
        );
    }
}
