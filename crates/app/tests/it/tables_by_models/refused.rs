//! What cannot be asked, and what is no journal.

use std::path::Path;

use providers::ScriptedProvider;

use super::{REFERENCE, provider, run, with_table};

#[tokio::test]
async fn what_cannot_be_is_refused_in_one_line_before_anybody_is_asked() {
    let provider = provider();
    let directory = with_table(&[REFERENCE]);
    std::fs::write(directory.path().join("no.db"), "question,answer\n").unwrap();
    let cases: [(Option<&ScriptedProvider>, &[&str], &str); 5] = [
        (
            None,
            &["--scorer", "llm"],
            "no language model is configured; name one in llm.order",
        ),
        (
            Some(&provider),
            &["--journal", "j.db"],
            "--journal is about language models; add --scorer llm or",
        ),
        (
            Some(&provider),
            &["--budget-dollars", "1"],
            "--budget-dollars is about language models",
        ),
        (
            Some(&provider),
            &["--scorer", "both", "--journal", "no.db"],
            "no.db is no journal; name another file",
        ),
        (
            Some(&provider),
            &["--scorer", "both", "--journal", "no/where.db"],
            "the journal no/where.db cannot be opened",
        ),
    ];
    for (provider, flags, expected) in cases {
        for command in ["grade", "evaluate-scorer"] {
            let ended = run(&directory, provider, &[&[command, "in.csv"][..], flags].concat()).await;
            assert_eq!((ended.code, ended.said.len()), (Some(1), 1), "{:?}", ended.said);
            assert!(
                ended.said[0].starts_with(&format!("touchstone: {expected}")),
                "{:?}",
                ended.said
            );
            assert!(ended.printed.is_empty());
        }
    }
    for wrong in ["-1", "free"] {
        let flags = ["grade", "in.csv", "--scorer", "llm", "--budget-dollars", wrong];
        assert_eq!(run(&directory, Some(&provider), &flags).await.code, Some(2));
    }
    assert_eq!(
        std::fs::read(directory.path().join("no.db")).unwrap(),
        b"question,answer\n"
    );
    assert!(provider.ledger().is_empty());
}

#[tokio::test]
async fn the_database_of_a_service_is_no_journal_and_a_journal_is_its_owners_alone() {
    let provider = provider();
    let directory = with_table(&[REFERENCE]);
    assert_eq!(run(&directory, None, &["migrate"]).await.code, Some(0));
    let flags = [
        "grade",
        "in.csv",
        "--scorer",
        "llm",
        "--journal",
        "data/touchstone.db",
    ];
    let ended = run(&directory, Some(&provider), &flags).await;
    assert!(
        ended.said[0].contains("data/touchstone.db is no journal"),
        "{:?}",
        ended.said
    );
    let flags = ["grade", "in.csv", "--scorer", "llm", "--journal", "j 100%.db"];
    assert_eq!(run(&directory, Some(&provider), &flags).await.code, Some(0));
    assert_eq!(mode(&directory.path().join("j 100%.db")), 0o600);
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().unwrap().permissions().mode() & 0o777
}
