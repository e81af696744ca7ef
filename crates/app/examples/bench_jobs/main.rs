//! What the job engine costs beside the database's own limit.
//!
//! Run by `cargo xtask bench jobs`, which hands over a PostgreSQL server, and Redis where it has one. All figures are of jobs
//! that do nothing and of one worker in this process.
//!
//! - *rate*: the same number of ready jobs is worked off by the whole worker (claims, handlers, batched finishes, heartbeat,
//!   services) and by a bare loop that claims, completes and writes the attempt row for 50 jobs at a time with two statements
//!   ([`raw`]). CPU is that of this process and of the database's backends.
//! - *latency*: jobs are inserted at 1,000 a second, each at its time whatever became of those before, through connections of
//!   their own and through the worker's own, whose commits wake it. From the due time of the insert to the start of the work.
//! - *backlog*: claims of 50 while few and while 1,000,000 jobs are ready, of three priorities.
//! - *snapshot*: claims and finishes of 50 while a transaction that was begun before them stays open, so that nothing they
//!   leave behind can be cleaned up.
//!
//! Seeded jobs have the ids that the program gives (UUIDv7), in the order in which they come due.
//!
//! What is compared alternates, batch by batch in *backlog* and *snapshot* and else round by round; each round gives one sample,
//! and the first warms up and does not count. Both databases wait for the disk.
//!
//! With `--rehearsal` counts are small: whether everything works, not what it costs.

mod backlog;
mod claimer;
#[path = "../bench_api/cpu.rs"]
mod cpu;
mod enqueue;
mod figures;
mod ground;
mod latency;
mod rate;
mod raw;
mod snapshot;
mod worked;

use anyhow::Result;
use testkit::Backend;

use figures::Figures;

/// How much of everything.
#[derive(Clone, Copy)]
struct Plan {
    /// Counted rounds.
    rounds: usize,
    /// Jobs of a round.
    jobs: i64,
    /// Jobs inserted to see when they start.
    inserts: u32,
    /// Jobs of the large backlog.
    backlog: i64,
}

const FULL: Plan = Plan {
    rounds: 5,
    jobs: 10_000,
    inserts: 3_000,
    backlog: 1_000_000,
};

const REHEARSAL: Plan = Plan {
    rounds: 1,
    jobs: 1_000,
    inserts: 200,
    backlog: 20_000,
};

/// Which parts a name asks for; all without one.
type Parts<'a> = &'a [String];

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (options, parts): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|word| word.starts_with("--"));
    let plan = match options.as_slice() {
        [] => FULL,
        [option] if option == "--rehearsal" => REHEARSAL,
        _ => anyhow::bail!("usage: bench_jobs [--rehearsal] [rate | latency | backlog | snapshot …]"),
    };
    let (mut sqlite, mut postgres) = (Figures::default(), Figures::default());
    Box::pin(measure(&plan, &parts, &mut postgres)).await?;
    postgres.print("PostgreSQL");
    if is_wanted(&parts, "rate") {
        rate::measure(&plan, Backend::Sqlite, &mut sqlite).await?;
        sqlite.print("SQLite");
    }
    Ok(())
}

async fn measure(plan: &Plan, parts: Parts<'_>, figures: &mut Figures) -> Result<()> {
    if is_wanted(parts, "rate") {
        rate::measure(plan, Backend::Postgres, figures).await?;
    }
    if is_wanted(parts, "latency") {
        latency::measure(plan, figures).await?;
    }
    if is_wanted(parts, "backlog") {
        backlog::measure(plan, figures).await?;
    }
    if is_wanted(parts, "snapshot") {
        snapshot::measure(plan, figures).await?;
    }
    Ok(())
}

fn is_wanted(parts: Parts<'_>, name: &str) -> bool {
    parts.is_empty() || parts.iter().any(|part| part == name)
}
