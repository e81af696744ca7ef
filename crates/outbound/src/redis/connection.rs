//! One connection over which the commands of all requests go at once, made at once and again after every loss.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, RedisError, RedisResult};

/// For a connection; whoever waits for an answer has less patience, and the connection is made behind their backs.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// The longest pause between two attempts to connect again.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A peer that acknowledges nothing for so long is gone, though it has not said so: a network that swallows everything would
/// otherwise hold the connection for a quarter of an hour. One that has nothing to acknowledge is asked then whether it is there.
const SILENT_AT_MOST: Duration = Duration::from_secs(5);
const ASK_EVERY: Duration = Duration::from_secs(1);

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("redis.url must be like redis://user:password@host:6379/0 or rediss://… for TLS")]
pub struct RedisUrlError(#[source] RedisError);

/// Wants a Tokio runtime; does not wait for the server.
pub(super) fn connect(url: &str) -> Result<ConnectionManager, RedisUrlError> {
    let client = settings(url).and_then(Client::open).map_err(RedisUrlError)?;
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_max_delay(LONGEST_PAUSE)
        // The caller's patience decides; an answer that comes later is for nobody.
        .set_response_timeout(None);
    let manager = ConnectionManager::new_lazy_with_config(client, config).map_err(RedisUrlError)?;
    tokio::spawn(first_word(manager.clone()));
    Ok(manager)
}

fn settings(url: &str) -> RedisResult<ConnectionInfo> {
    let keepalive = TcpKeepalive::new()
        .with_time(SILENT_AT_MOST)
        .with_interval(ASK_EVERY);
    let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(SILENT_AT_MOST);
    Ok(url.into_connection_info()?.set_tcp_settings(tcp))
}

/// The first connection is made only as long as somebody waits for it, and callers have less patience than it takes.
async fn first_word(mut connection: ConnectionManager) {
    let answer: RedisResult<()> = redis::cmd("PING").query_async(&mut connection).await;
    if let Err(error) = answer {
        tracing::debug!(error = &error as &dyn std::error::Error, "Redis is not there yet");
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn it_is_made_before_anybody_asks_for_something() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/0", listener.local_addr().unwrap());
        let _connection = connect(&url).unwrap();
        let accepted = tokio::time::timeout(Duration::from_mins(1), listener.accept());
        assert!(accepted.await.unwrap().is_ok());
    }

    #[test]
    fn a_peer_that_falls_silent_is_given_up() {
        let settings = settings("redis://127.0.0.1/0").unwrap();
        let tcp = settings.tcp_settings();
        assert!(tcp.nodelay() && tcp.keepalive().is_some());
        #[cfg(target_os = "linux")]
        assert_eq!(tcp.user_timeout(), Some(SILENT_AT_MOST));
    }
}
