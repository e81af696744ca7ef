//! What idle sockets cost everybody else: latencies of one route without and with them, side by side.
//!
//! `idle_sockets ADDRESS COUNT [PATH]` measures `GET PATH` (default `/healthz`) in rounds that alternate between none and
//! COUNT idle sockets, each request on a connection of its own. The sockets are in processes of their own, which are this
//! program started with `hold`.

mod holders;
mod sockets;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use holders::{HOLD, Holders, hold};

const ROUNDS: usize = 4;
const REQUESTS: usize = 2000;
/// Sockets opened anew per second: all, whenever their time for headers is over.
const AGAIN: usize = 2000;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [HOLD, ref rest @ ..] => hold(rest).await,
        [address, count] => measure(address.parse()?, count.parse()?, "/healthz").await,
        [address, count, path] => measure(address.parse()?, count.parse()?, path).await,
        _ => anyhow::bail!("usage: idle_sockets ADDRESS COUNT [PATH]"),
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
async fn measure(address: SocketAddr, count: usize, path: &str) -> Result<()> {
    let mut without = Vec::new();
    let mut with = Vec::new();
    let mut opened = 0;
    round(address, path).await?;
    for _ in 0..ROUNDS {
        without.extend(round(address, path).await?);
        let holders = Holders::start(address, count, AGAIN)?;
        opened = holders.opened;
        with.extend(round(address, path).await?);
    }
    println!(
        "{:>14} {:>10} {:>10} {:>10}",
        "idle sockets", "p50 us", "p99 us", "requests"
    );
    for (sockets, mut times) in [(0, without), (opened, with)] {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
        println!("{sockets:>14} {:>10} {:>10} {:>10}", at(50), at(99), times.len());
    }
    Ok(())
}

async fn round(address: SocketAddr, path: &str) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let started = Instant::now();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await?;
        ensure!(
            reply.starts_with(b"HTTP/1.1 2"),
            "{}",
            String::from_utf8_lossy(&reply)
        );
        times.push(started.elapsed());
    }
    Ok(times)
}
