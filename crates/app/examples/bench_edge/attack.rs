//! The attacks, each of which is begun and ended for every round.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::{JoinHandle, JoinSet};

use crate::flood::{Flood, Outcome};
use crate::holders::Holders;
use crate::slow::trickle;
use crate::traffic::Traffic;

const IDLE: usize = 20_000;
/// Idle sockets opened anew per second: all, whenever their time for headers (10 s) is over.
const IDLE_AGAIN: usize = 2000;
const SLOW_HEADERS: usize = 1000;
const SLOW_BODIES: usize = 200;

/// A kind of attack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sign-ins with wrong passwords.
    Flood,
    /// Connections on which nothing comes.
    IdleSockets,
    /// A byte of the headers every second.
    SlowHeaders,
    /// A byte of the body every second.
    SlowBodies,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::Flood,
        Self::IdleSockets,
        Self::SlowHeaders,
        Self::SlowBodies,
    ];

    /// As on the command line.
    pub(crate) fn of(name: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|kind| kind.name() == name);
        named.with_context(|| format!("there is no attack `{name}`"))
    }

    /// The same.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flood => "sign-ins",
            Self::IdleSockets => "idle-sockets",
            Self::SlowHeaders => "slow-headers",
            Self::SlowBodies => "slow-bodies",
        }
    }

    /// How much slower than in quiet others may become at most.
    pub(crate) const fn goal(self) -> &'static str {
        match self {
            Self::Flood => "≤ 1.30",
            Self::IdleSockets | Self::SlowHeaders | Self::SlowBodies => "≤ 1.20",
        }
    }
}

/// An attack that goes on.
pub(crate) enum Attack {
    /// Has an end.
    Flood(JoinHandle<Result<Outcome>>),
    /// Ends when dropped.
    IdleSockets(Holders),
    /// The same.
    Slow(JoinSet<()>),
}

impl Attack {
    /// Returns when it has begun; a flood ends by itself after `time`.
    pub(crate) async fn begin(kind: Kind, base: &str, traffic: &Traffic, time: Duration) -> Result<Self> {
        let address: SocketAddr = base.trim_start_matches("http://").parse()?;
        Ok(match kind {
            Kind::Flood => {
                let flood = Flood::new(base)?;
                Self::Flood(tokio::spawn(async move { flood.run(time).await }))
            }
            Kind::IdleSockets => {
                let starting = move || Holders::start(address, IDLE, IDLE_AGAIN);
                Self::IdleSockets(tokio::task::spawn_blocking(starting).await??)
            }
            Kind::SlowHeaders => {
                let head = "GET /api/v1/auth/me HTTP/1.1\r\nHost: bench\r\nX-Slow: ".to_owned();
                Self::Slow(trickle(address, vec![head; SLOW_HEADERS]))
            }
            Kind::SlowBodies => {
                let begun = |number| format!("{}Content-Length: 1000\r\n\r\n", traffic.head_of_save(number));
                Self::Slow(trickle(address, (0..SLOW_BODIES).map(begun).collect()))
            }
        })
    }

    /// Ends it.
    pub(crate) async fn end(self) -> Result<Option<Outcome>> {
        match self {
            Self::Flood(flood) => Ok(Some(flood.await??)),
            Self::IdleSockets(holders) => {
                tokio::task::spawn_blocking(move || drop(holders)).await?;
                Ok(None)
            }
            Self::Slow(mut clients) => {
                clients.shutdown().await;
                Ok(None)
            }
        }
    }
}
