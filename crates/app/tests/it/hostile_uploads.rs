//! The odd files, uploaded: each is kept or refused with its reason, and the service goes on as if nothing had been.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tempfile::TempDir;
use testkit::Backend;
use testkit::odd_files::{self, OddFile};

use super::support::process::{Server, is_profile, wait_for};
use super::support::{Client, Reply, TestApp, http_client};

/// The most that one request may have.
const FILES_AT_A_TIME: usize = 50;
const BOMBS_AT_A_TIME: usize = 5;
/// There is one for each of the readers of a server.
const UPLOADS_AT_A_TIME: usize = 2;
/// How often a supervisor looks.
const LOOK: Duration = Duration::from_millis(100);

/// The program under a name of its own, so that its readers can be told from those of other tests.
struct Reader {
    path: PathBuf,
    _directory: TempDir,
}

impl Reader {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("reader");
        symlink(env!("CARGO_BIN_EXE_touchstone"), &path).unwrap();
        Self {
            path,
            _directory: directory,
        }
    }

    fn running(&self) -> usize {
        let is_ours = |command: Vec<u8>| command.starts_with(self.path.as_os_str().as_encoded_bytes());
        let processes = fs::read_dir("/proc").unwrap().flatten();
        // A process that has ended meanwhile has no command line any more.
        let commands = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
        commands.filter(|command| is_ours(command.clone())).count()
    }

    /// A service that uses it and gives up a file after this long.
    async fn app(&self, backend: Backend, seconds: u64) -> TestApp {
        TestApp::configured(backend, |config| {
            config.uploads.reader_program.clone_from(&self.path);
            config.uploads.reader_timeout_seconds = seconds;
            config.uploads.timeout_seconds = 3600;
        })
        .await
    }
}

fn form<'f>(files: impl IntoIterator<Item = &'f OddFile>) -> Form {
    let part = |file: &OddFile| Part::bytes(file.bytes.clone()).file_name(file.name.clone());
    files
        .into_iter()
        .fold(Form::new(), |form, file| form.part("files[]", part(file)))
}

/// What it says while somebody else's work is done, and how often it was asked.
async fn while_healthy<T>(anyone: &Client, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = looks.tick() => {
                anyone.get("//healthz").await.is(200);
            }
        }
    }
}

/// Code of refusal, or id of the syllabus, by name of file.
fn outcomes(reply: &Reply) -> BTreeMap<String, Result<String, String>> {
    let body = reply.json();
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let entries = |member: &str| body[member].as_array().cloned().unwrap_or_default();
    if reply.status == 422 {
        // `name: what to do (CODE)`
        let refusal = |error: Value| {
            let detail = text(&error, "detail");
            let (name, reason) = detail.split_once(": ").unwrap_or_default();
            let code = reason
                .rsplit_once('(')
                .map_or("", |(_, code)| code.trim_end_matches(')'));
            (name.to_owned(), Err(code.to_owned()))
        };
        return entries("errors").into_iter().map(refusal).collect();
    }
    assert_eq!(reply.status, 201, "{}", reply.text);
    let kept = entries("items");
    let kept = kept
        .iter()
        .map(|item| (text(item, "file_name"), Ok(text(item, "syllabus_id"))));
    let refused = entries("errors").into_iter().map(|error| {
        assert!(
            error["detail"].as_str().is_some_and(|detail| detail.len() > 20),
            "{error}"
        );
        (text(&error, "file"), Err(text(&error, "error_code")))
    });
    kept.chain(refused).collect()
}

/// Uploads some files in one request; returns what is wrong, and how many were kept.
async fn upload(app: &TestApp, admin: &Client, files: &[OddFile]) -> (Vec<String>, usize) {
    let request = admin
        .request(Method::POST, "/admin/syllabus/upload")
        .multipart(form(files));
    let reply = while_healthy(&app.anonymous(), Reply::to(request)).await;
    let outcomes = outcomes(&reply);
    let (mut deviations, mut kept) = (Vec::new(), 0);
    for file in files {
        deviations.extend(match outcomes.get(&file.name) {
            None => Some(format!("{}: nothing was said about it", file.name)),
            Some(Err(code)) => file.deviation(Err(code)),
            Some(Ok(id)) => {
                kept += 1;
                file.deviation(Ok(&stored_pages(admin, id).await))
            }
        });
    }
    (deviations, kept)
}

async fn stored_pages(admin: &Client, id: &str) -> Vec<String> {
    let syllabus = admin.get(&format!("/admin/syllabi/{id}")).await.is(200);
    let pages = syllabus["pages"].as_array().unwrap();
    pages
        .iter()
        .map(|page| page["text"].as_str().unwrap().to_owned())
        .collect()
}

/// Uploads all files; everything has to be as expected afterwards.
async fn upload_all(app: &TestApp, reader: &Reader, files: &[OddFile], at_a_time: usize) {
    let admin = app.admin().await;
    let uploads = stream::iter(files.chunks(at_a_time).map(|files| upload(app, &admin, files)));
    let results: Vec<_> = uploads.buffer_unordered(UPLOADS_AT_A_TIME).collect().await;
    let deviations: Vec<&String> = results.iter().flat_map(|(deviations, _)| deviations).collect();
    assert!(deviations.is_empty(), "{deviations:#?}");
    let kept: usize = results.iter().map(|(_, kept)| kept).sum();
    assert_eq!(app.count("syllabi", &[]).await, i64::try_from(kept).unwrap());
    assert_eq!(reader.running(), 0, "readers are left");
}

on_both_databases!(every_odd_file_is_kept_or_refused_with_its_reason);

async fn every_odd_file_is_kept_or_refused_with_its_reason(backend: Backend) {
    let reader = Reader::new();
    let app = reader.app(backend, 30).await;
    let mut files = odd_files::all();
    files.retain(|file| !file.expensive);
    assert!(files.len() > 200, "{} files", files.len());
    upload_all(&app, &reader, &files, FILES_AT_A_TIME).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_refused_and_nobody_else_notices() {
    let reader = Reader::new();
    let app = reader.app(Backend::Sqlite, 2).await;
    let mut files = odd_files::all();
    files.retain(|file| file.expensive);
    assert!(files.len() > 30, "{} files", files.len());
    upload_all(&app, &reader, &files, BOMBS_AT_A_TIME).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_takes_its_reader_along() {
    let reader = Reader::new();
    let app = reader.app(Backend::Sqlite, 300).await;
    let mut files = odd_files::all();
    files.retain(|file| file.name == "cycle-a-billion-laughs.pdf");
    let request = app
        .admin()
        .await
        .request(Method::POST, "/admin/syllabus/upload")
        .multipart(form(&files));
    let upload = tokio::spawn(async move { request.send().await.map(|reply| reply.status()) });
    let until = async |count: usize| {
        let looked = || async { Ok((reader.running() == count).then_some(())) };
        wait_for("a reader to start or end", looked).await.unwrap();
    };
    until(1).await;
    upload.abort();
    until(0).await;
    assert_eq!(app.count("syllabi", &[]).await, 0);
}

/// Every path below a directory.
fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            path => vec![path],
        })
        .filter(|path| !is_profile(path))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_leaves_neither_files_nor_readers_nor_errors_behind() -> anyhow::Result<()> {
    let reader = Reader::new();
    let (data, temporary) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let text = |path: &Path| path.to_str().unwrap_or_default().to_owned();
    let (program, directory) = (text(&reader.path), text(temporary.path()));
    let settings = [
        ("TOUCHSTONE__UPLOADS__READER_PROGRAM", program.as_str()),
        ("TMPDIR", &directory),
    ];
    let server = Server::start(data.path(), &settings).await?;
    let printed = server.printed().join("\n");
    let words: Vec<&str> = printed.split_whitespace().collect();
    let after = |word: &str| {
        words
            .iter()
            .position(|one| *one == word)
            .and_then(|at| words.get(at + 1))
    };
    let login = serde_json::json!({ "email": after("administrator"), "password": after("password") });
    let http = http_client();
    let reply = Reply::to(http.post(format!("{}/auth/login", server.base)).json(&login))
        .await
        .is(200);
    let token = reply["tokens"]["access_token"].as_str().unwrap_or_default();
    let before = files_below(data.path());

    let mut files = odd_files::all();
    files.retain(|file| !file.expensive && file.bytes.len() < 100_000);
    let some: Vec<OddFile> = files.into_iter().step_by(17).take(FILES_AT_A_TIME).collect();
    let request = http
        .post(format!("{}/admin/syllabus/upload", server.base))
        .bearer_auth(token);
    let reply = Reply::to(request.multipart(form(&some))).await;
    let outcomes = outcomes(&reply);
    assert_eq!(outcomes.len(), some.len());
    assert!(outcomes.values().any(Result::is_ok) && outcomes.values().any(Result::is_err));

    assert_eq!(reader.running(), 0, "readers are left");
    assert_eq!(files_below(temporary.path()), Vec::<PathBuf>::new());
    assert_eq!(files_below(data.path()), before);
    let logged = server.terminate().await?.logged;
    assert!(!logged.contains("ERROR"), "{logged}");
    Ok(())
}
