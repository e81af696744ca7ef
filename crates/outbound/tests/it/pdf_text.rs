//! Every file gives text or a typed refusal, within the limits, and the parent survives.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use outbound::text_extraction::{ExtractError, ExtractedText, ExtractorConfig, TextExtractor};

use super::corpus;

fn config() -> ExtractorConfig {
    ExtractorConfig::for_program(PathBuf::from(env!("CARGO_BIN_EXE_pdf-text-child")))
}

async fn extract(bytes: &[u8]) -> Result<ExtractedText, ExtractError> {
    TextExtractor::new(config()).extract("upload.pdf", bytes).await
}

#[expect(clippy::expect_used, reason = "text where a refusal is due fails the test")]
async fn refusal_code(bytes: &[u8]) -> &'static str {
    extract(bytes)
        .await
        .expect_err("this file has no text to give")
        .code()
}

#[tokio::test]
async fn a_good_pdf_gives_clean_text_page_by_page() {
    let text = extract(&corpus::three_pages()).await.expect("a good PDF");
    assert_eq!(text.media_type, "application/pdf");
    assert_eq!(text.unreadable_pages, Vec::<usize>::new());
    assert_eq!(text.pages.len(), 3);
    for (page, number) in text.pages.iter().zip(1..) {
        let unwrapped = page.replace('\n', " ");
        let paragraph = format!("A relation is a set of tuples on page {number}. ").repeat(6);
        let paragraph = paragraph.trim_end();
        let heading = format!("{number}. Heading of page {number}");
        assert_eq!(
            unwrapped,
            format!("{heading}  {paragraph}  - Tuple: one row of page {number}"),
            "page {number}"
        );
        assert!(
            page.starts_with(&format!("{heading}\n\nA relation")),
            "a heading is a paragraph of its own: {page}"
        );
    }
}

#[tokio::test]
async fn the_demo_syllabus_is_read_as_it_was_written() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../app/assets/demo/");
    let pdf = std::fs::read(format!("{folder}syllabus.pdf")).expect("the demo PDF is there");
    let source = std::fs::read_to_string(format!("{folder}syllabus.md")).expect("the demo source is there");
    let text = extract(&pdf).await.expect("the demo PDF has text");
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .filter(|word| !matches!(*word, "#" | "##"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(words(&text.pages.join("\n")), words(&source));
}

#[tokio::test]
async fn a_pdf_behind_other_bytes_is_still_a_pdf() {
    let bytes = [b"received by mail\r\n".to_vec(), corpus::three_pages()].concat();
    let outcome = extract(&bytes).await;
    assert!(outcome.is_ok_and(|text| text.media_type == "application/pdf" && text.pages.len() == 3));
}

#[tokio::test]
async fn a_password_is_named_as_the_reason() {
    assert_eq!(refusal_code(&corpus::encrypted()).await, "SYLLABUS_ENCRYPTED");
}

#[tokio::test]
async fn a_page_without_text_is_named_as_the_reason() {
    assert_eq!(refusal_code(&corpus::without_text()).await, "SYLLABUS_NO_TEXT");
}

#[tokio::test]
async fn a_cut_file_is_refused_instead_of_losing_its_end_silently() {
    let whole = corpus::three_pages();
    for length in [200, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 20] {
        let cut = corpus::truncated(whole.clone(), length);
        assert_eq!(refusal_code(&cut).await, "SYLLABUS_MALFORMED", "cut at {length}");
    }
}

#[tokio::test]
async fn flipped_bytes_never_cost_more_than_a_refusal() {
    let whole = corpus::three_pages();
    for offset in (0..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[offset] ^= 0x15;
        bytes[offset / 2] = b'<';
        match extract(&bytes).await {
            Ok(text) => assert!(
                text.pages.iter().any(|page| !page.is_empty()),
                "changed at {offset}"
            ),
            Err(error) => assert!(
                matches!(
                    error.code(),
                    "SYLLABUS_MALFORMED" | "SYLLABUS_NO_TEXT" | "SYLLABUS_UNSUPPORTED"
                ),
                "changed at {offset}: {error}"
            ),
        }
    }
}

#[tokio::test]
async fn hostile_structures_end_in_a_refusal() {
    for (name, bytes) in [
        ("cyclic page tree", corpus::cyclic_page_tree()),
        ("cyclic parents", corpus::cyclic_parents()),
        ("deep arrays", corpus::deeply_nested_arrays()),
        (
            "header and garbage",
            [b"%PDF-1.7\n".to_vec(), vec![0x9D; 5000]].concat(),
        ),
    ] {
        let code = refusal_code(&bytes).await;
        assert!(
            matches!(
                code,
                "SYLLABUS_MALFORMED" | "SYLLABUS_NO_TEXT" | "SYLLABUS_LIMITS"
            ),
            "{name}: {code}"
        );
    }
}

#[tokio::test]
async fn too_many_pages_are_refused_with_the_limit() {
    let error = extract(&corpus::with_pages(2001))
        .await
        .expect_err("too many pages");
    assert_eq!(
        error.to_string(),
        "this file is too large (the limit is 2000 pages): split it and upload the parts"
    );
}

#[tokio::test]
async fn a_flate_bomb_hits_the_limits_of_the_child() {
    let bomb = corpus::flate_bomb(600 << 20);
    assert!(bomb.len() < 5 << 20, "a bomb is small: {} bytes", bomb.len());
    assert_eq!(refusal_code(&bomb).await, "SYLLABUS_LIMITS");
}

#[tokio::test]
async fn the_child_limits_itself_before_it_reads() {
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_pdf-text-child"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the child starts");
    let path = format!("/proc/{}/limits", child.id().expect("the child runs"));
    let limited = async {
        loop {
            let table = std::fs::read_to_string(&path).expect("the child waits for its input");
            let words = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
            let rows: Vec<String> = table.lines().map(words).collect();
            if rows.contains(&"Max core file size 0 0 bytes".to_owned()) {
                break rows;
            }
            tokio::task::yield_now().await;
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(10), limited)
        .await
        .expect("the limits are set");
    assert!(
        rows.contains(&"Max cpu time 20 20 seconds".to_owned()),
        "{rows:?}"
    );
    assert!(
        rows.contains(&"Max address space 536870912 536870912 bytes".to_owned()),
        "{rows:?}"
    );
    drop(child.stdin.take());
    assert!(child.wait().await.expect("the child ends").success());
}

#[tokio::test]
async fn a_small_inflated_page_is_no_bomb() {
    assert_eq!(
        refusal_code(&corpus::flate_bomb(1 << 20)).await,
        "SYLLABUS_NO_TEXT"
    );
}

#[tokio::test]
async fn the_name_does_not_decide() {
    let error = extract(b"PK\x03\x04\x14\0\x06\0word/document.xml")
        .await
        .expect_err("a zip archive");
    assert_eq!(error.code(), "SYLLABUS_UNSUPPORTED");
    let text = extract("\u{feff}# Notes\r\n\r\nplain text\u{c}second".as_bytes())
        .await
        .expect("text");
    assert_eq!(
        (text.media_type, text.pages),
        (
            "text/plain",
            vec!["# Notes\n\nplain text".into(), "second".into()]
        )
    );
    assert_eq!(refusal_code(b"").await, "SYLLABUS_EMPTY");
    assert_eq!(refusal_code(b" \n\t\n").await, "SYLLABUS_NO_TEXT");
    assert_eq!(refusal_code(&[0x9D, 0, 1, 2]).await, "SYLLABUS_UNSUPPORTED");
}

#[tokio::test]
async fn an_upload_over_the_limit_is_not_looked_at() {
    let extractor = TextExtractor::new(ExtractorConfig {
        max_input_bytes: 1 << 20,
        ..config()
    });
    let error = extractor
        .extract("big.txt", &vec![b'a'; (1 << 20) + 1])
        .await
        .expect_err("too large");
    assert_eq!(
        error.to_string(),
        "this file is too large (the limit is 1 MiB): split it and upload the parts"
    );
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_at_the_wall_time() {
    let extractor = TextExtractor::new(ExtractorConfig {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), "exec sleep 3600".into()],
        wall: Duration::from_millis(200),
        ..config()
    });
    let error = extractor
        .extract("a.pdf", b"%PDF-1.4 %%EOF")
        .await
        .expect_err("no answer");
    assert_eq!(error.code(), "SYLLABUS_LIMITS");
}

#[tokio::test]
async fn a_child_that_dies_is_replaced_by_one_with_the_sturdier_engine() {
    let reply = r#"{"pages":["from the second child",""],"unreadable_pages":[2]}"#;
    let says = format!("echo 'pdf-text 1'; echo '{reply}'; echo end");
    let script = format!(r#"cat >/dev/null; [ "$0" = --lopdf-only ] || kill -9 $$; {says}"#);
    let extractor = TextExtractor::new(ExtractorConfig {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), script],
        ..config()
    });
    let text = extractor
        .extract("a.pdf", b"%PDF-1.4 %%EOF")
        .await
        .expect("the second child answers");
    assert_eq!(
        (text.pages, text.unreadable_pages),
        (vec!["from the second child".to_owned(), String::new()], vec![2])
    );
}

#[tokio::test]
async fn a_reader_that_talks_nonsense_means_an_unreadable_file() {
    let whole = r#"echo '{"pages":["text"],"unreadable_pages":[]}'; echo end"#;
    let extract = |says: String| {
        let extractor = TextExtractor::new(ExtractorConfig {
            program: PathBuf::from("/bin/sh"),
            arguments: vec!["-c".into(), format!("echo 'pdf-text 1'; cat >/dev/null; {says}")],
            ..config()
        });
        async move { extractor.extract("a.pdf", b"%PDF-1.4 %%EOF").await }
    };
    for nonsense in [
        ":",
        "echo nonsense",
        "echo '{}'; echo end",
        "echo '{\"pages\":[],\"unreadable_pages\":[]}'; echo end",
        "echo '{\"pages\":[\"text\"],\"unreadable_pages\":[]}'",
        "yes | head -c 60000000",
    ] {
        let error = extract(nonsense.to_owned()).await.expect_err("no whole reply");
        assert!(
            matches!(error.code(), "SYLLABUS_MALFORMED" | "SYLLABUS_LIMITS"),
            "{nonsense}: {error}"
        );
    }
    let text = extract(format!(r#"[ "$0" = --lopdf-only ] || exit 0; {whole}"#)).await;
    assert_eq!(text.expect("the second child answers").pages, ["text"]);
}

#[tokio::test]
async fn a_missing_or_wrong_program_is_the_servers_fault() {
    for program in ["/nonexistent/pdf-text", "/bin/true"] {
        let extractor = TextExtractor::new(ExtractorConfig::for_program(PathBuf::from(program)));
        let error = extractor
            .extract("a.pdf", b"%PDF-1.4 %%EOF")
            .await
            .expect_err("nobody reads");
        assert_eq!(error.code(), "SYLLABUS_UNAVAILABLE", "{program}");
    }
}

#[tokio::test]
async fn more_uploads_than_children_wait_for_their_turn() {
    let extractor = TextExtractor::new(ExtractorConfig {
        parallel_children: 1,
        ..config()
    });
    let bytes = corpus::three_pages();
    let (first, second) = tokio::join!(
        extractor.extract("a.pdf", &bytes),
        extractor.extract("b.pdf", &bytes)
    );
    assert_eq!(first.expect("the first file"), second.expect("the second file"));
}

#[tokio::test]
async fn a_file_gives_what_its_bytes_give() {
    let extractor = TextExtractor::new(config());
    let mut cut_off = corpus::three_pages();
    cut_off.truncate(cut_off.len() / 2);
    let cases = [
        corpus::three_pages(),
        cut_off,
        Vec::new(),
        b"PK\x03\x04word".to_vec(),
        b"A lock is a mark.\x0cAnd a second page.".to_vec(),
        vec![b'a'; (8 << 20) + 1],
    ];
    for bytes in cases {
        let mut file = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut file, &bytes).expect("the file is written");
        let of_file = extractor.extract_file("notes.md", file).await;
        let of_bytes = extractor.extract("notes.md", &bytes).await;
        match (of_file, of_bytes) {
            (Ok(of_file), Ok(of_bytes)) => assert_eq!(of_file, of_bytes),
            (Err(of_file), Err(of_bytes)) => assert_eq!(of_file.to_string(), of_bytes.to_string()),
            (of_file, of_bytes) => panic!("{of_file:?} and {of_bytes:?}"),
        }
    }
}
