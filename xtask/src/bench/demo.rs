//! The whole demonstration: seed, sit an attempt, score it, show it, leave.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::figure::Figure;
use super::server::data_directory;
use crate::process;

const RUNS: usize = 3;

/// Wall time of `touchstone demo --exit`, each run with an empty data directory.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let data = data_directory()?;
        let mut command = Command::new(binary);
        process::without_settings(&mut command);
        command
            .args(["demo", "--exit"])
            .env("TOUCHSTONE_DATA_DIR", data.path());
        command
            .env("TOUCHSTONE_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let started = Instant::now();
        process::run(&mut command)?;
        times.push(started.elapsed());
    }
    Ok(vec![Figure::milliseconds(
        "demo: `touchstone demo --exit` (goal ≤ 5000 ms)",
        &times,
    )])
}
