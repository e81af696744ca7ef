//! Requests at a fixed rate, whether or not earlier ones were answered: who is slow meets more of them, not fewer.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Sends for so long, each request at its time, which it is given with its number; returns when all have ended.
pub(crate) async fn at_rate<T, F>(
    per_second: u32,
    time: Duration,
    mut send: impl FnMut(usize, Instant) -> F + Send + 'static,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let runtime = Handle::current();
    let pacing = move || {
        let interval = Duration::from_secs(1) / per_second;
        let started = Instant::now();
        let mut begun = JoinSet::new();
        let mut due = started;
        while due < started + time {
            wait_until(due);
            begun.spawn_on(send(begun.len(), due), &runtime);
            due += interval;
        }
        begun
    };
    let begun = tokio::task::spawn_blocking(pacing).await?;
    Ok(begun.join_all().await)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tokio's timer is up to a millisecond late, which would hide small differences"
)]
fn wait_until(due: Instant) {
    std::thread::sleep(due.saturating_duration_since(Instant::now()));
}
