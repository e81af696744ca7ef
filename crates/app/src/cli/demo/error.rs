//! Why the demonstration did not get to its end, in one line that says what to do.

use std::io;
use std::path::PathBuf;

use serde::Deserialize;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("the syllabus {} cannot be read; check the path given with --syllabus", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "--url needs an administrator's account: add --admin-email ADDRESS and set TOUCHSTONE_DEMO_PASSWORD to the password"
    )]
    NoAccount,
    #[error("`{0}` is not the address of a server; write it like https://host or http://host:8080")]
    NoAddress(String),
    #[error("no HTTP client can be made; for https the system's root certificates must be installed")]
    Client(#[source] reqwest::Error),
    #[error("no temporary directory can be made; check TMPDIR")]
    Directory(#[source] io::Error),
    #[error("no port of 127.0.0.1 can be listened on")]
    Listen(#[source] io::Error),
    #[error("{doing}: there is no answer; check that a server runs at {server}")]
    Unreachable {
        doing: &'static str,
        server: String,
        source: reqwest::Error,
    },
    #[error("{doing}: {refusal}")]
    Refused {
        doing: &'static str,
        refusal: Box<Refusal>,
    },
    #[error("{doing}: the answer is not what this version sends; run the demo of the server's own version")]
    Unreadable {
        doing: &'static str,
        source: serde_json::Error,
    },
    #[error("{doing}: not done after {minutes} minutes; check that jobs are worked on (`touchstone worker`)")]
    TooSlow { doing: &'static str, minutes: u64 },
    #[error("nothing was generated ({code}): {reason}")]
    NotGenerated { code: String, reason: String },
    #[error("an account could not be used: {0}")]
    Login(String),
    #[error("promises not kept: {}", .0.join("; "))]
    Promises(Vec<String>),
    #[error("interrupted before the end of the demonstration")]
    Interrupted,
}

/// A problem as the server sends it (RFC 9457), or whatever stood in its place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Refusal {
    pub(super) status: u16,
    pub(super) error_code: String,
    pub(super) message: String,
    pub(super) trace_id: Option<String>,
    pub(super) errors: Vec<RefusedField>,
}

/// One field that is not as it has to be.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RefusedField {
    pub(super) detail: String,
}

impl Refusal {
    /// Reads the body of a reply that is no success; a body that is no problem leaves only the status.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let read = serde_json::from_slice::<Self>(body).unwrap_or_default();
        Self { status, ..read }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let details: Vec<&str> = self
            .errors
            .iter()
            .map(|field| field.detail.as_str())
            .filter(|detail| !detail.is_empty())
            .collect();
        match details.as_slice() {
            [] if self.message.is_empty() => formatter.write_str("refused without a reason")?,
            [] => formatter.write_str(&self.message)?,
            details => formatter.write_str(&details.join("; "))?,
        }
        match self.error_code.as_str() {
            "" => write!(formatter, " [HTTP {}]", self.status)?,
            code => write!(formatter, " [{code}, HTTP {}]", self.status)?,
        }
        match &self.trace_id {
            Some(trace_id) if self.status >= 500 => write!(formatter, " (trace {trace_id})"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_the_details_and_the_code() {
        let problem = br#"{"error_code":"SYLLABUS_422","message":"/files/0: x","errors":[
            {"pointer":"/files/0","detail":"notes.pdf: it is encrypted; save it without a password"}]}"#;
        let refusal = Refusal::read(422, problem);
        let expected = "notes.pdf: it is encrypted; save it without a password [SYLLABUS_422, HTTP 422]";
        assert_eq!(refusal.to_string(), expected);
    }

    #[test]
    fn whatever_is_no_problem_still_tells_the_status() {
        assert_eq!(
            Refusal::read(502, b"<html>").to_string(),
            "refused without a reason [HTTP 502]"
        );
        let ours = Refusal::read(
            500,
            br#"{"error_code":"SERVER_500","message":"sorry","trace_id":"t-1"}"#,
        );
        assert_eq!(ours.to_string(), "sorry [SERVER_500, HTTP 500] (trace t-1)");
    }
}
