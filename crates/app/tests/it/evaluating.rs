//! `touchstone evaluate-scorer` as people run it.

use std::fmt::Write as _;
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::process::{LIMIT, program};

const HEADER: &str = "question_id,question,reference_answer,student_answer,score_mean\n";

async fn evaluate(directory: &TempDir, table: &str, arguments: &[&str]) -> Output {
    std::fs::write(directory.path().join("in.csv"), table).unwrap();
    let mut line = vec!["evaluate-scorer", "in.csv"];
    line.extend(arguments);
    let mut command = program(directory.path(), &line);
    command.env("TOUCHSTONE_DATA_DIR", directory.path().join("data"));
    tokio::time::timeout(LIMIT, command.output())
        .await
        .unwrap()
        .unwrap()
}

/// Four questions; each was answered by its reference, by half of it, by nothing to the point and by nothing, out of `full`.
fn table(full: f64) -> String {
    let facts = [
        (
            "lock",
            "makes the second writer wait",
            "until the first has committed its change",
        ),
        (
            "index",
            "keeps sorted copies of a column",
            "so that rows are found without reading all",
        ),
        (
            "cache",
            "keeps recent results in memory",
            "so that they need not be computed again",
        ),
        (
            "queue",
            "hands out the oldest element first",
            "and takes new elements at its end",
        ),
    ];
    let mut table = format!("note,{HEADER}");
    for (name, half, rest) in facts {
        let reference = format!("A {name} {half} {rest}.");
        let answers = [
            (reference.clone(), full),
            (format!("It {half}."), full * 0.6),
            ("Bananas are yellow.".to_owned(), 0.0),
            (String::new(), 0.0),
        ];
        for (answer, score) in answers {
            writeln!(
                table,
                "x,{name},What does a {name} do?,{reference},{answer},{score}"
            )
            .unwrap();
        }
    }
    table
}

async fn figures(table: &str, arguments: &[&str]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let ended = evaluate(&directory, table, &[arguments, &["--json"]].concat()).await;
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert!(
        ended.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    serde_json::from_slice(&ended.stdout).unwrap()
}

#[tokio::test]
async fn the_json_has_every_figure_with_its_interval_and_baselines() {
    let report = figures(&table(5.0), &[]).await;
    let about = json!({
        "file": "in.csv", "scorer": "local", "embedding_provider": "none", "scale": 5.0,
        "exemplars_per_question": 0, "questions": 4, "answers": 16, "ungraded": 0, "by_words_alone": 0,
        "bootstrap": { "resampled": "questions", "resamples": 1000, "seed": 1, "interval": 0.95 },
    });
    for (name, expected) in about.as_object().unwrap() {
        assert_eq!(&report[name], expected, "{name}");
    }
    assert!(report["scorer_version"].as_str().unwrap().starts_with("local-"));
    let names = [
        "pearson",
        "rmse",
        "agreement",
        "quadratic_weighted_kappa",
        "calibration_error",
        "confidence_auroc",
        "rmse_surest_half",
    ];
    for who in ["scorer", "word_overlap", "predicting_the_mean"] {
        let figures = report["figures"][who].as_object().unwrap();
        let of_scorer = ["review_share", "rmse_not_reviewed"];
        let of_scorer = if who == "scorer" { &of_scorer[..] } else { &[] };
        assert_eq!(figures.len(), names.len() + of_scorer.len());
        for name in names.iter().chain(of_scorer) {
            let Some(figure) = figures[*name].as_object() else {
                continue;
            };
            let number = |member: &str| figure[member].as_f64().unwrap();
            assert!(number("low") <= number("high"), "{who} {name}");
        }
    }
    let value = |who: &str, figure: &str| report["figures"][who][figure]["value"].as_f64().unwrap();
    assert!(value("scorer", "pearson") > 0.8 && value("word_overlap", "pearson") > 0.8);
    assert!(value("scorer", "rmse") < value("predicting_the_mean", "rmse"));
    assert!(report["figures"]["predicting_the_mean"]["pearson"].is_null());
}

#[tokio::test]
async fn another_scale_gives_the_same_figures_in_its_points() {
    let (of_five, of_hundred) = (
        figures(&table(5.0), &[]).await,
        figures(&table(100.0), &["--scale", "100"]).await,
    );
    let value = |report: &Value, figure: &str| report["figures"]["scorer"][figure]["value"].as_f64().unwrap();
    for same in ["pearson", "quadratic_weighted_kappa", "calibration_error"] {
        assert!(
            (value(&of_five, same) - value(&of_hundred, same)).abs() < 1e-9,
            "{same}"
        );
    }
    assert!((value(&of_five, "rmse") * 20.0 - value(&of_hundred, "rmse")).abs() < 1e-9);
}

#[tokio::test]
async fn exemplars_are_shown_and_left_out_of_the_figures() {
    let report = figures(&table(5.0), &["--exemplars", "1"]).await;
    assert_eq!(
        (&report["answers"], &report["exemplars_per_question"]),
        (&json!(12), &json!(1))
    );
    let directory = tempfile::tempdir().unwrap();
    let all = evaluate(&directory, &table(5.0), &["--exemplars", "4"]).await;
    let complained = String::from_utf8(all.stderr).unwrap();
    assert!(
        !all.status.success() && complained.contains("leaves no answer to measure on"),
        "{complained}"
    );
}

#[tokio::test]
async fn people_read_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let ended = evaluate(&directory, &table(5.0), &[]).await;
    let printed = String::from_utf8(ended.stdout).unwrap();
    for words in [
        "16 answers to 4 questions, scale 0 to 5",
        "embeddings: none",
        "Pearson r",
        "calibration error",
        "AUROC of confidence",
        "word overlap",
        "predicting the mean",
        "95 % intervals over 1000 resamples of the questions (seed 1)",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

#[tokio::test]
async fn every_fault_of_a_table_is_named() {
    let good = "q,Why?,Because.,So.,4\n";
    let in_row = |row: &str| format!("{HEADER}{good}{row}\n");
    let cases = [
        (
            "question_id,question,reference_answer,student_answer\n".to_owned(),
            "in.csv has no column `score_mean`",
        ),
        (
            in_row("q,Why?,Because.,So.,5.1"),
            "in.csv, data row 2 (line 3), column `score_mean`: must be a number from 0 to 5",
        ),
        (
            in_row("q,Why?,Because.,So.,"),
            "in.csv, data row 2 (line 3), column `score_mean`:",
        ),
        (
            in_row("q,Why?,Because.,So.,NaN"),
            "in.csv, data row 2 (line 3), column `score_mean`:",
        ),
        (
            in_row("q,Who?,Because.,So.,1"),
            "in.csv, data row 2 (line 3), column `question`: is not the question",
        ),
        (
            in_row("q,Why?,Since.,So.,1"),
            "in.csv, data row 2 (line 3), column `reference_answer`: is not the reference",
        ),
        (
            in_row(" ,Why?,Because.,So.,1"),
            "in.csv, data row 2 (line 3), column `question_id`: must name",
        ),
        (
            in_row("r,Why?,,So.,1"),
            "in.csv, data row 2 (line 3), column `reference_answer`: must say",
        ),
    ];
    let directory = tempfile::tempdir().unwrap();
    for (table, expected) in cases {
        let ended = evaluate(&directory, &table, &["--json"]).await;
        let complained = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(
            (ended.status.code(), ended.stdout.len()),
            (Some(1), 0),
            "{complained}"
        );
        assert_eq!(complained.lines().count(), 1, "{complained}");
        assert!(complained.contains(expected), "{complained}");
    }
}
