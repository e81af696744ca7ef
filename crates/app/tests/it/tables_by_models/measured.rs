//! `touchstone evaluate-scorer` with language models.

use std::fmt::Write as _;

use serde_json::Value;
use tempfile::TempDir;

use super::{graded, provider, run};

/// Two questions with answers that people gave 5, 3 and 0.
fn graded_by_people() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut table = "question_id,question,reference_answer,student_answer,score_mean\n".to_owned();
    for (name, fact) in [
        ("lock", "makes the second writer wait until the first ends"),
        ("queue", "hands out the oldest element first of all"),
    ] {
        for (answer, score) in [
            (format!("A {name} {fact}."), 5),
            (format!("It {fact}"), 3),
            ("Bananas are yellow.".to_owned(), 0),
        ] {
            writeln!(
                table,
                "{name},What does a {name} do?,A {name} {fact}.,{answer},{score}"
            )
            .unwrap();
        }
    }
    std::fs::write(directory.path().join("in.csv"), table).unwrap();
    directory
}

#[tokio::test]
async fn scorers_are_measured_side_by_side_with_what_they_cost() {
    let provider = provider();
    provider.by_default(|question| {
        let is = |words: &str| question.messages[2].text.contains(words);
        graded(
            question,
            if is("Bananas") {
                0.0
            } else if is("It ") {
                60.0
            } else {
                100.0
            },
        )
    });
    let directory = graded_by_people();
    let flags = ["evaluate-scorer", "in.csv", "--scorer", "both", "--json"];
    let ended = run(&directory, Some(&provider), &flags).await;
    assert_eq!((ended.code, ended.said.len()), (Some(0), 0), "{:?}", ended.said);
    let report: Value = serde_json::from_str(&ended.printed).unwrap();
    let figure = |who: &str, name: &str| report["figures"][who][name]["value"].as_f64().unwrap();
    assert_eq!(
        (&report["scorer"], &report["answers"]),
        (&"both".into(), &6.into())
    );
    for who in ["llm", "both"] {
        assert!(
            figure(who, "rmse") < 1e-9 && (figure(who, "agreement") - 1.0).abs() < 1e-9,
            "{report}"
        );
    }
    assert!(figure("local", "rmse") > 0.0);
    for who in ["local", "llm", "both"] {
        let share = figure(who, "review_share");
        assert!((0.0..=1.0).contains(&share), "{report}");
        assert!(report["figures"][who]["quadratic_weighted_kappa"].is_object());
        assert!(report["figures"][who]["calibration_error"].is_object());
    }
    assert_eq!(
        report["cost"]["billed_micro_dollars"],
        provider.bill_micro_dollars()
    );
    let asked = provider.ledger().len();
    assert_eq!(report["cost"]["calls"], asked);

    let flags = ["evaluate-scorer", "in.csv", "--scorer", "llm"];
    let ended = run(&directory, Some(&provider), &flags).await;
    for words in [
        "llm (score-text-1+openai/gpt-4o-mini)",
        "agreement",
        "sent to review",
        " calls for $",
    ] {
        assert!(ended.printed.contains(words), "{words}: {}", ended.printed);
    }
}

#[tokio::test]
async fn figures_are_of_what_was_judged_before_the_budget_was_reached() {
    let provider = provider();
    let directory = graded_by_people();
    let flags = [
        "evaluate-scorer",
        "in.csv",
        "--scorer",
        "llm",
        "--json",
        "--budget-dollars",
    ];
    let none = run(&directory, Some(&provider), &[&flags[..], &["0"]].concat()).await;
    assert_eq!(
        (none.code, none.printed.as_str()),
        (Some(3), ""),
        "{:?}",
        none.said
    );
    assert!(
        none.said[0].contains("6 beyond the budget of $0.000000"),
        "{:?}",
        none.said
    );
    let some = run(&directory, Some(&provider), &[&flags[..], &["0.001"]].concat()).await;
    assert_eq!(some.code, Some(3), "{:?}", some.said);
    let report: Value = serde_json::from_str(&some.printed).unwrap();
    let (answers, ungraded) = (
        report["answers"].as_u64().unwrap(),
        report["ungraded"].as_u64().unwrap(),
    );
    assert!(answers > 0 && ungraded > 0 && answers + ungraded == 6, "{report}");
}
