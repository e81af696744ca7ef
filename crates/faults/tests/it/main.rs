//! The harness as a program, where it needs no servers.

use std::process::{Command, Output};

#[expect(
    clippy::unwrap_used,
    reason = "a test that cannot start the program is to fail"
)]
fn faults(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faults"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn cases_are_listed_by_row_and_by_name() {
    let all = faults(&["--list"]);
    let lines = String::from_utf8(all.stdout).unwrap();
    let rows = [
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "17", "18", "19", "20", "21", "22", "23", "25",
        "45", "46", "47", "49", "50", "53", "54", "55", "62",
    ];
    for row in rows {
        let one = faults(&["--list", "--rows", row]);
        assert!(one.status.success(), "no case for row {row}");
    }
    assert!(lines.lines().count() >= rows.len(), "{lines}");
    let one = String::from_utf8(faults(&["--list", "--rows", "poison"]).stdout).unwrap();
    assert!(one.starts_with("poison") && one.lines().count() == 1, "{one}");
}

#[test]
fn a_row_without_a_case_is_refused() {
    let refused = faults(&["--rows", "999"]);
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("999") && said.contains("--list"), "{said}");
}
