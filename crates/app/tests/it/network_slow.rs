//! Clients that take their time: nobody else has to wait for them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::idle_sockets::IdleSockets;
use super::support::process::{LIMIT, Server};
use super::support::raw::trickle;

const CONNECTIONS: usize = 256;
const IDLE: usize = 2000;
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_sockets_make_room_for_those_who_ask() {
    check_idle_sockets().await.unwrap();
}

async fn check_idle_sockets() -> Result<()> {
    let data = tempfile::tempdir()?;
    let cap = CONNECTIONS.to_string();
    let settings = [
        ("TOUCHSTONE__SERVER__MAX_CONNECTIONS", cap.as_str()),
        ("TOUCHSTONE__SERVER__HEADER_TIMEOUT_SECONDS", "60"),
    ];
    let server = Server::start(data.path(), &settings).await?;
    let mut idle = IdleSockets::open(server.address()?, IDLE).await?;
    ensure!(
        idle.len() > CONNECTIONS,
        "too few files may be open for this test: {}",
        idle.len()
    );
    for _ in 0..50 {
        ensure!(
            server.answers().await?,
            "a request was not answered beside {IDLE} idle sockets"
        );
    }
    let surplus = idle.len() - CONNECTIONS;
    let closing = async {
        let mut closed = 0;
        while closed < surplus {
            closed += idle.drop_closed();
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LIMIT, closing)
        .await
        .context("idle sockets beyond the cap stay open")?;
    ensure!(server.terminate().await?.status.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_and_bodies_are_given_up_and_hold_up_nobody() {
    check_slow_clients().await.unwrap();
}

async fn check_slow_clients() -> Result<()> {
    let data = tempfile::tempdir()?;
    let settings = [
        ("TOUCHSTONE__SERVER__HEADER_TIMEOUT_SECONDS", "2"),
        ("TOUCHSTONE__LIMITS__BODY_GRACE_SECONDS", "2"),
        // Far fewer than there are slow clients.
        ("TOUCHSTONE__LIMITS__MAX_REQUESTS_IN_FLIGHT", "64"),
    ];
    let server = Server::start(data.path(), &settings).await?;
    let address = server.address()?;
    let head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ";
    let body = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n";
    let mut slow = Vec::new();
    for start in [head.as_slice(), body].into_iter().cycle().take(100) {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(start).await?;
        slow.push(tokio::spawn(trickle(stream, PAUSE)));
    }
    for _ in 0..20 {
        ensure!(
            server.answers().await?,
            "a request was not answered beside slow ones"
        );
    }
    for (index, slow) in slow.into_iter().enumerate() {
        let said = slow.await??;
        if index % 2 == 0 {
            ensure!(
                said.statuses().is_empty(),
                "an unfinished head was answered: {}",
                said.0
            );
        } else {
            ensure!(said.statuses() == [408], "a slow body was answered: {}", said.0);
            ensure!(
                said.0.contains("\"REQUEST_408\"") && said.0.contains("connection: close"),
                "{}",
                said.0
            );
        }
    }
    let stopped = server.terminate().await?;
    ensure!(
        stopped.status.success() && !stopped.logged.contains("panicked"),
        "{}",
        stopped.logged
    );
    Ok(())
}
