//! The world outside: a server that writes down every call, so that it can be counted apart from the system under test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Calls = Arc<Mutex<BTreeMap<String, u64>>>;

/// Stops when dropped.
pub(crate) struct Ledger {
    port: u16,
    calls: Calls,
    serving: JoinHandle<()>,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Ledger {
    pub(crate) async fn open() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let calls = Calls::default();
        let router = Router::new()
            .route("/", post(note))
            .with_state(Arc::clone(&calls));
        let serving = tokio::spawn(async move {
            // Listening does not fail once it has begun.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { port, calls, serving })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// How many tags called, and how many calls they made.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        (calls.len() as u64, calls.values().sum())
    }
}

async fn note(State(calls): State<Calls>, Json(call): Json<Value>) {
    let tag = call["tag"].as_str().unwrap_or_default().to_owned();
    *calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(tag)
        .or_default() += 1;
}
