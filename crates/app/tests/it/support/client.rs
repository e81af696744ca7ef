//! A client of the service. Every refusal it gets has to be a problem as the contract describes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::identity::User;
use domain::ids::TokenFamilyId;
use domain::time::Clock;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use testkit::ManualClock;
use touchstone::security::TokenService;

use super::observed;

const BASE_PATH: &str = "/api/v1";

/// Without proxies and certificates: it only speaks to this machine.
pub(crate) fn http_client() -> reqwest::Client {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    builder.tls_backend_preconfigured(tls).build().unwrap()
}

/// Somebody before the service.
#[derive(Clone)]
pub(crate) struct Client {
    pub(super) http: reqwest::Client,
    pub(super) origins: Origins,
    pub(super) identity: Identity,
}

/// Where requests go, to each in turn.
#[derive(Clone)]
pub(crate) struct Origins {
    all: Arc<[String]>,
    taken: Arc<AtomicUsize>,
}

impl Origins {
    pub(super) fn of(all: impl Iterator<Item = String>) -> Self {
        Self {
            all: all.collect(),
            taken: Arc::default(),
        }
    }

    fn next(&self) -> &str {
        &self.all[self.taken.fetch_add(1, Ordering::Relaxed) % self.all.len()]
    }
}

/// As whom requests are sent.
#[derive(Clone)]
pub(crate) enum Identity {
    /// As nobody.
    Anonymous,
    /// With this token, however old it gets.
    Token(String),
    /// With this API key.
    Key(String),
    /// With a token that is issued for every request.
    Account(Arc<Account>),
}

pub(crate) struct Account {
    pub(super) user: User,
    pub(super) family: TokenFamilyId,
    pub(super) tokens: Arc<TokenService>,
    pub(super) clock: Arc<ManualClock>,
}

impl Client {
    /// The same person on a connection of its own.
    pub(crate) fn over(&self, http: reqwest::Client) -> Self {
        Self { http, ..self.clone() }
    }

    /// The same connections with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self {
            identity: Identity::Token(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same connections with an API key.
    pub(crate) fn with_api_key(&self, key: &str) -> Self {
        Self {
            identity: Identity::Key(key.to_owned()),
            ..self.clone()
        }
    }

    /// The account, for clients that were made for one.
    pub(crate) fn user(&self) -> &User {
        match &self.identity {
            Identity::Account(account) => &account.user,
            Identity::Anonymous | Identity::Token(_) | Identity::Key(_) => {
                panic!("this client was not made for an account")
            }
        }
    }

    /// A request below the base path; a path that begins with `//` is taken from the root.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = match path.strip_prefix('/') {
            Some(rooted) if rooted.starts_with('/') => rooted.to_owned(),
            _ => format!("{BASE_PATH}{path}"),
        };
        let request = self
            .http
            .request(method, format!("{}{path}", self.origins.next()));
        match &self.identity {
            Identity::Anonymous => request,
            Identity::Token(token) => request.bearer_auth(token),
            Identity::Key(key) => request.header("x-api-key", key),
            Identity::Account(account) => {
                let issued = account
                    .tokens
                    .issue(&account.user, account.family, account.clock.now())
                    .unwrap();
                request.bearer_auth(issued.token)
            }
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn post_with_key(&self, path: &str, key: &str, body: &Value) -> Reply {
        Reply::to(
            self.request(Method::POST, path)
                .header("idempotency-key", key)
                .json(body),
        )
        .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        Reply::to(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::to(self.request(Method::PATCH, path).json(body)).await
    }
}

/// These members of an object, in this order.
pub(crate) fn picked(object: &Value, members: &[&str]) -> Value {
    members.iter().map(|member| object[member].clone()).collect()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Method and path, for messages.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// Sends and reads. A refusal that is not a proper problem fails the test at once.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let reply = Self::unchecked(request).await;
        if reply.status >= 400 {
            reply.assert_is_a_problem();
        }
        reply
    }

    /// Sends and reads what may fail with something else than a problem, as a report of readiness does.
    pub(crate) async fn unchecked(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        observed::note(&method, &path, response.status());
        Self {
            request: format!("{method} {path}"),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// The body, when the status is this one.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        self.json()
    }

    /// The body; null when there is none.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        let parsed = serde_json::from_str(&self.text);
        assert!(parsed.is_ok(), "{} answered no JSON: {}", self.request, self.text);
        parsed.unwrap_or_default()
    }

    /// Whether this is what was answered the first time, with the same key.
    #[track_caller]
    pub(crate) fn replays(&self, first: &Value) {
        assert_eq!(
            (&self.is(201), self.header("idempotency-replayed")),
            (first, Some("true"))
        );
    }

    /// The `errors[].pointer` of a 422, in order.
    #[track_caller]
    pub(crate) fn pointers(&self) -> Vec<String> {
        let body = self.is(422);
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    #[track_caller]
    fn assert_is_a_problem(&self) {
        let named = |member: &str| format!("{member} of {}: {}", self.request, self.text);
        let media_type = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        assert_eq!(
            media_type,
            Some("application/problem+json"),
            "{}",
            named("media type")
        );
        let body = self.json();
        assert_eq!(body["status"], self.status, "{}", named("status"));
        let code = body["error_code"].as_str().unwrap_or_default();
        assert!(
            code.ends_with(&format!("_{}", self.status)),
            "{}",
            named("error_code")
        );
        assert!(
            body["type"]
                .as_str()
                .is_some_and(|kind| kind.starts_with("/problems#")),
            "{}",
            named("type")
        );
        assert!(
            body["title"].is_string() && body["message"].is_string(),
            "{}",
            named("title or message")
        );
        assert_eq!(
            body["trace_id"].as_str(),
            self.header("x-request-id"),
            "{}",
            named("trace_id")
        );
        if self.status < 500 {
            assert_eq!(body["message"], body["detail"], "{}", named("detail"));
            assert!(body["instance"].is_string(), "{}", named("instance"));
        } else {
            assert!(
                body["detail"].is_null() && body["errors"].is_null(),
                "{}",
                named("detail")
            );
        }
    }
}
