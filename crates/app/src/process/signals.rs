//! SIGTERM and Ctrl-C: the first asks for an orderly stop, the second ends the process at once.

use std::io;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// As shells report a process that Ctrl-C ended.
const EXIT_INTERRUPTED: i32 = 130;
/// `timeout`, terminals and some supervisors signal the process and its group: the same wish, arriving twice.
const SAME_WISH: Duration = Duration::from_secs(1);

/// Cancels `stop` on the first signal; from then on a further one ends the process.
pub(crate) fn stop_on_signal(stop: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: finishing what is running; a second signal ends at once");
        stop.cancel();
        let first = Instant::now();
        while first.elapsed() < SAME_WISH {
            either(&mut terminate, &mut interrupt).await;
        }
        tracing::warn!("ended by a second signal");
        std::process::exit(EXIT_INTERRUPTED);
    });
    Ok(())
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
