//! What attacks on the edge cost everybody else.
//!
//! Run by `cargo xtask bench edge`, which starts the release binary for it: `bench_edge BASE_URL PID ATTACK=NAME…`, where an
//! attack is `sign-ins`, `idle-sockets`, `slow-headers` or `slow-bodies`, and its figures are printed under the name.
//!
//! Sixty-one students in the middle of an attempt send 200 requests a second, a fifth of them saves, on kept connections
//! that each student gives up now and then. Every request has its time, whether or not earlier ones were answered, and its
//! latency counts from then. Rounds in quiet and under attack alternate, each gives one sample, and the slowest
//! hundredths of all rounds together are compared; a first attack warms up.
//!
//! - *sign-ins*: 200 a second with wrong passwords, from one network address, each for another account.
//! - *idle-sockets*: 20,000 are open, or as many as the limit of open files allows, before the round is measured; what the
//!   server closes is opened again, 2,000 a second, which is what holding 20,000 against a header timeout of 10 s takes.
//! - *slow-headers*, *slow-bodies*: 1,000 and 200 connections on which a byte comes every second.
//!
//! Server, traffic and attack share the machine's cores, so the figures include what it takes to attack.

mod attack;
#[path = "../bench_api/cpu.rs"]
#[expect(dead_code, reason = "the database is inside the server's process")]
mod cpu;
mod figures;
mod flood;
#[path = "../idle_sockets/holders.rs"]
mod holders;
mod pace;
mod round;
mod slow;
#[path = "../idle_sockets/sockets.rs"]
mod sockets;
mod traffic;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use attack::{Attack, Kind};
use figures::Figures;
use holders::{HOLD, hold};
use round::Round;
use traffic::Traffic;

const PAIRS: usize = 10;
/// Short, so that other noise of the machine meets both kinds of rounds.
const ROUND: Duration = Duration::from_millis(2500);
const WARM_UP: Duration = Duration::from_secs(2);
/// An attack goes on for so long before it is measured.
const LEAD: Duration = Duration::from_millis(500);
/// What an attack leaves behind ends meanwhile.
const SETTLE: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [HOLD, ref rest @ ..] => hold(rest).await,
        [base, pid, ref attacks @ ..] if !attacks.is_empty() => {
            let pid = pid.parse().context("PID has to be a number")?;
            measure(base, pid, attacks).await
        }
        _ => bail!("usage: bench_edge BASE_URL PID ATTACK=NAME…"),
    }
}

async fn measure(base: &str, pid: u32, attacks: &[&str]) -> Result<()> {
    // A second installation is refused, which changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let traffic = Traffic::begin(base).await?;
    let bench = Bench { base, pid, traffic };
    for attack in attacks {
        let (attack, name) = attack.split_once('=').context("an attack is ATTACK=NAME")?;
        let figures = bench.run(Kind::of(attack)?).await;
        figures.with_context(|| format!("attack {attack}"))?.print(name);
    }
    Ok(())
}

struct Bench<'a> {
    base: &'a str,
    pid: u32,
    traffic: Traffic,
}

impl Bench<'_> {
    async fn run(&self, kind: Kind) -> Result<Figures> {
        self.attacked(kind, WARM_UP, &mut Figures::default()).await?;
        let mut figures = Figures::default();
        for _ in 0..PAIRS {
            let quiet = Round::quiet(&self.traffic, self.pid, ROUND).await?;
            let attacked = self.attacked(kind, ROUND, &mut figures).await?;
            figures.add(&quiet, &attacked);
        }
        figures.compare(kind);
        Ok(figures)
    }

    /// A round under attack; what the attack itself came to is added to the figures.
    async fn attacked(&self, kind: Kind, time: Duration, figures: &mut Figures) -> Result<Round> {
        let whole = LEAD + time;
        let attack = Attack::begin(kind, self.base, &self.traffic, whole).await?;
        if let Attack::IdleSockets(holders) = &attack {
            figures.add_sockets(holders.opened);
        }
        tokio::time::sleep(LEAD).await;
        let round = Round::measure(&self.traffic, self.pid, time).await?;
        if let Some(outcome) = attack.end().await? {
            figures.add_flood(&outcome, whole);
        }
        tokio::time::sleep(SETTLE).await;
        Ok(round)
    }
}
