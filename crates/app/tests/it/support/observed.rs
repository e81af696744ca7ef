//! Notes what the service answered, for the check that every answer of the contract was asked for.
//!
//! `cargo xtask test` names a directory in [`DIRECTORY_VARIABLE`]; every process of the tests writes a file of its own there,
//! a line `METHOD path status` per answer. Without the variable nothing is written.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use reqwest::{Method, StatusCode};

/// Not for the program under test, which refuses settings it does not know.
pub(crate) const DIRECTORY_VARIABLE: &str = "TOUCHSTONE_OBSERVED_ANSWERS";

static NOTES: LazyLock<Option<File>> = LazyLock::new(|| {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY_VARIABLE)?);
    let path = directory.join(format!("{}.txt", std::process::id()));
    Some(OpenOptions::new().create(true).append(true).open(path).unwrap())
});

/// To be called as soon as the status is there, so that answers count whose bodies go on for long.
pub(crate) fn note(method: &Method, path: &str, status: StatusCode) {
    if let Some(mut notes) = NOTES.as_ref() {
        // One write in append mode: lines of several threads do not mix.
        notes.write_all(line(method, path, status).as_bytes()).unwrap();
    }
}

fn line(method: &Method, path: &str, status: StatusCode) -> String {
    format!("{method} {path} {}\n", status.as_u16())
}

#[test]
fn an_answer_is_a_line_of_three_words() {
    assert_eq!(
        line(&Method::PATCH, "/api/v1/a%20b", StatusCode::CONFLICT),
        "PATCH /api/v1/a%20b 409\n"
    );
}
