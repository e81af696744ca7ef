//! What asking language models costs a process, how exactly it keeps their limits, and whether its books are the provider's bill.
//!
//! Run by `cargo xtask bench llm`, which hands over PostgreSQL and Redis. The provider is a process of its own (this program again), that
//! answers every call after the same time, so that CPU time is that of whoever asks. Every figure is of several rounds.
//!
//! - *calls*: 500 answers at a time are judged, each by one call of 2 s, (a) by prompt, HTTP and reading of the reply alone, without a
//!   journal, and (b) through the gateway with its journal in PostgreSQL. Throughput is that of arrivals from the 500th to the last
//!   one, beside 500 / 2 s; CPU is that of this process.
//! - *worker*: the same as jobs of a real `touchstone worker`: answer, exemplars and rubric are read, the local scorer judges, the model is
//!   asked, both verdicts are recorded. CPU is that of the worker's process.
//! - *limiter*: callers that always have something to ask, in one process, in two that share buckets by PostgreSQL and in two by Redis.
//!   The provider counts every sliding minute that begins with a call: the fullest beyond the limit, in calls, and the emptiest, in
//!   percent of it.
//! - *ledger*: calls that end in every way; what the journal says beside what the provider bills.
//!
//! With `--rehearsal` everything is small and limits are watched for a few seconds.

mod asker;
mod calls;
#[path = "../bench_api/cpu.rs"]
#[expect(dead_code, reason = "what the database uses is not looked at")]
mod cpu;
mod figures;
mod ground;
mod ledger;
mod limiter;
mod provider;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use figures::Figures;

/// How much of everything.
#[derive(Clone, Copy)]
struct Plan {
    rounds: usize,
    /// Calls under way at once.
    at_once: usize,
    /// Calls of a round are so many times that.
    waves: usize,
    /// How long the provider takes.
    delay: Duration,
    /// How long limits are watched.
    watched: Duration,
    /// Calls for the books.
    booked: usize,
}

const FULL: Plan = Plan {
    rounds: 3,
    at_once: 500,
    waves: 12,
    delay: Duration::from_secs(2),
    watched: Duration::from_secs(125),
    booked: 600,
};

const REHEARSAL: Plan = Plan {
    rounds: 1,
    at_once: 20,
    waves: 2,
    delay: Duration::from_millis(300),
    watched: Duration::from_secs(8),
    booked: 60,
};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("provider") => return provider::serve(&arguments[1..]).await,
        Some("asker") => return asker::ask(&arguments[1..]).await,
        _ => {}
    }
    let (options, words): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|word| word.starts_with("--"));
    let plan = match options.as_slice() {
        [] => FULL,
        [option] if option == "--rehearsal" => REHEARSAL,
        _ => bail!("usage: bench_llm [--rehearsal] TOUCHSTONE [calls | worker | limiter | ledger …]"),
    };
    let (binary, parts) = words.split_first().context("name the program first")?;
    let is_wanted = |name: &str| parts.is_empty() || parts.iter().any(|part| part == name);
    let mut figures = Figures::default();
    if is_wanted("calls") {
        calls::measure(&plan, &mut figures).await?;
    }
    if is_wanted("worker") {
        worker::measure(&plan, &PathBuf::from(binary), &mut figures).await?;
    }
    if is_wanted("limiter") {
        limiter::measure(&plan, &mut figures).await?;
    }
    if is_wanted("ledger") {
        ledger::measure(&plan, &mut figures).await?;
    }
    figures.print();
    Ok(())
}
