//! The fault harness: real processes of the program over a real PostgreSQL and Redis are killed, frozen and cut off, while
//! candidates who know only HTTP note what was acknowledged; afterwards everything has to be there, once.
//!
//! A case is a function from the [`stage::Ground`] to an [`outcome::Outcome`]; its choices follow from the seed. Cases wait for
//! conditions with a limit, never for time to pass, except where the passing of time is the fault.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its standard streams"
)]

mod answers;
mod arguments;
mod balancer;
mod books;
mod candidate;
mod cases;
mod chance;
mod checker;
mod classroom;
mod effects;
mod guardian;
mod ledger;
mod load;
mod machine;
mod model;
mod node;
mod outcome;
mod postgres;
mod proxy;
mod record;
mod redis;
mod signals;
mod sql;
mod stage;
mod waiting;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Parser as _;
use futures::StreamExt as _;

use arguments::Arguments;
use cases::{CASES, Case};
use guardian::Guardian;
use postgres::Postgres;
use record::{Ended, Record};
use stage::Ground;

/// Cases that mostly wait, and spare the servers they share, run beside each other.
const AT_ONCE: usize = 3;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool> {
    let cases = chosen(arguments)?;
    if arguments.list {
        for case in cases {
            println!("{:<14} {:<8} {}", case.name, case.rows.join(", "), case.about);
        }
        return Ok(true);
    }
    // A run of some rows adds to what is known; a run of all begins anew unless it is to go on.
    let goes_on = arguments.resume || !arguments.rows.is_empty();
    let known = goes_on
        .then(|| Record::load(&arguments.state, arguments.full))
        .flatten();
    let mut record = known.unwrap_or(Record {
        seed: arguments.seed,
        full: arguments.full,
        ..Record::default()
    });
    // reqwest is built without a provider; nothing here speaks TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ground = ground(arguments).await?;
    let (alone, together): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .filter(|case| !(arguments.resume && record.has_passed(case.name)))
        .partition(|case| case.alone);
    let mut failed = 0;
    for (cases, at_once) in [(together, AT_ONCE), (alone, 1)] {
        let running = cases.into_iter().map(|case| run_case(case, &ground));
        let mut running = futures::stream::iter(running).buffer_unordered(at_once);
        while let Some((name, ended)) = running.next().await {
            if ended.failure.is_some() {
                failed += 1;
                println!("               again: {}", arguments.again(name));
                keep_logs(&ground, &arguments.state)?;
            }
            record.note(name, ended);
            record.save(&arguments.state)?;
        }
    }
    if let Some(file) = &arguments.record {
        machine::write(file, &record)?;
    }
    println!("{failed} failed");
    Ok(failed == 0)
}

async fn run_case<'case>(case: &'case Case, ground: &Ground) -> (&'case str, Ended) {
    let begun = Instant::now();
    let ran = (case.run)(ground).await;
    let seconds = begun.elapsed().as_secs_f64();
    let (outcome, failure) = match ran {
        Ok(outcome) => {
            println!(
                "{:<14} ok     {seconds:>6.1} s  {}: {outcome}",
                case.name, case.about
            );
            (Some(outcome), None)
        }
        Err(error) => {
            println!(
                "{:<14} FAILED {seconds:>6.1} s  {}: {error:#}",
                case.name, case.about
            );
            (None, Some(format!("{error:#}")))
        }
    };
    let ended = Ended {
        rows: case.rows.iter().map(|row| (*row).to_owned()).collect(),
        about: case.about.to_owned(),
        seconds,
        outcome,
        failure,
    };
    (case.name, ended)
}

/// What processes said, beside the state of the run: the directory of the run itself vanishes.
fn keep_logs(ground: &Ground, state: &Path) -> Result<()> {
    let kept = state.with_file_name("logs");
    for entry in std::fs::read_dir(ground.guardian.directory())? {
        let found = entry?;
        let name = found.file_name();
        if !name.to_string_lossy().starts_with("case_") {
            continue;
        }
        std::fs::create_dir_all(kept.join(&name))?;
        for file in std::fs::read_dir(found.path())? {
            let file = file?.path();
            if let (Some(log), Some("log")) = (file.file_name(), file.extension().and_then(OsStr::to_str)) {
                std::fs::copy(&file, kept.join(&name).join(log))?;
            }
        }
    }
    println!("               logs: {}", kept.display());
    Ok(())
}

/// All cases, or those that have one of the names or rows.
fn chosen(arguments: &Arguments) -> Result<Vec<&'static Case>> {
    for wanted in &arguments.rows {
        if !CASES.iter().any(|case| case.is_called(wanted)) {
            bail!("there is no case for row `{wanted}`; `--list` shows them");
        }
    }
    let wanted = |case: &&Case| {
        arguments.rows.is_empty() || arguments.rows.iter().any(|wanted| case.is_called(wanted))
    };
    Ok(CASES.iter().filter(wanted).collect())
}

async fn ground(arguments: &Arguments) -> Result<Ground> {
    let account = match &arguments.account {
        None => None,
        Some(text) => {
            let (user, group) = text.split_once(':').context("--account is USER:GROUP")?;
            Some((user.parse()?, group.parse()?))
        }
    };
    let binaries = arguments
        .postgres
        .as_ref()
        .context("--postgres says where PostgreSQL is")?;
    let program = arguments
        .program
        .as_ref()
        .context("--program says what is tested")?;
    let guardian = Arc::new(Guardian::start()?);
    Ok(Ground {
        program: program
            .canonicalize()
            .with_context(|| format!("there is no {}", program.display()))?,
        postgres: Postgres::create(binaries, account, &guardian).await?,
        redis_server: arguments.redis.clone(),
        guardian,
        seed: arguments.seed,
        full: arguments.full,
    })
}
