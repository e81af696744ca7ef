//! Just enough HTTP/1.1 for the load: kept connections to several processes, taken in turn as a load balancer does.
//!
//! A client library would cost more than the service under load on the same cores. Requests are written as bytes; of a reply
//! the status, the body and three headers are read.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// The service closes a connection that has been idle for ten seconds; older ones than this are not used again.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// Connections to every process.
pub(crate) struct Connections {
    processes: Vec<Process>,
    next: AtomicUsize,
}

struct Process {
    address: SocketAddr,
    idle: Mutex<Vec<(TcpStream, Instant)>>,
    /// As many requests at once as a balancer lets through to one process.
    places: Semaphore,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
    pub(crate) etag: Option<String>,
}

impl Connections {
    /// None is open; at most `places` to each process will be used at once.
    pub(crate) fn to(addresses: &[SocketAddr], places: usize) -> Self {
        let process = |address: &SocketAddr| Process {
            address: *address,
            idle: Mutex::default(),
            places: Semaphore::new(places),
        };
        Self {
            processes: addresses.iter().map(process).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Sends to the process whose turn it is. On a kept connection that turns out to be closed it is sent once more.
    pub(crate) async fn send(&self, request: &[u8]) -> io::Result<Reply> {
        let process = self.process();
        let _place = process.places.acquire().await.map_err(io::Error::other)?;
        if let Some(kept) = process.take()
            && let Ok(reply) = process.exchange(kept, request).await
        {
            return Ok(reply);
        }
        let fresh = process.connect().await?;
        process.exchange(fresh, request).await
    }

    /// Sends on a connection of its own and reads until `end` was seen; gives the status.
    pub(crate) async fn follow(&self, request: &[u8], end: &[u8]) -> io::Result<u16> {
        let mut stream = self.process().connect().await?;
        stream.write_all(request).await?;
        let mut received = Vec::with_capacity(4096);
        loop {
            if stream.read_buf(&mut received).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let status = head_of(&received).and_then(|(head, _)| status_of(head));
            match status {
                Some(200) if contains(&received, end) => return Ok(200),
                Some(200) | None => {}
                Some(refused) => return Ok(refused),
            }
        }
    }

    fn process(&self) -> &Process {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.processes[turn % self.processes.len()]
    }
}

impl Process {
    fn idle(&self) -> MutexGuard<'_, Vec<(TcpStream, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection used last, so that those too many grow old.
    fn take(&self) -> Option<TcpStream> {
        let mut idle = self.idle();
        idle.retain(|(_, since)| since.elapsed() < KEPT_FOR);
        idle.pop().map(|(stream, _)| stream)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn exchange(&self, mut stream: TcpStream, request: &[u8]) -> io::Result<Reply> {
        stream.write_all(request).await?;
        let (reply, kept) = read_reply(&mut stream).await?;
        if kept {
            self.idle().push((stream, Instant::now()));
        }
        Ok(reply)
    }
}

/// A reply with a length, and whether its connection may be used again.
async fn read_reply(stream: &mut TcpStream) -> io::Result<(Reply, bool)> {
    let mut received = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let Some((head, body_at)) = head_of(&received) else {
            continue;
        };
        let status = status_of(head).ok_or(ErrorKind::InvalidData)?;
        let length = match header(head, "content-length").map(str::parse::<usize>) {
            Some(Ok(length)) => length,
            None if matches!(status, 204 | 304) => 0,
            Some(Err(_)) | None => return Err(ErrorKind::InvalidData.into()),
        };
        if received.len() < body_at + length {
            continue;
        }
        let kept = header(head, "connection") != Some("close");
        let reply = Reply {
            status,
            retry_after: header(head, "retry-after").and_then(|value| value.parse().ok()),
            etag: header(head, "etag").map(str::to_owned),
            body: received[body_at..body_at + length].to_vec(),
        };
        return Ok((reply, kept));
    }
}

/// Status line and headers, once they are complete, and where the body begins.
fn head_of(received: &[u8]) -> Option<(&str, usize)> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).ok()?;
    Some((head, end + 4))
}

fn status_of(head: &str) -> Option<u16> {
    head.split(' ').nth(1)?.parse().ok()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(named, _)| named.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value.trim())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let reply = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nRetry-After: 7\r\n\r\n{}";
        let (head, body_at) = head_of(reply).unwrap();
        assert_eq!((status_of(head), &reply[body_at..]), (Some(202), &b"{}"[..]));
        assert_eq!(header(head, "retry-after"), Some("7"));
        assert_eq!(header(head, "etag"), None);
        assert!(head_of(&reply[..30]).is_none());
    }
}
