//! The orderly end: nobody who has knocked is turned away, and nobody can hold it up.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use super::places::Places;

/// Time for requests that were on their way when a stop was asked for: a connection that is closed before would break them off.
const LAST_CALL: Duration = Duration::from_millis(250);
/// Who has sent nothing whole so long afterwards is disconnected.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Stops listening; gives those who were waiting to be accepted, whom the end of the listener would reset.
pub(super) fn close(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut last = Vec::new();
    if let Err(error) = empty(listener, &mut last) {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the last connections were not accepted"
        );
    }
    last
}

fn empty(listener: TcpListener, waiting: &mut Vec<(TcpStream, SocketAddr)>) -> io::Result<()> {
    let listener = listener.into_std()?;
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                stream.set_nonblocking(true)?;
                // As for everybody else.
                let _ = stream.set_nodelay(true);
                waiting.push((TcpStream::from_std(stream)?, peer));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Lets running requests end, for so long.
pub(super) async fn end(graceful: GracefulShutdown, places: &Places, limit: Duration) {
    let ending = async {
        if graceful.count() > 0 {
            tokio::time::sleep(LAST_CALL).await;
        }
        graceful.shutdown().await;
    };
    let hurrying = async {
        tokio::time::sleep(LAST_CALL + LAST_REQUESTS).await;
        places.evict_all();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = ending => {}
        () = hurrying => {}
        () = tokio::time::sleep(limit) => {
            tracing::warn!("requests were still running when the time to stop was over");
        }
    }
}
