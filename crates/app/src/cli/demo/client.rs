//! The HTTP client: what any other client of the server could do, and nothing more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::RETRY_AFTER;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{DemoError, Refusal};

/// For one request; uploads of large files take longest.
const REQUEST_LIMIT: Duration = Duration::from_secs(150);
/// For anything that is asked for again and again.
const WAIT_LIMIT_MINUTES: u64 = 15;
/// A busy server is asked this often.
const TRIES: u32 = 5;
/// A longer `Retry-After` is cut to this, so that a demonstration stays one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How often to ask again.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// The server is ours alone: nobody minds.
    Own,
    /// As the server says in `Retry-After`.
    AsTold,
}

/// A server, and whoever is signed in there.
#[derive(Clone)]
pub(super) struct Api {
    http: Client,
    base: Arc<str>,
    pace: Pace,
    token: Option<Arc<str>>,
    tag: Arc<str>,
    sent: Arc<AtomicU32>,
}

/// A file to upload.
pub(super) struct Upload {
    pub(super) file_name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) subject: Option<String>,
}

impl Api {
    /// A client of the server at `address`, with nobody signed in.
    pub(super) fn new(address: &str, pace: Pace) -> Result<Self, DemoError> {
        let url = Url::parse(address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| DemoError::NoAddress(address.to_owned()))?;
        // A second call finds the first one's provider, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .timeout(REQUEST_LIMIT)
            .user_agent("touchstone-demo");
        if url.scheme() == "http" {
            // A machine without root certificates can still talk plain HTTP.
            builder = builder.tls_certs_only([]);
        }
        if matches!(pace, Pace::Own) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(DemoError::Client)?;
        let base = url.as_str().trim_end_matches('/').into();
        let tag = format!("{:08x}", rand::random::<u32>()).into();
        Ok(Self {
            http,
            base,
            pace,
            token: None,
            tag,
            sent: Arc::default(),
        })
    }

    /// The server's address without a trailing slash.
    pub(super) fn server(&self) -> &str {
        &self.base
    }

    /// Eight random characters of this run, for names that must be new.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// The same server for somebody who has signed in.
    pub(super) fn signed_in(&self, access_token: &str) -> Self {
        Self {
            token: Some(access_token.into()),
            ..self.clone()
        }
    }

    /// `GET` below `/api/v1`.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
    ) -> Result<T, DemoError> {
        Ok(self.call(doing, Method::GET, path, None).await?.0)
    }

    /// `POST` of JSON below `/api/v1`; repeated under the same idempotency key while the server is busy.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<T, DemoError> {
        Ok(self.call(doing, Method::POST, path, Some(body)).await?.0)
    }

    /// `PATCH` of JSON below `/api/v1`.
    pub(super) async fn patch<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<T, DemoError> {
        Ok(self.call(doing, Method::PATCH, path, Some(body)).await?.0)
    }

    /// `POST` of one file as a form.
    pub(super) async fn upload<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        upload: Upload,
    ) -> Result<T, DemoError> {
        let mut form = Form::new().part("files[]", Part::bytes(upload.bytes).file_name(upload.file_name));
        if let Some(subject) = upload.subject {
            form = form.text("subject", subject);
        }
        let response = self
            .send(doing, self.request(Method::POST, path).multipart(form))
            .await?;
        self.read(doing, response).await
    }

    /// Asks again and again until `is_over` says so.
    pub(super) async fn poll<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        path: &str,
        mut is_over: impl FnMut(&T) -> bool,
    ) -> Result<T, DemoError> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(WAIT_LIMIT_MINUTES * 60) {
            let (reply, told) = self.call(doing, Method::GET, path, None).await?;
            if is_over(&reply) {
                return Ok(reply);
            }
            tokio::time::sleep(self.pace.pause(told)).await;
        }
        Err(DemoError::TooSlow {
            doing,
            minutes: WAIT_LIMIT_MINUTES,
        })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(T, Option<Duration>), DemoError> {
        let key = format!("demo-{}-{}", self.tag, self.sent.fetch_add(1, Ordering::Relaxed));
        let mut tries = 1;
        loop {
            let mut request = self.request(method.clone(), path);
            if let Some(body) = body {
                request = request.header("idempotency-key", &key).json(body);
            }
            let response = self.send(doing, request).await?;
            let told = retry_after(&response);
            if tries < TRIES && is_busy(response.status()) {
                tries += 1;
                tokio::time::sleep(told.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE)).await;
                continue;
            }
            return Ok((self.read(doing, response).await?, told));
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn send(&self, doing: &'static str, request: RequestBuilder) -> Result<Response, DemoError> {
        request
            .send()
            .await
            .map_err(|source| self.unreachable(doing, source))
    }

    async fn read<T: DeserializeOwned>(
        &self,
        doing: &'static str,
        response: Response,
    ) -> Result<T, DemoError> {
        let status = response.status();
        let body = response
            .bytes()
            .await
            .map_err(|source| self.unreachable(doing, source))?;
        if !status.is_success() {
            let refusal = Box::new(Refusal::read(status.as_u16(), &body));
            return Err(DemoError::Refused { doing, refusal });
        }
        serde_json::from_slice(&body).map_err(|source| DemoError::Unreadable { doing, source })
    }

    fn unreachable(&self, doing: &'static str, source: reqwest::Error) -> DemoError {
        // The server is named already.
        DemoError::Unreachable {
            doing,
            server: self.base.to_string(),
            source: source.without_url(),
        }
    }
}

impl Pace {
    fn pause(self, told: Option<Duration>) -> Duration {
        match self {
            Self::Own => Duration::from_millis(50),
            Self::AsTold => told.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE),
        }
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    )
}

/// Only whole seconds are understood; a date is as good as nothing said.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_web_servers_are_taken() {
        for address in ["localhost:8080", "ftp://host", "nothing", "", "http://"] {
            assert!(
                matches!(Api::new(address, Pace::AsTold), Err(DemoError::NoAddress(_))),
                "{address}"
            );
        }
        let api = Api::new("http://localhost:8080/base/", Pace::AsTold).unwrap();
        assert_eq!(api.server(), "http://localhost:8080/base");
    }

    #[test]
    fn a_foreign_server_sets_the_pace_within_reason() {
        let seconds = |told| Pace::AsTold.pause(told).as_secs();
        assert_eq!(
            [None, Some(3), Some(3600)].map(|told| seconds(told.map(Duration::from_secs))),
            [1, 3, 10]
        );
        assert!(Pace::Own.pause(Some(Duration::from_secs(30))) <= Duration::from_millis(100));
    }
}
