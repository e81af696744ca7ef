//! What the five requests of a track assessment cost: start, save, submit of ten answers, status, result.
//!
//! Run by `cargo xtask bench api`, which hands over the release binary, the baseline and a PostgreSQL server. On each
//! database there are three states of the world, each with a server of its own:
//!
//! - *few*: candidates with five earlier attempts each, among few other rows. The program and `bench_baseline` (the same
//!   statements by axum and sqlx alone; see there) take turns on this database.
//! - *many*: the same candidates among ten times as many rows of others.
//! - *own*: as many rows as *many*, half of them the candidates' own: ten times the own history.
//!
//! A round is the same on all of them: every candidate starts, saves, submits and asks for the status; the bench itself
//! ends scoring by SQL; every candidate reads the result; the bench deletes the round's rows. Rounds of the four servers
//! alternate, so that all meet the same noise, and each gives one sample; the first round warms up and does not count.
//!
//! CPU time is that of the server's process, user and system, from the scheduler's nanoseconds: with SQLite the database is
//! inside it; with PostgreSQL its backends of this server are added where the cost of rows is asked, and shown apart.
//! No request carries an `Idempotency-Key`. Workers are off (`--no-workers`): submission pays for enqueueing, not for scoring.
//! SQLite waits for the disk (`synchronous = FULL`); the PostgreSQL of the tests does not (`fsync = off`), for either program.
//!
//! With `--rehearsal` counts are small: whether everything works, not what it costs.

mod client;
mod cpu;
mod drift;
mod figures;
mod ground;
mod history;
mod round;
mod scene;
mod server;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use testkit::Backend;

use figures::Figures;
use round::Plan;
use scene::{Scene, Size};
use server::{Programs, Server};

#[tokio::main]
async fn main() -> Result<()> {
    let usage = "usage: bench_api RELEASE_BINARY BASELINE_BINARY [--rehearsal]";
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, baseline, options @ ..] = arguments.as_slice() else {
        anyhow::bail!(usage);
    };
    let plan = match options {
        [] => Plan::full(),
        [option] if option == "--rehearsal" => Plan::rehearsal(),
        _ => anyhow::bail!(usage),
    };
    let programs = Programs {
        touchstone: PathBuf::from(program),
        baseline: PathBuf::from(baseline),
    };
    // A second installation is refused, which changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    for (backend, name) in [(Backend::Sqlite, "SQLite"), (Backend::Postgres, "PostgreSQL")] {
        let figures = Box::pin(measure(&programs, &plan, backend))
            .await
            .with_context(|| format!("on {name}"))?;
        figures.print(name);
    }
    Ok(())
}

async fn measure(programs: &Programs, plan: &Plan, backend: Backend) -> Result<Figures> {
    let (few, many, own) = tokio::try_join!(
        Scene::set(backend, plan, Size::Few),
        Scene::set(backend, plan, Size::Many),
        Scene::set(backend, plan, Size::Own)
    )?;
    drift::require_same_statements(programs, &few).await?;
    let servers = [
        (Server::touchstone(&programs.touchstone, &few.url)?, &few),
        (Server::baseline(&programs.baseline, &few.url)?, &few),
        (Server::touchstone(&programs.touchstone, &many.url)?, &many),
        (Server::touchstone(&programs.touchstone, &own.url)?, &own),
    ];
    let mut figures = Figures::default();
    for number in 0..=plan.pairs {
        let mut costs = Vec::with_capacity(servers.len());
        for (server, scene) in &servers {
            costs.push(round::run(server, scene, plan).await?);
        }
        if let (true, [program, baseline, many, own]) = (number > 0, costs.as_slice()) {
            figures.add(program, baseline, many, own);
        }
    }
    Ok(figures)
}
