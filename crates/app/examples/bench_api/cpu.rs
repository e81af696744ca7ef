//! CPU time of processes and of PostgreSQL's backends, in nanoseconds, by thread.
//!
//! `/proc/<pid>/stat` counts in hundredths of a second, too coarse for short samples; the scheduler's own count per thread
//! (`schedstat`) is exact. What a thread that has ended meanwhile used is not seen; a server's threads last.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Nanoseconds on a CPU by thread.
#[derive(Default)]
pub(crate) struct Used(HashMap<u32, u64>);

impl Used {
    /// By all threads of a process.
    pub(crate) fn by_process(pid: u32) -> Result<Self> {
        let directory = format!("/proc/{pid}/task");
        let mut used = Self::default();
        for entry in std::fs::read_dir(&directory).with_context(|| format!("no {directory}"))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let thread = name
                .and_then(|name| name.parse().ok())
                .context("threads are numbers")?;
            // It may have ended since the directory was listed.
            if let Some(nanoseconds) = on_cpu(&path) {
                used.0.insert(thread, nanoseconds);
            }
        }
        anyhow::ensure!(
            !used.0.is_empty(),
            "{directory}/*/schedstat cannot be read: this bench needs Linux with scheduler statistics"
        );
        Ok(used)
    }

    /// By these backends of PostgreSQL; none when they are not processes of this machine.
    pub(crate) fn by_backends(pids: &[u32]) -> Option<Self> {
        let used = |pid: &u32| {
            let path = format!("/proc/{pid}");
            let name = std::fs::read_to_string(format!("{path}/comm")).ok()?;
            name.starts_with("postgres")
                .then(|| Some((*pid, on_cpu(Path::new(&path))?)))?
        };
        pids.iter().map(used).collect::<Option<_>>().map(Self)
    }

    /// Microseconds from `earlier` to this.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        let spent =
            |(thread, now): (&u32, &u64)| now.saturating_sub(earlier.0.get(thread).copied().unwrap_or(0));
        let nanoseconds: u64 = self.0.iter().map(spent).sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sample is far below 2^52 nanoseconds"
        )]
        {
            nanoseconds as f64 / 1000.0
        }
    }
}

/// The first field of `schedstat`.
fn on_cpu(task: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(task.join("schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}
