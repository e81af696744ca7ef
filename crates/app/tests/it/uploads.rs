//! Files that give no text get a clear refusal, and good ones beside them are kept.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use testkit::Backend;
use testkit::pdf_writer::PdfWriter;

use super::support::{Reply, TestApp};

fn good() -> Vec<u8> {
    let mut writer = PdfWriter::new("Locks");
    writer.heading("1. Locks");
    writer.paragraph("A lock keeps other transactions from changing a row until its owner ends.");
    writer.finish()
}

/// The same file with a standard security handler whose password nobody knows.
fn encrypted() -> Vec<u8> {
    let handler = format!(
        "/Encrypt << /Filter /Standard /V 1 /R 2 /O <{}> /U <{}> /P -4 >> /ID [<{id}> <{id}>] /Root 1 0 R",
        "4f".repeat(32),
        "55".repeat(32),
        id = "1d".repeat(16)
    );
    let file = String::from_utf8(good()).unwrap();
    let (body, trailer) = file.rsplit_once("trailer").unwrap();
    let locked = trailer.replacen("/Root 1 0 R", &handler, 1);
    assert_ne!(locked, trailer, "the trailer names its root in another way");
    format!("{body}trailer{locked}").into_bytes()
}

fn broken() -> Vec<u8> {
    let mut file = good();
    file.truncate(60);
    file
}

/// A zip archive that somebody called a PDF.
fn renamed_zip() -> Vec<u8> {
    b"PK\x03\x04\x14\x00\x00\x00\x08\x00word/document.xml".to_vec()
}

async fn upload(app: &TestApp, files: Vec<(&'static str, Vec<u8>)>, subjects: &[&'static str]) -> Reply {
    let part = |(name, bytes): (&'static str, Vec<u8>)| Part::bytes(bytes).file_name(name);
    let form = files
        .into_iter()
        .fold(Form::new(), |form, file| form.part("files[]", part(file)));
    let form = subjects
        .iter()
        .fold(form, |form, subject| form.text("subject", *subject));
    let request = app.admin().await.request(Method::POST, "/admin/syllabus/upload");
    Reply::to(request.multipart(form)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_text_is_refused_with_its_reason() {
    let app = TestApp::start(Backend::Sqlite).await;
    let cases = [
        (
            "locked.pdf",
            encrypted(),
            "SYLLABUS_ENCRYPTED",
            "without the password",
        ),
        (
            "renamed.pdf",
            renamed_zip(),
            "SYLLABUS_UNSUPPORTED",
            "zip archive",
        ),
        ("empty.pdf", Vec::new(), "SYLLABUS_EMPTY", "empty"),
        ("broken.pdf", broken(), "SYLLABUS_MALFORMED", "damaged"),
        (
            "blank.pdf",
            PdfWriter::new("Blank").finish(),
            "SYLLABUS_NO_TEXT",
            "no text was found",
        ),
        (
            "binary.txt",
            vec![0x80, 0, 0xFF, 0, 1, 2, 3, 0],
            "SYLLABUS_UNSUPPORTED",
            "save it as PDF or text",
        ),
    ];
    for (name, bytes, code, words) in cases {
        let refused = upload(&app, vec![(name, bytes)], &[]).await.is(422);
        assert_eq!(refused["error_code"], "SYLLABUS_422", "{refused}");
        let reason = refused["errors"][0]["detail"].as_str().unwrap();
        assert!(
            reason.contains(name) && reason.contains(code) && reason.contains(words),
            "{reason}"
        );
        assert_eq!(refused["errors"][0]["pointer"], "/files/0");
    }
    assert_eq!(app.count("syllabi", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn good_files_are_kept_and_bad_ones_are_named() {
    let app = TestApp::start(Backend::Sqlite).await;
    let files = vec![
        ("locks.pdf", good()),
        ("empty.pdf", Vec::new()),
        (
            "notes.md",
            b"# Notes\n\nA transaction is a group of statements.\n".to_vec(),
        ),
    ];
    let kept = upload(&app, files, &["Locks", "", "Notes on transactions"])
        .await
        .is(201);
    assert_eq!(kept["count"], 2);
    let subjects: Vec<&Value> = kept["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["subject"])
        .collect();
    assert_eq!(subjects, ["Locks", "Notes on transactions"]);
    assert_eq!(kept["items"][0]["media_type"], "application/pdf");
    let error = &kept["errors"][0];
    assert_eq!(
        (&error["file"], &error["error_code"]),
        (&json!("empty.pdf"), &json!("SYLLABUS_EMPTY"))
    );
    assert!(
        error["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("choose a file")),
        "{error}"
    );

    let admin = app.admin().await;
    let listed = admin.get("/admin/syllabi").await.is(200);
    assert_eq!(
        (&listed["total"], &listed["page"], &listed["page_size"]),
        (&json!(2), &json!(1), &json!(25))
    );
    let path = format!(
        "/admin/syllabi/{}",
        kept["items"][0]["syllabus_id"].as_str().unwrap()
    );
    let text = admin.get(&path).await.is(200)["pages"][0]["text"].to_string();
    assert!(text.contains("A lock keeps other transactions"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_a_form_with_files() {
    let app = TestApp::start(Backend::Sqlite).await;
    let admin = app.admin().await;
    admin
        .post("/admin/syllabus/upload", &json!({ "files": [] }))
        .await
        .is(415);
    assert_eq!(upload(&app, Vec::new(), &["alone"]).await.pointers(), ["/files"]);
    let request = admin.request(Method::POST, "/admin/syllabus/upload");
    let cut = request
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x\r\nContent-Dispo");
    Reply::to(cut).await.is(400);
    let many = (0..51)
        .map(|_| ("a.txt", b"A lock is a mark.".to_vec()))
        .collect();
    assert_eq!(upload(&app, many, &[]).await.pointers(), ["/files"]);
    let student = app.student(1).await;
    let form = Form::new().part("files[]", Part::bytes(good()).file_name("locks.pdf"));
    Reply::to(
        student
            .request(Method::POST, "/admin/syllabus/upload")
            .multipart(form),
    )
    .await
    .is(403);
    assert_eq!(app.count("syllabi", &[]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_at_once_is_refused() {
    let app = TestApp::configured(Backend::Sqlite, |config| {
        config.uploads.max_file_mib = 1;
        config.uploads.max_request_mib = 1;
    })
    .await;
    let much = vec![("big.txt", vec![b'a'; (1 << 20) + 1])];
    assert_eq!(upload(&app, much, &[]).await.is(413)["error_code"], "REQUEST_413");
}
