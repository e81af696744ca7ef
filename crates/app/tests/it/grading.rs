//! `touchstone grade` as people run it: real tables, a real process.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use tempfile::TempDir;

use super::support::process::{LIMIT, program};

const REFERENCE: &str = "A lock makes the second writer wait until the first has ended.";
/// The reference itself, nothing, and a confession: verdicts that no coefficient decides.
const TABLE: &str = "\
id,question,reference_answer,answer,marks
7,What does a lock do?,A lock makes the second writer wait until the first has ended.,A lock makes the second writer wait until the first has ended.,2
8,What does a lock do?,A lock makes the second writer wait until the first has ended.,,2
9,What does a lock do?,A lock makes the second writer wait until the first has ended.,I don't know.,
";

/// Runs `touchstone grade` in a directory with these files.
async fn grade(directory: &TempDir, files: &[(&str, &[u8])], arguments: &[&str]) -> Output {
    for (name, bytes) in files {
        std::fs::write(directory.path().join(name), bytes).unwrap();
    }
    let mut line = vec!["grade"];
    line.extend(arguments);
    let mut command = program(directory.path(), &line);
    command.env("TOUCHSTONE_DATA_DIR", directory.path().join("data"));
    tokio::time::timeout(LIMIT, command.output())
        .await
        .unwrap()
        .unwrap()
}

/// Grades one table to `out.csv`, which has to be refused; the one line that says why.
async fn refusal(table: &[u8], arguments: &[&str]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut line = vec!["in.csv", "--output", "out.csv"];
    line.extend(arguments);
    let ended = grade(&directory, &[("in.csv", table)], &line).await;
    let complained = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{complained}");
    assert!(ended.stdout.is_empty());
    assert_eq!(names(directory.path()), ["in.csv"], "something was left behind");
    let lines: Vec<&str> = complained.lines().collect();
    assert_eq!(lines.len(), 1, "{complained}");
    lines[0].trim_start_matches("touchstone: ").to_owned()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn rows(csv: &[u8], separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .from_reader(csv);
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_small_table_is_graded_as_documented() {
    let directory = tempfile::tempdir().unwrap();
    let ended = grade(&directory, &[("in.csv", TABLE.as_bytes())], &["in.csv"]).await;
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    insta::assert_snapshot!(String::from_utf8(ended.stdout).unwrap());
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "graded 3 answers\n");
}

#[tokio::test]
async fn a_file_appears_whole_and_replaces_another() {
    let directory = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 2] = [("in.csv", TABLE.as_bytes()), ("out.csv", b"of yesterday")];
    let told = grade(&directory, &files, &["in.csv"]).await.stdout;
    let ended = grade(&directory, &[], &["in.csv", "--output", "out.csv"]).await;
    assert!(ended.status.success() && ended.stdout.is_empty());
    assert_eq!(std::fs::read(directory.path().join("out.csv")).unwrap(), told);
    assert_eq!(names(directory.path()), ["in.csv", "out.csv"]);
}

#[tokio::test]
async fn a_table_of_another_country_stays_one() {
    let table = format!(
        "\u{feff}Question;REFERENCE_ANSWER;student_answer;note\r\nWas?;{REFERENCE};{REFERENCE};\"a;b\"\r\n"
    );
    let directory = tempfile::tempdir().unwrap();
    let ended = grade(
        &directory,
        &[("in.csv", table.as_bytes())],
        &["in.csv", "--marks", "12.5"],
    )
    .await;
    assert!(ended.stdout.ends_with(b"\r\n"));
    let rows = rows(&ended.stdout, b';');
    assert_eq!(
        rows[0][..5],
        ["Question", "REFERENCE_ANSWER", "student_answer", "note", "points"]
    );
    assert_eq!(rows[1][3..6], ["a;b", "12.50", "12.50"]);
}

#[tokio::test]
async fn evidence_stands_in_the_answer_and_criteria_make_up_the_points() {
    let rubric = r#"{"criteria": [
        {"id": "wait", "name": "Waiting", "description": "Says who waits.", "weight": 3, "concepts": ["second writer waits"]},
        {"id": "end", "name": "End", "description": "Says until when.", "weight": 1, "concepts": ["first has ended"],
         "levels": [{"name": "no", "descriptor": "No.", "from_score": 0}, {"name": "yes", "descriptor": "Yes.", "from_score": 50}]}
    ], "floor": 0}"#;
    let answer = "I like locks. The second writer waits, I think. My cat is called Tom.";
    let table = format!("question,reference_answer,answer\nWhat does a lock do?,{REFERENCE},\"{answer}\"\n");
    let directory = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 2] = [("in.csv", table.as_bytes()), ("rubric.json", rubric.as_bytes())];
    let by_file = grade(&directory, &files, &["in.csv", "--rubric", "rubric.json"]).await;
    assert!(
        by_file.status.success(),
        "{}",
        String::from_utf8_lossy(&by_file.stderr)
    );
    let graded = rows(&by_file.stdout, b',').remove(1);
    let quotes: Vec<String> = serde_json::from_str(&graded[7]).unwrap();
    assert!(
        !quotes.is_empty() && quotes.iter().all(|quote| answer.contains(quote)),
        "{quotes:?}"
    );
    let criteria: Vec<serde_json::Value> = serde_json::from_str(&graded[10]).unwrap();
    let share: f64 = criteria
        .iter()
        .map(|one| one["score"].as_f64().unwrap() * one["weight"].as_f64().unwrap())
        .sum();
    let points: f64 = graded[3].parse().unwrap();
    assert!((share / 100.0 * 5.0 - points).abs() < 0.006, "{share} {points}");
    assert_eq!(
        (&criteria[0]["criterion"], &criteria[1]["weight"]),
        (&"wait".into(), &0.25.into())
    );

    let in_cell = rubric.replace('"', "\"\"");
    let table = format!(
        "rubric,question,reference_answer,answer\n\"{in_cell}\",What does a lock do?,{REFERENCE},\"{answer}\"\n"
    );
    let by_cell = grade(&directory, &[("cell.csv", table.as_bytes())], &["cell.csv"]).await;
    assert_eq!(rows(&by_cell.stdout, b',').remove(1)[4..], graded[3..]);
}

#[tokio::test]
async fn a_long_table_keeps_its_order_on_every_run() {
    let answers = [
        "It waits.",
        REFERENCE,
        "The second writer waits.",
        "No idea at all.",
    ];
    let lines = (0..400).map(|number| {
        let answer = answers[number % answers.len()];
        format!("{number},What does a lock do {number}?,{REFERENCE},{answer}\n")
    });
    let table = format!(
        "n,question,reference_answer,answer\n{}",
        lines.collect::<String>()
    );
    let directory = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 1] = [("in.csv", table.as_bytes())];
    let first = grade(&directory, &files, &["in.csv"]).await.stdout;
    assert_eq!(first, grade(&directory, &[], &["in.csv"]).await.stdout);
    let numbers: Vec<String> = rows(&first, b',')
        .into_iter()
        .skip(1)
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(
        numbers,
        (0..400).map(|number| number.to_string()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn every_fault_of_a_table_is_named_and_nothing_is_written() {
    let header = "question,reference_answer,answer,rubric,marks\n";
    let good = "Why?,Because.,Because.,,1\n";
    let in_row = |row: &str| format!("{header}{good}{row}\n{good}");
    let cases: [(String, &str); 15] = [
        (String::new(), "in.csv is empty"),
        (header.to_owned(), "in.csv has no row below its header"),
        (
            "question,answer\nWhy?,So.\n".to_owned(),
            "in.csv has no column `reference_answer`",
        ),
        (
            "question,reference_answer,answer,question\n".to_owned(),
            "in.csv has the column `question` twice",
        ),
        (
            "question,reference_answer,answer,points\n".to_owned(),
            "in.csv has a column `points`, which grading adds; rename it",
        ),
        (in_row("Why?,Because."), "in.csv, data row 2 (line 3) has 2 cells"),
        (
            in_row(",Because.,So.,,"),
            "in.csv, data row 2 (line 3), column `question`:",
        ),
        (
            in_row("Why?,Because.,So.,,none"),
            "in.csv, data row 2 (line 3), column `marks`:",
        ),
        (
            in_row("Why?,Because.,So.,,-1"),
            "in.csv, data row 2 (line 3), column `marks`:",
        ),
        (
            in_row("Why?,Because.,So.,{},"),
            "in.csv, data row 2 (line 3), column `rubric`: is no rubric",
        ),
        (
            in_row("Why?,Because.,So.,\"{\"\"criteria\"\": [], \"\"floor\"\": 0}\","),
            "in.csv, data row 2 (line 3), column `rubric`: is no usable rubric: `/criteria` must be",
        ),
        (
            in_row("Why?,Because.,\"So."),
            "in.csv, data row 2 (line 3), column `answer`: a quotation mark is opened here",
        ),
        (
            in_row("Why?,Because.,\"So.,,\nWhy?,Because.,\"Because.\",,1"),
            "in.csv, data row 2 (line 3), column `answer`: has text after its closing quotation mark",
        ),
        (
            "question,\"reference\"_answer,answer\n".to_owned(),
            "in.csv has a header in which a cell has text after its closing quotation mark",
        ),
        (
            in_row(&format!("Why?,Because.,{},,", "x".repeat(100_001))),
            "in.csv, data row 2 (line 3), column `answer`: has more than 100000 characters",
        ),
    ];
    for (table, expected) in cases {
        let complained = refusal(table.as_bytes(), &[]).await;
        assert!(complained.starts_with(expected), "{complained}");
    }
}

#[tokio::test]
async fn a_cell_in_another_encoding_is_named() {
    let table = b"question,reference_answer,answer\nWhy?,Because.,So.\nWhy?,Because.,\xfcber\n";
    let complained = refusal(table, &[]).await;
    let expected = "in.csv, data row 2 (line 3), column `answer`: is not UTF-8";
    assert!(complained.starts_with(expected), "{complained}");
}

#[tokio::test]
async fn a_fault_at_the_end_of_a_long_table_leaves_standard_output_empty() {
    let row = format!("Why?,{REFERENCE},It waits.\n");
    let table = format!("question,reference_answer,answer\n{}Why?,x\n", row.repeat(1500));
    let directory = tempfile::tempdir().unwrap();
    let ended = grade(&directory, &[("in.csv", table.as_bytes())], &["in.csv"]).await;
    let complained = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.stdout.is_empty() && !ended.status.success());
    assert!(
        complained.contains("data row 1501 (line 1502) has 2 cells"),
        "{complained}"
    );
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("folder")).unwrap();
    let files: [(&str, &[u8]); 2] = [("in.csv", TABLE.as_bytes()), ("bad.json", b"{\"criteria\": 1}")];
    let cases: [(&[&str], &str); 6] = [
        (&["none.csv"], "none.csv cannot be read"),
        (&["folder"], "folder is a directory"),
        (&["in.csv", "--output", "folder"], "folder is no ordinary file"),
        (
            &["in.csv", "--output", "/dev/null"],
            "/dev/null is no ordinary file",
        ),
        (
            &["in.csv", "--output", "nowhere/out.csv"],
            "cannot be written to nowhere/out.csv",
        ),
        (
            &["in.csv", "--rubric", "bad.json"],
            "bad.json is no rubric: at `criteria`",
        ),
    ];
    for (arguments, expected) in cases {
        let ended = grade(&directory, &files, arguments).await;
        let complained = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{complained}");
        assert!(
            complained.contains(expected) && complained.lines().count() == 1,
            "{complained}"
        );
    }
    for marks in ["0", "-1", "x", "1001", "NaN"] {
        let ended = grade(&directory, &[], &["in.csv", &format!("--marks={marks}")]).await;
        assert_eq!(ended.status.code(), Some(2), "{marks}");
    }
    assert_eq!(names(directory.path()), ["bad.json", "folder", "in.csv"]);
}

/// What is read from a pipe that stays open has to be waited for: a moment at which the program can be asked to stop.
#[tokio::test]
async fn a_stopped_run_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program(directory.path(), &["grade", "-", "--output", "out.csv"]);
    command
        .env("TOUCHSTONE_DATA_DIR", directory.path().join("data"))
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut input, TABLE.as_bytes())
        .await
        .unwrap();
    let began = async {
        while names(directory.path()).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, began).await.unwrap();
    let id = child.id().unwrap().to_string();
    let sent = tokio::process::Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.await.unwrap().success());
    let ended = tokio::time::timeout(LIMIT, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    drop(input);
    let complained = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(
        (ended.status.code(), complained.as_str()),
        (Some(1), "touchstone: stopped; nothing was written\n")
    );
    assert!(
        names(directory.path()).is_empty(),
        "{:?}",
        names(directory.path())
    );
}
