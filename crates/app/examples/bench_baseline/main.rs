//! The five routes of a track assessment written the short way, in axum and sqlx: what `bench_api` compares the program with.
//!
//! It does what a request cannot do without: HTTP, a JSON body parsed, the same statements in the same order and the same
//! kind of transaction through pools of the same size and durability, rows decoded, a JSON answer of about the same size.
//! It does not authenticate (the candidate is a header), validate, draw at random, score (every answer is right), check
//! states, keep idempotency keys, retry, log or name requests. `bench_api` compares the statements of both programs before
//! it measures, so that neither can drift.
//!
//! Usage: `bench_baseline DATABASE_URL [--log-statements]`; prints `listening on http://ADDRESS:PORT`.

mod attempt;
mod connection;
mod given;
mod items;
mod result;
mod save;
mod start;
mod statements;
mod status;
mod submit;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use touchstone::config::LoggingConfig;
use uuid::Uuid;

use connection::Database;
use items::Bank;

/// What every route may use.
struct App {
    database: Database,
    /// The program keeps the items of published versions in memory, too.
    bank: Bank,
    /// Owners of the attempts seen so far, which the program keeps in memory, too.
    owners: Mutex<HashMap<Uuid, Uuid>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .context("usage: bench_baseline DATABASE_URL [--log-statements]")?;
    if arguments.next().is_some() {
        let statements = LoggingConfig {
            level: "sqlx::query=debug".to_owned(),
            ..LoggingConfig::default()
        };
        touchstone::telemetry::init(&statements, "baseline");
    }
    let database = Database::connect(&url).await?;
    let app = Arc::new(App {
        bank: Bank::read(&database).await?,
        database,
        owners: Mutex::default(),
    });
    let routes = Router::new()
        .route("/start", post(start::start))
        .route("/{id}/responses", post(save::save))
        .route("/{id}/submit", post(submit::submit))
        .route("/{id}/status", get(status::status))
        .route("/{id}/result", get(result::result))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_where(&listener)?;
    axum::serve(listener, Router::new().nest("/api/v1/assessments", routes)).await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "whoever started this waits for the line")]
fn say_where(listener: &TcpListener) -> anyhow::Result<()> {
    println!("listening on http://{}", listener.local_addr()?);
    Ok(())
}

/// The candidate, as the header `x-user-id` says.
struct User(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, StatusCode> {
        let header = parts.headers.get("x-user-id");
        let id = header.and_then(|value| value.to_str().ok()?.parse().ok());
        id.map(Self).ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// Anything that goes wrong: 500 with the chain of errors.
struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, format!("{:#}", self.0)).into_response()
    }
}

/// Microseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "this program has no Clock port")]
fn now() -> i64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this program has no IdSource port")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
