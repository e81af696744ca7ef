//! A file over HTTP that may come in several pieces.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode, Url};

use super::error::SourceError;

const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// Without a single byte.
const SILENCE_LIMIT: Duration = Duration::from_mins(1);
/// A connection that keeps breaking is given up after so many pieces; the next command goes on.
const PIECES: u32 = 5;

/// A client for one address.
pub(super) fn client(url: &Url) -> Result<Client, SourceError> {
    // A second call finds the first one's provider, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(SILENCE_LIMIT)
        .user_agent("touchstone");
    if url.scheme() == "http" {
        // A machine without root certificates can still talk plain HTTP.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(SourceError::Client)
}

/// The address as it may be shown: without user, password and query.
pub(super) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Lets `part` grow until the file is complete; goes on where it ends now. `limit` is the largest right length in bytes.
pub(super) async fn download(
    url: &Url,
    part: &Path,
    limit: u64,
    bar: &ProgressBar,
) -> Result<(), SourceError> {
    let client = client(url)?;
    let mut outcome = piece(&client, url, part, limit, bar).await;
    for _ in 1..PIECES {
        let Err(SourceError::Cut { .. }) = outcome else {
            break;
        };
        outcome = piece(&client, url, part, limit, bar).await;
    }
    outcome
}

/// What is written to, and how far it is.
struct Growing {
    file: File,
    length: u64,
}

async fn piece(
    client: &Client,
    url: &Url,
    part: &Path,
    limit: u64,
    bar: &ProgressBar,
) -> Result<(), SourceError> {
    let not_written = |source| SourceError::Write {
        path: part.to_path_buf(),
        source,
    };
    let mut growing = Growing::open(part).map_err(not_written)?;
    let mut request = client.get(url.clone());
    if growing.length > 0 {
        request = request.header(RANGE, format!("bytes={}-", growing.length));
    }
    let mut response = request.send().await.map_err(|source| unreachable(url, source))?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT if starts_at(&response, growing.length) => {}
        StatusCode::OK => growing.restart().map_err(not_written)?,
        StatusCode::RANGE_NOT_SATISFIABLE if has_length(&response, growing.length) => return Ok(()),
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT => {
            // What is there belongs to another file; the next piece begins anew.
            growing.restart().map_err(not_written)?;
            return Err(cut(url, 0));
        }
        status => {
            return Err(SourceError::Refused {
                place: place(url),
                status,
            });
        }
    }
    if let Some(rest) = response.content_length() {
        bar.set_length(growing.length + rest);
    }
    loop {
        bar.set_position(growing.length);
        match response.chunk().await {
            Ok(None) => return growing.file.sync_all().map_err(not_written),
            Ok(Some(bytes)) => growing.add(&bytes).map_err(not_written)?,
            Err(_) => return Err(cut(url, growing.length)),
        }
        if growing.length > limit {
            growing.restart().map_err(not_written)?;
            return Err(SourceError::TooLong {
                place: place(url),
                limit,
            });
        }
    }
}

impl Growing {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    fn restart(&mut self) -> io::Result<()> {
        self.length = 0;
        self.file.set_len(0)
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

pub(super) fn unreachable(url: &Url, source: reqwest::Error) -> SourceError {
    SourceError::Unreachable {
        place: place(url),
        // It may have a password in it.
        source: source.without_url(),
    }
}

fn cut(url: &Url, received: u64) -> SourceError {
    SourceError::Cut {
        place: place(url),
        received,
    }
}

fn content_range(response: &Response) -> Option<&str> {
    response
        .headers()
        .get(CONTENT_RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes ")
}

fn starts_at(response: &Response, offset: u64) -> bool {
    let start = content_range(response).and_then(|range| range.split_once('-'));
    start.is_some_and(|(start, _)| start.parse() == Ok(offset))
}

/// Whether a refused range says that the file ends where ours does.
fn has_length(response: &Response, length: u64) -> bool {
    let whole = content_range(response).and_then(|range| range.strip_prefix("*/"));
    whole.is_some_and(|whole| whole.parse() == Ok(length))
}
