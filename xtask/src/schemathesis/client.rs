//! As much HTTP as it takes to fill an instance: one request per connection, JSON in and out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

const LIMIT: Duration = Duration::from_mins(1);
/// Where the paths of the API begin.
pub(crate) const BASE: &str = "/api/v1";
const BOUNDARY: &str = "touchstone-check";

/// Somebody who talks to an instance.
#[derive(Clone)]
pub(crate) struct Client {
    authority: String,
    /// The header that says who, by name and value.
    pub(crate) credential: Option<(&'static str, String)>,
}

impl Client {
    /// Nobody yet, at `http://HOST:PORT`.
    pub(crate) fn anonymous(url: &str) -> Self {
        Self {
            authority: url.trim_start_matches("http://").to_owned(),
            credential: None,
        }
    }

    /// Who sends this header.
    pub(crate) fn known_by(&self, header: &'static str, value: String) -> Self {
        Self {
            authority: self.authority.clone(),
            credential: Some((header, value)),
        }
    }

    /// GET of a path below the base path; whatever is not 2xx is an error.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.get_at_root(&format!("{BASE}{path}"))
    }

    /// GET of a path from the root.
    pub(crate) fn get_at_root(&self, path: &str) -> anyhow::Result<Value> {
        self.send("GET", path, None, b"")
    }

    /// POST of a JSON body.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let path = format!("{BASE}{path}");
        self.send(
            "POST",
            &path,
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    /// POST of a form with one file in `files[]`.
    pub(crate) fn upload(&self, path: &str, file_name: &str, text: &str) -> anyhow::Result<Value> {
        let form = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files[]\"; filename=\"{file_name}\"\r\n\
             content-type: text/markdown\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
        );
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(
            "POST",
            &format!("{BASE}{path}"),
            Some(&media_type),
            form.as_bytes(),
        )
    }

    fn send(&self, method: &str, path: &str, media_type: Option<&str>, body: &[u8]) -> anyhow::Result<Value> {
        let host = &self.authority;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        let credential = self.credential.as_ref();
        head.extend(credential.map(|(name, value)| format!("{name}: {value}\r\n")));
        let length = body.len();
        head.extend(
            media_type
                .map(|media_type| format!("content-type: {media_type}\r\ncontent-length: {length}\r\n")),
        );
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let (status, body) = read(&answer).with_context(|| format!("{method} {path}"))?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} answered {status}: {body}");
        }
        Ok(body)
    }
}

/// Status and body of a whole answer; an empty body is null.
fn read(answer: &[u8]) -> anyhow::Result<(u16, Value)> {
    let text = std::str::from_utf8(answer).context("the answer is not UTF-8")?;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("the connection ended before the answer did")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.context("the answer has no status")?;
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).context("the body is not JSON")?
    };
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_maybe_a_body() {
        let (status, body) = read(b"HTTP/1.1 201 Created\r\na: b\r\n\r\n{\"id\":1}").unwrap();
        assert_eq!((status, &body["id"]), (201, &Value::from(1)));
        let (status, body) = read(b"HTTP/1.1 204 No Content\r\na: b\r\n\r\n").unwrap();
        assert_eq!((status, body), (204, Value::Null));
    }

    #[test]
    fn half_an_answer_is_none() {
        assert!(read(b"HTTP/1.1 200 OK\r\na: b").is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\n\r\n{\"id\":").is_err());
    }
}
