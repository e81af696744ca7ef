//! What is asked of the tool on its command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Programs and what to do with them.
#[derive(Parser)]
#[command(about = "Load and comparisons; run by `cargo xtask bench`")]
pub(crate) struct Options {
    /// The release binary.
    #[arg(long)]
    pub(crate) binary: PathBuf,
    /// The Redis that the processes are to use, if any.
    #[arg(long)]
    pub(crate) redis_url: Option<String>,
    #[command(subcommand)]
    pub(crate) mode: Mode,
}

#[derive(Subcommand)]
pub(crate) enum Mode {
    /// Many candidates sitting at once.
    Load(Load),
    /// Answer saves beside pgbench.
    Saves(Comparison),
    /// Status polls beside a bare handler.
    Poll(Comparison),
}

/// Of `load`.
#[derive(Args, Clone)]
pub(crate) struct Load {
    /// Candidates who sit at the same time.
    #[arg(long, default_value_t = 500)]
    pub(crate) users: u32,
    /// Seconds of measured load, after everybody has started.
    #[arg(long, default_value_t = 20)]
    duration: u64,
    /// Seconds in which everybody starts; by default as long as three hundred starts a second take.
    #[arg(long)]
    ramp: Option<u64>,
    /// Seconds between the saves of a candidate.
    #[arg(long, default_value_t = 60.0)]
    think_time: f64,
    /// Seconds between the heartbeats of a candidate.
    #[arg(long, default_value_t = 60.0)]
    heartbeat: f64,
    /// Seconds from start to submit.
    #[arg(long, default_value_t = 1200.0)]
    sitting: f64,
    /// What everybody does in the same second.
    #[arg(long)]
    pub(crate) storm: Option<Storm>,
    /// Share of candidates who follow their scoring by events; the others poll (0 to 1).
    #[arg(long, default_value_t = 0.5)]
    pub(crate) sse: f64,
    /// Finished attempts that are in the database beforehand.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) seeded_attempts: u32,
    /// Processes of each kind.
    #[arg(long, default_value = "api=2,worker=2", value_parser = processes)]
    pub(crate) processes: Processes,
    /// Requests at once to each process at most, as a balancer limits them.
    #[arg(long, default_value_t = 256)]
    pub(crate) connections: usize,
    /// Seconds to wait for jobs afterwards.
    #[arg(long, default_value_t = 300)]
    drain: u64,
    /// Measure what each operation costs by itself first (two minutes more), and compare what it predicts with what the load
    /// costs.
    #[arg(long)]
    pub(crate) prices: bool,
    /// An earlier report (--json) whose cost is scaled to this run and compared.
    #[arg(long)]
    pub(crate) predict_from: Option<PathBuf>,
    /// Write the report as JSON, too.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Print the statements that cost PostgreSQL most (needs pg_stat_statements).
    #[arg(long)]
    pub(crate) statements: bool,
}

/// Of `saves` and `poll`.
#[derive(Args)]
pub(crate) struct Comparison {
    /// The bare handler, for `poll`; pgbench, for `saves`.
    #[arg(long)]
    pub(crate) other: PathBuf,
    /// Pairs of rounds.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: u32,
    /// Seconds of each.
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,
    /// Requests at once.
    #[arg(long, default_value_t = 32)]
    pub(crate) clients: u32,
    /// Candidates and their attempts.
    #[arg(long, default_value_t = 2000)]
    pub(crate) users: u32,
    /// Finished attempts that are in the database beforehand.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) seeded_attempts: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Storm {
    /// Everybody starts.
    Start,
    /// Everybody submits.
    Submit,
}

/// How many of each kind.
#[derive(Clone, Copy)]
pub(crate) struct Processes {
    pub(crate) api: usize,
    pub(crate) worker: usize,
}

impl Load {
    pub(crate) fn ramp(&self) -> Duration {
        let seconds = match self.storm {
            Some(Storm::Start) => 1,
            Some(Storm::Submit) | None => self.ramp.unwrap_or_else(|| u64::from(self.users).div_ceil(300)),
        };
        Duration::from_secs(seconds)
    }

    pub(crate) const fn duration(&self) -> Duration {
        Duration::from_secs(self.duration)
    }

    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }

    pub(crate) fn think_time(&self) -> Duration {
        Duration::from_secs_f64(self.think_time)
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs_f64(self.heartbeat)
    }

    pub(crate) fn sitting(&self) -> Duration {
        Duration::from_secs_f64(self.sitting)
    }

    /// Saves of a whole sitting.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a handful"
    )]
    pub(crate) fn saves(&self) -> u32 {
        (self.sitting / self.think_time).round().max(1.0) as u32
    }
}

fn processes(text: &str) -> Result<Processes, String> {
    let mut found = Processes { api: 1, worker: 1 };
    for part in text.split(',') {
        let (kind, count) = part
            .split_once('=')
            .ok_or_else(|| format!("`{part}` is not KIND=COUNT"))?;
        let count = count
            .parse()
            .map_err(|_| format!("`{count}` is not a number of processes"))?;
        match kind {
            "api" if count > 0 => found.api = count,
            "worker" => found.worker = count,
            _ => return Err(format!("`{part}`: say api=COUNT (at least one) and worker=COUNT")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_counted_by_kind() {
        let found = processes("api=2,worker=3").unwrap();
        assert_eq!((found.api, found.worker), (2, 3));
        assert!(processes("api=0").is_err() && processes("apis=2").is_err() && processes("2").is_err());
    }

    #[test]
    fn the_command_line_is_one_that_clap_takes() {
        use clap::CommandFactory as _;
        Options::command().debug_assert();
    }
}
