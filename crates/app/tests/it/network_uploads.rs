//! Bodies that are larger, longer or slower than they may be, over raw sockets to the real program.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::support::process::{Server, wait_for};
use super::support::raw::hear;
use super::support::{SYLLABUS, http_client};

const UPLOAD: &str = "POST /api/v1/admin/syllabus/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n";
const PART: &str = "--b\r\nContent-Disposition: form-data; name=\"files[]\"; filename=\"a.pdf\"\r\n\r\n";
const MIB: usize = 1 << 20;

/// A server with the token of its administrator.
struct Admin {
    server: Server,
    token: String,
    data: TempDir,
}

impl Admin {
    async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let server = Server::start(data.path(), settings).await?;
        let told = server
            .printed()
            .iter()
            .find(|line| line.starts_with("administrator "));
        let words: Vec<&str> = told.context("there is an administrator")?.split(' ').collect();
        let login = json!({ "email": words[1], "password": words[4] });
        let request = http_client()
            .post(format!("{}/auth/login", server.base))
            .json(&login);
        let signed: Value = request.send().await?.error_for_status()?.json().await?;
        let token = signed["tokens"]["access_token"]
            .as_str()
            .context("signed in")?
            .to_owned();
        Ok(Self { server, token, data })
    }

    fn head(&self, fields: &str) -> String {
        format!("{UPLOAD}Authorization: Bearer {}\r\n{fields}\r\n", self.token)
    }

    async fn upload(&self, file: Vec<u8>) -> Result<u16> {
        let form = Form::new().part("files[]", Part::bytes(file).file_name("a.pdf"));
        let request = http_client().post(format!("{}/admin/syllabus/upload", self.server.base));
        Ok(request
            .bearer_auth(&self.token)
            .multipart(form)
            .send()
            .await?
            .status()
            .as_u16())
    }

    /// Open files that have no name, in the directory for uploads.
    fn unnamed_files(&self) -> Result<usize> {
        let id = self.server.id().context("the server runs")?;
        let mut count = 0;
        for entry in std::fs::read_dir(format!("/proc/{id}/fd"))? {
            // One that is closed meanwhile is no file.
            let Ok(target) = std::fs::read_link(entry?.path()) else {
                continue;
            };
            let target = target.to_string_lossy().into_owned();
            count += usize::from(target.starts_with(&*self.directory()) && target.ends_with("(deleted)"));
        }
        Ok(count)
    }

    /// Waits until there are so many.
    async fn has_unnamed_files(&self, count: usize) -> Result<()> {
        wait_for("files of uploads", || async {
            Ok((self.unnamed_files()? == count).then_some(()))
        })
        .await
    }

    fn directory(&self) -> String {
        self.data.path().join("tmp").to_string_lossy().into_owned()
    }

    fn named_files(&self) -> Result<usize> {
        Ok(std::fs::read_dir(Path::new(&self.directory()))?.count())
    }

    async fn end(self) -> Result<()> {
        ensure!(self.server.answers().await?, "the server is not well afterwards");
        let stopped = self.server.terminate().await?;
        ensure!(
            stopped.status.success() && !stopped.logged.contains("panicked"),
            "{}",
            stopped.logged
        );
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_that_is_too_large_is_refused_before_the_body() {
    check_declared_length().await.unwrap();
}

async fn check_declared_length() -> Result<()> {
    let admin = Admin::start(&[]).await?;
    let large = "Content-Length: 10000000000\r\nExpect: 100-continue\r\n";
    let json = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for head in [
        admin.head(large),
        format!("{UPLOAD}{large}\r\n"),
        format!("{json}{large}\r\n"),
    ] {
        let mut stream = TcpStream::connect(admin.server.address()?).await?;
        stream.write_all(head.as_bytes()).await?;
        let said = hear(&mut stream).await?;
        ensure!(said.statuses() == [413], "{}", said.0);
        ensure!(
            said.0.contains("\"REQUEST_413\"") && said.0.contains("connection: close"),
            "{}",
            said.0
        );
    }
    admin.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunked_body_without_end_is_refused_at_its_limit() {
    check_endless_chunks().await.unwrap();
}

async fn check_endless_chunks() -> Result<()> {
    let settings = [
        ("TOUCHSTONE__UPLOADS__MAX_FILE_MIB", "1"),
        ("TOUCHSTONE__UPLOADS__MAX_REQUEST_MIB", "2"),
        ("TOUCHSTONE__LIMITS__JSON_BODY_KIB", "64"),
    ];
    let admin = Admin::start(&settings).await?;
    let json = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let part = format!("{:x}\r\n{PART}\r\n", PART.len());
    let starts = [
        format!("{json}{chunked}\r\n"),
        format!("{}{part}", admin.head(chunked)),
    ];
    for start in starts {
        let mut stream = TcpStream::connect(admin.server.address()?).await?;
        stream.write_all(start.as_bytes()).await?;
        let (mut reading, mut writing) = stream.into_split();
        let endless = tokio::spawn(async move {
            let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
            let mut sent = 0;
            while writing.write_all(chunk.as_bytes()).await.is_ok() {
                sent += chunk.len();
            }
            sent
        });
        let mut heard = Vec::new();
        while !heard.windows(4).any(|window| window == b"\r\n\r\n") {
            let read = tokio::io::AsyncReadExt::read_buf(&mut reading, &mut heard).await?;
            ensure!(read > 0, "closed without an answer");
        }
        let said = String::from_utf8_lossy(&heard).into_owned();
        ensure!(said.starts_with("HTTP/1.1 413 "), "{said}");
        drop(reading);
        endless.await?;
        admin.has_unnamed_files(0).await?;
    }
    ensure!(admin.named_files()? == 0);
    admin.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_breaks_off_leaves_nothing() {
    check_broken_off().await.unwrap();
}

async fn check_broken_off() -> Result<()> {
    let admin = Admin::start(&[]).await?;
    let head = admin.head("Content-Length: 1000000\r\n");
    let mut stream = TcpStream::connect(admin.server.address()?).await?;
    stream
        .write_all(format!("{head}{PART}{}", "x".repeat(100_000)).as_bytes())
        .await?;
    admin.has_unnamed_files(1).await?;
    ensure!(admin.named_files()? == 0, "the file has a name");
    drop(stream);
    admin.has_unnamed_files(0).await?;

    // Shorter than said, but the client still listens.
    let mut stream = TcpStream::connect(admin.server.address()?).await?;
    stream.write_all(format!("{head}{PART}x").as_bytes()).await?;
    stream.shutdown().await?;
    let said = hear(&mut stream).await?;
    ensure!(said.statuses().iter().all(|status| *status == 400), "{}", said.0);
    admin.has_unnamed_files(0).await?;

    // Longer than said: the rest is no request.
    let file = format!("{PART}text\r\n--b--\r\n");
    let head = admin.head(&format!("Content-Length: {}\r\n", file.len()));
    let said = admin.server.say(format!("{head}{file}{file}").as_bytes()).await?;
    ensure!(said.statuses() == [201, 400], "{}", said.0);
    ensure!(admin.named_files()? == 0);
    admin.end().await
}

/// The syllabus with so much of nothing behind it, and a second end that leads to the same contents.
fn padded(bytes: usize) -> Result<Vec<u8>> {
    let text = String::from_utf8_lossy(SYLLABUS);
    let (_, end) = text.rsplit_once("startxref").context("the file has an end")?;
    let mut file = SYLLABUS.to_vec();
    file.extend_from_slice(b"\n%");
    file.resize(file.len() + bytes, b'x');
    file.extend_from_slice(format!("\nstartxref{end}").as_bytes());
    Ok(file)
}

/// A figure of the process in bytes, as `/proc` tells it.
fn memory(admin: &Admin, name: &str) -> Result<usize> {
    let id = admin.server.id().context("the server runs")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .context("no such figure")?;
    Ok(kib.parse::<usize>()? << 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_costs_no_memory() {
    check_memory().await.unwrap();
}

async fn check_memory() -> Result<()> {
    let admin = Admin::start(&[]).await?;
    // What is needed once is needed now.
    ensure!(admin.upload(padded(MIB)?).await? == 201);
    let id = admin.server.id().context("the server runs")?;
    // The highest figure begins anew (proc(5)).
    std::fs::write(format!("/proc/{id}/clear_refs"), "5")?;
    let before = memory(&admin, "VmRSS")?;
    ensure!(admin.upload(padded(30 * MIB)?).await? == 201);
    let highest = memory(&admin, "VmHWM")?;
    ensure!(
        highest < before + 12 * MIB,
        "{} MiB more for 30 MiB",
        (highest - before) / MIB
    );
    ensure!(admin.unnamed_files()? == 0 && admin.named_files()? == 0);
    admin.end().await
}
