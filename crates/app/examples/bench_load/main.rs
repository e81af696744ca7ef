//! Load on several processes, and two comparisons: `cargo xtask bench load`, `saves` and `poll` run it.
//!
//! `load` is an open loop: what a virtual user does next is due at a time that no answer delays, and latencies are counted from
//! there. Users are timers and state machines in one thread. Their sign-ins exist before the run: rows as a real sign-in leaves
//! them and tokens signed with the installation's key, so that password hashing, which `bench edge` measures, is not in it.
//! A sitting is: start; a save every `--think-time` (short answers once each, then the texts, draft by draft); a heartbeat every
//! `--heartbeat`; submit; polls as often as the service says, or a stream of events; the result. At the beginning users are at
//! different places of their sittings, so that as many start as submit, and the mix is the same all the time.
//!
//! At the end every acknowledged answer is compared with the database, and so is the scoring of every submitted attempt.

mod check;
mod connections;
mod drive;
#[path = "../bench_api/ground.rs"]
mod ground;
mod histogram;
#[path = "../bench_api/history.rs"]
#[expect(dead_code, reason = "bench_api removes its rounds again")]
mod history;
mod load;
mod meter;
mod options;
mod paper;
mod poll;
mod prices;
mod programs;
mod report;
mod rounds;
mod saves;
mod stage;
mod tally;
mod user;
mod world;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use options::{Mode, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    // A second installation is refused, which changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let good = match &options.mode {
        Mode::Load(load) => load::run(&options, load).await?,
        Mode::Saves(comparison) => Box::pin(saves::run(&options, comparison)).await?,
        Mode::Poll(comparison) => Box::pin(poll::run(&options, comparison)).await?,
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
