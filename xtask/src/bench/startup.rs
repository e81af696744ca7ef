//! How long an operator waits for the server, and what it holds while nobody uses it.

use std::path::Path;
use std::time::Duration;

use super::figure::Figure;
use super::server::RunningServer;

const STARTS: usize = 10;
const MEMORY_RUNS: usize = 3;
const REST: Duration = Duration::from_secs(2);

/// Each start has an empty data directory, so migrations are part of it.
pub(crate) fn run(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let server = RunningServer::start(binary)?;
        server.require_connection()?;
        starts.push(server.ready_after);
        server.stop()?;
    }
    let mut memory = Vec::with_capacity(MEMORY_RUNS);
    for _ in 0..MEMORY_RUNS {
        memory.push(resident_at_rest(binary)?);
    }
    Ok(vec![
        Figure::milliseconds(
            "startup: fresh data directory to listening (goal ≤ 300 ms)",
            &starts,
        ),
        Figure::new(
            "startup: resident memory 2 s after listening (goal ≤ 57 MiB, 60 MB)",
            "MiB",
            memory,
        ),
    ])
}

#[expect(
    clippy::disallowed_methods,
    reason = "the figure is defined at two seconds after start"
)]
fn resident_at_rest(binary: &Path) -> anyhow::Result<f64> {
    let server = RunningServer::start(binary)?;
    std::thread::sleep(REST);
    let resident = server.resident_mebibytes()?;
    server.stop()?;
    Ok(resident)
}
