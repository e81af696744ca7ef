//! The accept loop: a cap on connections, a limit on the time for headers, an orderly end.
//!
//! HTTP/1.1 only. Telling the versions apart would mean waiting for a client's first bytes without a limit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::Layer;

use crate::config::ServerConfig;

/// How long to wait when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// Largest head of a request: a token, some cookies, nothing longer.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// Serves until `stop` fires, then lets running requests end for as long as the settings say.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    config: &ServerConfig,
    stop: CancellationToken,
) {
    let connections = Arc::new(Semaphore::new(config.max_connections));
    let server = server(config);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else {
            break;
        };
        let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router.clone()));
        let connection = server
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _held = permit;
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(config.shutdown(), graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still running when the time to stop was over");
    }
}

fn server(config: &ServerConfig) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout())
        .max_buf_size(MAX_HEAD_BYTES);
    server
}

/// The next connection with its place under the cap; `None` only when the cap is gone, which it never is.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without it small replies wait for the client's acknowledgement; failing to set it only costs time.
                let _ = stream.set_nodelay(true);
                return Some((stream, peer, permit));
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection was not accepted"
                );
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::config::Config;

    async fn start(config: ServerConfig, router: Router) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { serve(listener, router, &config, stopped).await });
        (address, stop, running)
    }

    async fn send(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        String::from_utf8_lossy(&reply).into_owned()
    }

    #[tokio::test]
    async fn a_running_request_is_finished_after_stop() {
        let (entered, release) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (inside, gate) = (Arc::clone(&entered), Arc::clone(&release));
        let handler = move || async move {
            inside.add_permits(1);
            let _permit = gate.acquire().await;
            "finished"
        };
        let config = Config::for_testing().server;
        let (address, stop, running) = start(config, Router::new().route("/", get(handler))).await;
        let reply = tokio::spawn(async move { send(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await });
        let _entered = entered.acquire().await.unwrap();
        stop.cancel();
        release.add_permits(1);
        assert!(reply.await.unwrap().ends_with("finished"));
        running.await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_client_that_dawdles_over_its_headers_is_disconnected() {
        let config = ServerConfig {
            header_timeout_seconds: 1,
            ..Config::for_testing().server
        };
        let (address, stop, running) = start(config, Router::new()).await;
        let silent = tokio::time::timeout(Duration::from_secs(10), send(address, ""));
        let dawdling =
            tokio::time::timeout(Duration::from_secs(10), send(address, "GET / HTTP/1.1\r\nhost:"));
        let (silent, dawdling) = tokio::join!(silent, dawdling);
        assert!(silent.is_ok() && dawdling.is_ok());
        stop.cancel();
        running.await.unwrap();
    }
}
