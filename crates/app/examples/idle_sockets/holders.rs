//! Idle sockets in processes of their own: one process has too few file descriptors for many.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::AsyncReadExt as _;
use tokio::time::MissedTickBehavior;

use crate::sockets::{IdleSockets, room_for_files};

/// The first argument of a process that holds sockets.
pub(crate) const HOLD: &str = "hold";
/// Sockets of one process.
const PER_PROCESS: usize = 8000;
/// Sockets opened per second at first, all processes together: fast, yet no flood of its own.
const AT_FIRST: usize = 10_000;
/// How often a process opens sockets: a few at a time, as clients come that know nothing of each other.
const TURNS_PER_SECOND: usize = 200;
/// Every so many turns it finds out which ones the server has closed.
const TURNS_PER_LOOK: usize = 20;

/// Processes with idle sockets; ended when dropped.
pub(crate) struct Holders {
    processes: Vec<Child>,
    /// Sockets that were opened.
    pub(crate) opened: usize,
}

impl Holders {
    /// Returns when all were open once; from then on at most `again` per second are opened anew when the server closes them.
    pub(crate) fn start(address: SocketAddr, count: usize, again: usize) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut holders = Self {
            processes: Vec::new(),
            opened: 0,
        };
        for from in (0..count).step_by(PER_PROCESS) {
            let part = PER_PROCESS.min(count - from);
            let [first, again] = [AT_FIRST, again].map(|rate| (rate * part / count).to_string());
            let child = Command::new(&program)
                .arg(HOLD)
                .args([address.to_string(), part.to_string(), first, again])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()?;
            holders.processes.push(child);
        }
        for child in &mut holders.processes {
            let output = child.stdout.take().context("standard output is piped")?;
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line)?;
            let opened: usize = line
                .trim()
                .parse()
                .context("a process could not open its sockets")?;
            holders.opened += opened;
        }
        Ok(holders)
    }
}

impl Drop for Holders {
    fn drop(&mut self) {
        for child in &mut self.processes {
            drop(child.stdin.take());
        }
        for child in &mut self.processes {
            // One that has ended already cannot be waited for.
            let _ = child.wait();
        }
    }
}

/// The life of such a process, whose arguments behind [`HOLD`] these are: it keeps sockets open until standard input ends;
/// a line says how many they are when all were open once.
#[expect(clippy::print_stdout, reason = "the parent waits for it")]
pub(crate) async fn hold(arguments: &[&str]) -> Result<()> {
    let [address, count, first, again] = arguments else {
        bail!("usage: {HOLD} ADDRESS COUNT AT_FIRST_PER_SECOND AGAIN_PER_SECOND");
    };
    let (first, again): (usize, usize) = (first.parse()?, again.parse()?);
    let all = room_for_files().min(count.parse()?);
    let mut sockets = IdleSockets::open(address.parse()?, 0).await?;
    let mut turns = tokio::time::interval(Duration::from_secs(1) / u32::try_from(TURNS_PER_SECOND)?);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while sockets.len() < all {
        turns.tick().await;
        let missing = all - sockets.len();
        sockets
            .open_more(missing.min(first.div_ceil(TURNS_PER_SECOND)))
            .await?;
    }
    println!("{all}");
    let mut input = tokio::io::stdin();
    let mut byte = [0];
    for turn in 0_usize.. {
        tokio::select! {
            _ = input.read(&mut byte) => break,
            _ = turns.tick() => {}
        }
        if turn.is_multiple_of(TURNS_PER_LOOK) {
            sockets.drop_closed();
        }
        let missing = all - sockets.len();
        sockets.open_more(missing.min(again / TURNS_PER_SECOND)).await?;
    }
    Ok(())
}
