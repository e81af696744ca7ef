//! The command line. `cargo xtask faults` fills in where programs are.

use std::path::PathBuf;

use clap::Parser;

/// Injects faults into real processes and counts what is lost and what happens twice.
#[derive(Debug, Parser)]
#[command(name = "faults")]
pub(crate) struct Arguments {
    /// The program under test, built with `--features failpoints`.
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
    /// Directory of `initdb`, `pg_ctl` and `postgres`.
    #[arg(long)]
    pub(crate) postgres: Option<PathBuf>,
    /// USER:GROUP, by numbers, that runs PostgreSQL where we are root.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// `redis-server`; without it cases that need it fail.
    #[arg(long)]
    pub(crate) redis: Option<PathBuf>,
    /// All counts; without it a tenth of them.
    #[arg(long)]
    pub(crate) full: bool,
    /// Numbers of faults or names of cases, as `--list` shows them; all without it.
    #[arg(long, value_delimiter = ',')]
    pub(crate) rows: Vec<String>,
    /// Decides every choice.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Goes on after the last case that passed.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Where the run is kept.
    #[arg(long, default_value = "target/faults/run.json")]
    pub(crate) state: PathBuf,
    /// Writes the table into this file, behind what is above its first table.
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    /// Prints the cases and runs none.
    #[arg(long)]
    pub(crate) list: bool,
}

impl Arguments {
    /// How to run one case again.
    pub(crate) fn again(&self, case: &str) -> String {
        let full = if self.full { " --full" } else { "" };
        format!("cargo xtask faults{full} --rows {case} --seed {}", self.seed)
    }
}
