//! A TCP proxy in front of a dependency: it cuts, holds back, delays and shuffles.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::chance::Chance;

const CHUNK: usize = 16 * 1024;

/// What is done to bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing.
    Pass,
    /// Every connection ends, and no new one lives.
    Cut,
    /// Connections stay open and nothing moves; what was sent arrives when the mode changes.
    Hold,
    /// Every piece waits for a random time up to this, so that what comes over several connections is shuffled.
    Shuffle(Duration),
    /// Requests pass; instead of the reply the connection ends.
    LoseReplies,
}

/// Stops listening when dropped.
pub(crate) struct Proxy {
    port: u16,
    mode: watch::Sender<Mode>,
    cuts: watch::Sender<u64>,
    lost: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.set(Mode::Cut);
    }
}

impl Proxy {
    /// Listens on a free port for what lies at `target`.
    pub(crate) async fn open(target: SocketAddr, chance: Chance) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (mode, watched) = watch::channel(Mode::Pass);
        let (cuts, counted) = watch::channel(0);
        let lost = Arc::new(AtomicU64::new(0));
        let link = Link {
            target,
            mode: watched,
            cuts: counted,
            lost: Arc::clone(&lost),
        };
        let accepting = tokio::spawn(accept(listener, link, chance));
        Ok(Self {
            port,
            mode,
            cuts,
            lost,
            accepting,
        })
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Ends every connection there is; new ones live.
    pub(crate) fn cut_once(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// From now on.
    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Replies that were cut off by [`Mode::LoseReplies`].
    pub(crate) fn lost_replies(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[derive(Clone)]
struct Link {
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    cuts: watch::Receiver<u64>,
    lost: Arc<AtomicU64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Reply,
}

async fn accept(listener: TcpListener, link: Link, mut chance: Chance) {
    let mut number = 0_u64;
    while let Ok((client, _)) = listener.accept().await {
        number += 1;
        let chance = Chance::of(number ^ chance.below(usize::MAX) as u64, "connection");
        let link = link.clone();
        tokio::spawn(async move {
            // A connection that fails is what a proxy of this kind is for.
            let _ = carry(client, link, chance).await;
        });
    }
}

async fn carry(client: TcpStream, link: Link, chance: Chance) -> Result<()> {
    if *link.mode.borrow() == Mode::Cut {
        return Ok(());
    }
    let (mut held, mut cuts) = (link.mode.clone(), link.cuts.clone());
    cuts.mark_unchanged();
    held.wait_for(|mode| *mode != Mode::Hold).await?;
    let server = TcpStream::connect(link.target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let requests = pump(
        (from_client, to_server),
        Direction::Request,
        link.clone(),
        chance.clone(),
    );
    let replies = pump((from_server, to_client), Direction::Reply, link.clone(), chance);
    let mut cut = link.mode.clone();
    tokio::select! {
        ended = requests => ended,
        ended = replies => ended,
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => Ok(()),
        _ = cuts.changed() => Ok(()),
    }
}

/// Carries one direction until it ends; then the other one ends with it, as no protocol here closes by halves.
async fn pump(
    (mut from, mut to): (OwnedReadHalf, OwnedWriteHalf),
    direction: Direction,
    mut link: Link,
    mut chance: Chance,
) -> Result<()> {
    let mut piece = vec![0; CHUNK];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        let mode = *link.mode.wait_for(|mode| *mode != Mode::Hold).await?;
        match mode {
            Mode::Shuffle(longest) => tokio::time::sleep(chance.up_to(longest)).await,
            Mode::LoseReplies if direction == Direction::Reply => {
                link.lost.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            _ => {}
        }
        to.write_all(&piece[..length]).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers every byte with itself.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn ask(stream: &mut TcpStream) -> Option<u8> {
        stream.write_all(b"x").await.ok()?;
        let mut answer = [0];
        stream.read_exact(&mut answer).await.ok()?;
        Some(answer[0])
    }

    #[tokio::test]
    async fn modes_do_what_they_say() {
        let proxy = Proxy::open(echo().await, Chance::of(1, "test")).await.unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        assert_eq!(ask(&mut stream).await, Some(b'x'));
        proxy.set(Mode::Hold);
        let held = tokio::time::timeout(Duration::from_millis(50), ask(&mut stream)).await;
        assert!(held.is_err(), "something passed while it was held back");
        proxy.set(Mode::Pass);
        let mut late = [0];
        stream.read_exact(&mut late).await.unwrap();
        assert_eq!(late, [b'x'], "what was held back arrives");
        proxy.set(Mode::LoseReplies);
        assert_eq!((ask(&mut stream).await, proxy.lost_replies()), (None, 1));
        proxy.set(Mode::Pass);
        let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
        assert_eq!(ask(&mut stream).await, Some(b'x'));
        proxy.set(Mode::Cut);
        assert_eq!(ask(&mut stream).await, None);
    }
}
