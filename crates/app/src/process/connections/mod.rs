//! The accept loop: a cap on connections, a limit on the time for handshake and headers, an orderly end.
//!
//! HTTP/1.1 only. Telling the versions apart would mean waiting for a client's first bytes without a limit.

mod ending;
mod file_limit;
mod guarded;
mod head;
mod places;
mod service;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::config::ServerConfig;
use guarded::{Guarded, MAX_HEAD_BYTES, Verdict};
use places::{Place, Places};
use service::ConnectionService;
pub(crate) use tls::{Tls, TlsError};

/// Connections that may wait to be accepted; the system may allow fewer (`net.core.somaxconn`). Of a burst that finds no room
/// the rest comes back after a second or more, and so does everybody else who knocks meanwhile.
const BACKLOG: u32 = 4096;
/// How long to wait when the system has no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// Where connections come in.
pub(crate) struct Entrance {
    listener: TcpListener,
    tls: Option<Tls>,
}

impl Entrance {
    /// Listens there; plain HTTP without `tls`.
    pub(crate) fn open(address: SocketAddr, tls: Option<Tls>) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // Else a restart would have to wait for the last connections of the process before.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        Ok(Self { listener, tls })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl From<TcpListener> for Entrance {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// What all connections share.
struct Server {
    http: auto::Builder<TokioExecutor>,
    router: Router,
    tls: Option<Tls>,
    header_timeout: Duration,
}

/// Serves until `stop` fires, then lets running requests end for as long as the settings say.
pub(super) async fn serve(
    entrance: Entrance,
    router: Router,
    config: &ServerConfig,
    stop: CancellationToken,
) {
    file_limit::raise(config.max_connections);
    let Entrance { listener, tls } = entrance;
    let renewing = tls.clone().map(|tls| {
        let stop = stop.clone();
        tokio::spawn(async move { tls.renew(stop).await })
    });
    let places = Places::new(config.max_connections);
    let graceful = GracefulShutdown::new();
    let server = Arc::new(Server {
        http: http(config),
        router,
        tls,
        header_timeout: config.header_timeout(),
    });
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = accepted;
        tokio::spawn(Arc::clone(&server).connection(stream, peer, place, graceful.watcher()));
    }
    for (stream, peer) in ending::close(listener) {
        let (server, places, watcher) = (Arc::clone(&server), Arc::clone(&places), graceful.watcher());
        // Where nobody makes room for it, the end comes first.
        tokio::spawn(async move {
            let place = places.take().await;
            server.connection(stream, peer, place, watcher).await;
        });
    }
    ending::end(graceful, &places, config.after_notice()).await;
    if let Some(renewing) = renewing {
        renewing.abort();
    }
}

fn http(config: &ServerConfig) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        // Runs from the end of one request as well, so that it also bounds how long a connection is kept for the next.
        .header_read_timeout(config.header_timeout())
        .max_buf_size(MAX_HEAD_BYTES);
    server
}

/// The next connection with its place under the cap.
async fn accept(listener: &TcpListener, places: &Arc<Places>) -> (TcpStream, SocketAddr, Arc<Place>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Without it small replies wait for the client's acknowledgement; failing to set it only costs time.
                let _ = stream.set_nodelay(true);
                return (stream, peer, places.take().await);
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

impl Server {
    /// One connection until it ends or has to give way.
    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        place: Arc<Place>,
        watcher: Watcher,
    ) {
        let service = ConnectionService {
            router: self.router.clone(),
            peer,
            place: Arc::clone(&place),
            verdict: Verdict::default(),
        };
        let conversing = async {
            match self.tls.as_ref().map(Tls::acceptor) {
                None => self.converse(stream, service, watcher).await,
                Some(acceptor) => match self.in_time(acceptor.accept(stream)).await {
                    Ok(stream) => self.converse(stream, service, watcher).await,
                    Err(error) => tracing::debug!(%error, "a handshake failed"),
                },
            }
        };
        tokio::select! {
            () = conversing => {}
            () = place.has_to_give_way() => {}
        }
    }

    /// A handshake may take as long as headers.
    async fn in_time<T>(&self, handshake: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        let made = tokio::time::timeout(self.header_timeout, handshake).await;
        made.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        service: ConnectionService,
        watcher: Watcher,
    ) {
        let stream = TokioIo::new(Guarded::new(stream, Arc::clone(&service.verdict)));
        let connection = self
            .http
            .serve_connection(stream, TowerToHyperService::new(service))
            .into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(error, "a connection ended early");
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::config::Config;

    async fn start(config: ServerConfig, router: Router) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let running = tokio::spawn(async move { serve(listener.into(), router, &config, stopped).await });
        (address, stop, running)
    }

    async fn send(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        String::from_utf8_lossy(&reply).into_owned()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_burst_waits_to_be_accepted_and_is_not_turned_away() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let burst = allowed.trim().parse::<usize>().unwrap().min(512);
        let entrance = Entrance::open("127.0.0.1:0".parse().unwrap(), None).unwrap();
        let address = entrance.address().unwrap();
        let knocking = async {
            let mut waiting = Vec::new();
            for _ in 0..burst {
                waiting.push(TcpStream::connect(address).await.unwrap());
            }
            waiting.len()
        };
        // One that is turned away comes back after a second, then two, four and so on.
        let all = tokio::time::timeout(Duration::from_secs(30), knocking).await;
        assert_eq!(all.unwrap(), burst);
    }

    #[tokio::test]
    async fn who_has_knocked_is_served_after_stop() {
        let config = Config::for_testing().server;
        let router = Router::new().route("/", get(|| async { "served" }));
        let (address, stop, running) = start(config, router).await;
        // Some wait to be accepted, and none has said anything.
        let mut knocked = [(); 8].map(|()| std::net::TcpStream::connect(address).unwrap());
        stop.cancel();
        tokio::task::yield_now().await;
        for stream in &mut knocked {
            std::io::Write::write_all(stream, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        }
        running.await.unwrap();
        for mut stream in knocked {
            let mut reply = String::new();
            std::io::Read::read_to_string(&mut stream, &mut reply).unwrap();
            assert!(reply.ends_with("served"), "{reply}");
        }
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

    #[tokio::test]
    async fn a_connection_that_is_kept_open_for_nothing_is_closed() {
        let config = ServerConfig {
            header_timeout_seconds: 1,
            ..Config::for_testing().server
        };
        let router = Router::new().route("/", get(|| async { "answered" }));
        let (address, stop, running) = start(config, router).await;
        let kept = tokio::time::timeout(
            Duration::from_secs(10),
            send(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
        );
        assert!(kept.await.unwrap().ends_with("answered"));
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_chunked_body_ends_its_connection_and_what_follows_is_no_request() {
        let router = Router::new().route("/", post(|body: String| async move { body }));
        let (address, stop, running) = start(Config::for_testing().server, router).await;
        let request =
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
        let reply = send(address, &request.repeat(2)).await;
        assert_eq!(reply.matches("HTTP/1.1 ").count(), 1, "{reply}");
        assert!(
            reply.contains("connection: close") && reply.ends_with("body"),
            "{reply}"
        );
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn idle_connections_make_room_and_busy_ones_do_not() {
        let config = ServerConfig {
            max_connections: 16,
            ..Config::for_testing().server
        };
        let (entered, release) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (inside, gate) = (Arc::clone(&entered), Arc::clone(&release));
        let held = move || async move {
            inside.add_permits(1);
            let _permit = gate.acquire().await;
            "held"
        };
        let router = Router::new()
            .route("/", get(|| async { "quick" }))
            .route("/held", get(held));
        let (address, stop, running) = start(config, router).await;
        let busy = tokio::spawn(send(
            address,
            "GET /held HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        ));
        let _entered = entered.acquire().await.unwrap();
        let mut idle = Vec::new();
        for _ in 0..64 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        let quick = send(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(quick.ends_with("quick"), "{quick}");
        let mut byte = [0];
        let first = tokio::time::timeout(Duration::from_secs(10), idle[0].read(&mut byte)).await;
        assert!(
            matches!(first, Ok(Ok(0) | Err(_))),
            "the longest idle one was closed"
        );
        release.add_permits(1);
        assert!(busy.await.unwrap().ends_with("held"));
        stop.cancel();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_who_sends_nothing() {
        let config = ServerConfig {
            header_timeout_seconds: 60,
            shutdown_seconds: 60,
            ..Config::for_testing().server
        };
        let (address, stop, running) = start(config, Router::new()).await;
        let mut dawdling = TcpStream::connect(address).await.unwrap();
        dawdling.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        stop.cancel();
        assert!(
            tokio::time::timeout(Duration::from_secs(20), running)
                .await
                .is_ok()
        );
    }
}
