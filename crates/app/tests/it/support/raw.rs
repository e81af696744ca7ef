//! Bytes on a socket, for what no HTTP client would send.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::process::{LIMIT, Server};

/// Everything that a server said on one connection.
#[derive(Debug)]
pub(crate) struct Said(pub(crate) String);

impl Said {
    /// The status of each answer, in order.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        // An answer follows the body of the one before without a line between them.
        let answers = self.0.split("HTTP/1.").skip(1);
        answers
            .filter_map(|answer| answer.get(2..5)?.parse().ok())
            .collect()
    }
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        let (_, rest) = self.base.split_once("://").context("the base is a URL")?;
        let (address, _) = rest.split_once('/').context("the base has a path")?;
        Ok(address.parse()?)
    }

    /// Sends and reads until the server closes.
    pub(crate) async fn say(&self, bytes: &[u8]) -> Result<Said> {
        let mut stream = TcpStream::connect(self.address()?).await?;
        // The server may refuse and close before everything was sent.
        let _ = stream.write_all(bytes).await;
        hear(&mut stream).await
    }

    /// Whether it answers a normal request on a new connection.
    pub(crate) async fn answers(&self) -> Result<bool> {
        let said = self
            .say(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .await?;
        Ok(said.statuses() == [200])
    }
}

/// Reads until the server closes; a reset is a way to close.
pub(crate) async fn hear(stream: &mut TcpStream) -> Result<Said> {
    let mut heard = Vec::new();
    let hearing = async { while matches!(stream.read_buf(&mut heard).await, Ok(length) if length > 0) {} };
    tokio::time::timeout(LIMIT, hearing)
        .await
        .context("the server keeps the connection open")?;
    Ok(Said(String::from_utf8_lossy(&heard).into_owned()))
}

/// Sends one byte every so often until the server closes, then gives what it said.
pub(crate) async fn trickle(mut stream: TcpStream, pause: Duration) -> Result<Said> {
    let mut heard = Vec::new();
    let trickling = async {
        loop {
            let mut piece = [0; 4096];
            tokio::select! {
                read = stream.read(&mut piece) => match read {
                    Ok(length) if length > 0 => heard.extend_from_slice(&piece[..length]),
                    _ => return,
                },
                () = tokio::time::sleep(pause) => { _ = stream.write_all(b"x").await; }
            }
        }
    };
    tokio::time::timeout(LIMIT, trickling)
        .await
        .context("the server waits for ever")?;
    Ok(Said(String::from_utf8_lossy(&heard).into_owned()))
}
