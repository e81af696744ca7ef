//! A small load balancer: requests go to API servers in turn; what a server did not take is given to another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const BODY_LIMIT: usize = 1024 * 1024;
const TRIES: usize = 6;
/// Shorter than the notice of a server that leaves, so that no connection is taken up again as it ends.
const IDLE: Duration = Duration::from_secs(1);

/// Stops when dropped.
pub(crate) struct Balancer {
    port: u16,
    servers: watch::Sender<Vec<String>>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    http: reqwest::Client,
    servers: watch::Receiver<Vec<String>>,
    next: Arc<AtomicUsize>,
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Balancer {
    /// `servers` are `host:port`.
    pub(crate) async fn open(servers: Vec<String>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (sender, servers) = watch::channel(servers);
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(1))
            .pool_idle_timeout(IDLE)
            .build()?;
        let shared = Shared {
            http,
            servers,
            next: Arc::default(),
        };
        let router = Router::new().fallback(forward).with_state(shared);
        let serving = tokio::spawn(async move {
            // Listening does not fail once it has begun.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            port,
            servers: sender,
            serving,
        })
    }

    /// Where the API begins.
    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1", self.port)
    }

    /// The servers are others now; requests under way stay where they are.
    pub(crate) fn set(&self, servers: Vec<String>) {
        self.servers.send_replace(servers);
    }
}

/// A refused connection says that nothing happened, so that another server may be asked. A broken one says so only of what
/// may be repeated: reads, and requests with a key.
async fn forward(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let repeatable = parts.method.is_safe() || parts.headers.contains_key("idempotency-key");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    for _ in 0..TRIES {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let server = {
            let servers = shared.servers.borrow();
            servers.get(number % servers.len().max(1)).cloned()
        };
        let Some(server) = server else { break };
        let sent = shared
            .http
            .request(parts.method.clone(), format!("http://{server}{path}"))
            .headers(without_hops(&parts.headers))
            .body(body.clone())
            .send()
            .await;
        match sent {
            Ok(reply) => return passed_on(reply).await,
            Err(error) if error.is_connect() || repeatable => {}
            Err(_) => return StatusCode::BAD_GATEWAY.into_response(),
        }
    }
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn passed_on(reply: reqwest::Response) -> Response {
    let (status, headers) = (reply.status(), without_hops(reply.headers()));
    match reply.bytes().await {
        Ok(body) => (status, headers, Body::from(body)).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

fn without_hops(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
