//! Clients that send a byte a second.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

const EVERY: Duration = Duration::from_secs(1);

/// One connection for each beginning of a request, of which more comes byte by byte; closed connections are opened again.
/// They last as long as the set.
pub(crate) fn trickle(address: SocketAddr, beginnings: Vec<String>) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    let count = u32::try_from(beginnings.len()).unwrap_or(u32::MAX);
    for (number, beginning) in (0_u32..).zip(beginnings) {
        // Spread over the second, as clients are that know nothing of each other.
        let first = EVERY * number / count;
        clients.spawn(async move {
            tokio::time::sleep(first).await;
            loop {
                // However a connection ended, there is another.
                let _ = one(address, &beginning).await;
                tokio::time::sleep(EVERY).await;
            }
        });
    }
    clients
}

/// Returns when the server has closed the connection.
async fn one(address: SocketAddr, beginning: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(beginning.as_bytes()).await?;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answer = [0; 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => if read? == 0 { return Ok(()) },
            _ = ticks.tick() => {}
        }
        stream.write_all(b"1").await?;
    }
}
