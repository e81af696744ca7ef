//! The stream between a socket and the HTTP parser: one checked head at a time, no write that stalls for ever, and a close
//! that lets the last answer arrive.
//!
//! Architecture invariant: the parser never sees a byte of a head that [`head::check`] has not passed, and of a body
//! exactly as many bytes as its head announced.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::head::{self, Framing};

/// Largest head of a request: a token, some cookies, nothing longer.
pub(super) const MAX_HEAD_BYTES: usize = 64 << 10;
const CHUNK_BYTES: usize = 16 << 10;
/// Stands for a refused request, so that the refusal is an answer like all others. It is the connection's last.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: malformed.invalid\r\nconnection: close\r\n\r\n";
/// Tells it from the requests before it, which are answered as if nothing had followed.
pub(super) const STAND_IN_HOST: &str = "malformed.invalid";

/// Why the current request was refused; empty for as long as none was.
pub(super) type Verdict = Arc<OnceLock<head::Refusal>>;

/// See the module.
pub(super) struct Guarded<S> {
    inner: S,
    verdict: Verdict,
    phase: Phase,
    /// Read from the socket, not handed on yet.
    buffer: Vec<u8>,
    patience: Patience,
    stalled: Option<Pin<Box<Sleep>>>,
    closing: Option<Pin<Box<Sleep>>>,
}

/// How long a client may keep us waiting.
#[derive(Clone, Copy)]
struct Patience {
    /// That takes nothing of an answer: it has gone.
    write_stall: Duration,
    /// That goes on sending what nobody reads. Closing earlier would reset the connection, and with it the answer that says
    /// why.
    linger: Duration,
}

const PATIENCE: Patience = Patience {
    write_stall: Duration::from_secs(30),
    linger: Duration::from_secs(2),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A head is collected: where its current line begins, and up to where it was looked at.
    Head { line: usize, looked: usize },
    /// So many bytes are handed on, then the next head is collected.
    Counted(u64),
    /// Everything is handed on: the end is not ours to find, and no further head follows.
    Uncounted,
    /// [`STAND_IN`] is handed on, and nothing that the client sends.
    Refused,
}

const FIRST: Phase = Phase::Head { line: 0, looked: 0 };

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    pub(super) fn new(inner: S, verdict: Verdict) -> Self {
        Self {
            inner,
            verdict,
            phase: FIRST,
            buffer: Vec::new(),
            patience: PATIENCE,
            stalled: None,
            closing: None,
        }
    }

    /// Looks at what has come of the head; the phase has changed when it is complete or refused.
    fn look(&mut self) {
        while let Phase::Head { line, looked } = self.phase {
            let end = self.buffer[looked..].iter().position(|&byte| byte == b'\n');
            let Some(end) = end.map(|offset| looked + offset + 1) else {
                let looked = self.buffer.len();
                self.phase = if looked < MAX_HEAD_BYTES {
                    Phase::Head { line, looked }
                } else {
                    // The parser refuses it for its size.
                    Phase::Uncounted
                };
                return;
            };
            self.phase = match self.judge(line, end) {
                Ok(phase) => phase,
                Err(reason) => {
                    // It is the first refusal: nothing is looked at behind it.
                    let _ = self.verdict.set(reason);
                    self.buffer = STAND_IN.to_vec();
                    Phase::Refused
                }
            };
        }
    }

    /// What follows from the line that ends at `end`.
    fn judge(&mut self, line: usize, end: usize) -> Result<Phase, head::Refusal> {
        let text = &self.buffer[line..end];
        if !text.ends_with(b"\r\n") {
            return Err("a line ends without CR LF");
        }
        let is_empty = text.len() == 2;
        if is_empty && line == 0 {
            // Some clients send an empty line behind a body (RFC 9112, 2.2).
            self.buffer.drain(..end);
            return Ok(FIRST);
        }
        if is_empty {
            return Ok(match head::check(&self.buffer[..end])? {
                Framing::Length(body) => Phase::Counted((end as u64).saturating_add(body)),
                Framing::Chunked => Phase::Uncounted,
            });
        }
        if line == 0 {
            head::check_request_line(text)?;
        }
        Ok(Phase::Head {
            line: end,
            looked: end,
        })
    }

    /// Hands on from the buffer, at most so many bytes.
    fn hand_on(&mut self, most: u64, out: &mut ReadBuf<'_>) -> u64 {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let length = self.buffer.len().min(out.remaining()).min(most);
        out.put_slice(&self.buffer[..length]);
        self.buffer.drain(..length);
        if self.buffer.is_empty() {
            // A connection that waits for its next request holds no memory for the last one.
            self.buffer = Vec::new();
        }
        length as u64
    }

    /// Hands on from the buffer, else from the socket; 0 at the socket's end.
    fn pass(&mut self, cx: &mut Context<'_>, most: u64, out: &mut ReadBuf<'_>) -> Poll<io::Result<u64>> {
        if self.buffer.is_empty() {
            let mut chunk = [0; CHUNK_BYTES];
            let room = usize::try_from(most).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
            let mut chunk = ReadBuf::new(&mut chunk[..room.min(out.remaining())]);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut chunk))?;
            out.put_slice(chunk.filled());
            return Poll::Ready(Ok(chunk.filled().len() as u64));
        }
        Poll::Ready(Ok(self.hand_on(most, out)))
    }

    /// More of a head into the buffer; false at the socket's end.
    fn collect(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut chunk = [0; CHUNK_BYTES];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut chunk))?;
        self.buffer.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(!chunk.filled().is_empty()))
    }

    /// Turns a write that makes no progress into an error.
    fn unless_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.patience.write_stall)));
        ready!(limit.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client takes nothing of the answer",
        )))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match this.phase {
                Phase::Head { looked, .. } if looked < this.buffer.len() => this.look(),
                Phase::Head { .. } => {
                    if !ready!(this.collect(cx))? {
                        return Poll::Ready(Ok(()));
                    }
                }
                Phase::Counted(0) => this.phase = FIRST,
                Phase::Counted(left) => {
                    let passed = ready!(this.pass(cx, left, out))?;
                    this.phase = Phase::Counted(left - passed);
                    return Poll::Ready(Ok(()));
                }
                Phase::Uncounted => {
                    ready!(this.pass(cx, u64::MAX, out))?;
                    return Poll::Ready(Ok(()));
                }
                Phase::Refused if this.buffer.is_empty() => {
                    // What follows is dropped; only the end of it is told, by which the parser knows that the client has gone.
                    if !ready!(this.collect(cx))? {
                        return Poll::Ready(Ok(()));
                    }
                    this.buffer = Vec::new();
                }
                Phase::Refused => {
                    this.hand_on(u64::MAX, out);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.unless_stalled(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        this.unless_stalled(cx, flushed)
    }

    /// Says that nothing more comes, then takes in and drops for a while what the client still sends.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing.is_none() {
            let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
            ready!(this.unless_stalled(cx, shut))?;
            let was_read =
                matches!(this.phase, Phase::Head { .. } | Phase::Counted(0)) && this.buffer.is_empty();
            if was_read {
                return Poll::Ready(Ok(()));
            }
        }
        let limit = this
            .closing
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(this.patience.linger)));
        if limit.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut chunk = [0; CHUNK_BYTES];
        loop {
            let mut dropped = ReadBuf::new(&mut chunk);
            // A client that resets the connection has gone as well.
            let read = ready!(Pin::new(&mut this.inner).poll_read(cx, &mut dropped));
            if read.is_err() || dropped.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &[u8] = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";

    fn pair() -> (DuplexStream, Guarded<DuplexStream>) {
        let (client, server) = duplex(1 << 20);
        (client, Guarded::new(server, Verdict::default()))
    }

    async fn next(guarded: &mut Guarded<DuplexStream>) -> Vec<u8> {
        let mut out = vec![0; 1 << 20];
        let length = guarded.read(&mut out).await.unwrap();
        out.truncate(length);
        out
    }

    #[tokio::test]
    async fn requests_that_come_together_are_handed_on_one_by_one() {
        let (mut client, mut guarded) = pair();
        client
            .write_all(&[POST, b"abc", GET, b"\r\n", GET].concat())
            .await
            .unwrap();
        assert_eq!(next(&mut guarded).await, [POST, b"abc"].concat());
        assert_eq!(next(&mut guarded).await, GET);
        assert_eq!(next(&mut guarded).await, GET);
        drop(client);
        assert!(next(&mut guarded).await.is_empty());
    }

    #[tokio::test]
    async fn a_head_is_handed_on_when_it_is_whole() {
        let (mut client, mut guarded) = pair();
        for byte in &POST[..POST.len() - 1] {
            client.write_all(&[*byte]).await.unwrap();
            let nothing = tokio::time::timeout(Duration::ZERO, next(&mut guarded)).await;
            assert!(nothing.is_err());
        }
        client.write_all(b"\nab").await.unwrap();
        assert_eq!(next(&mut guarded).await, [POST, b"ab"].concat());
        client.write_all(b"c").await.unwrap();
        assert_eq!(next(&mut guarded).await, b"c");
    }

    #[tokio::test]
    async fn behind_a_refused_head_nothing_is_read() {
        for bad in [
            &b"GET /a HTTP/1.1\nHost: a\n\n"[..],
            b"GET /a\r\n",
            b"\x16\x03\x01\n",
            b"GET /a HTTP/1.1\r\n\r\n",
        ] {
            let (mut client, mut guarded) = pair();
            client.write_all(&[bad, GET].concat()).await.unwrap();
            assert_eq!(next(&mut guarded).await, STAND_IN, "{bad:?}");
            assert!(guarded.verdict.get().is_some(), "{bad:?}");
            drop(client);
            assert!(next(&mut guarded).await.is_empty(), "{bad:?}");
        }
    }

    #[test]
    fn what_stands_in_is_known_by_its_host() {
        assert!(head::check(STAND_IN).is_ok());
        assert!(String::from_utf8_lossy(STAND_IN).contains(&format!("host: {STAND_IN_HOST}\r\n")));
    }

    #[tokio::test]
    async fn a_head_without_end_reaches_the_parser_which_refuses_its_size() {
        let (mut client, mut guarded) = pair();
        let long = [&GET[..GET.len() - 2], b"X: ", &vec![b'x'; MAX_HEAD_BYTES]].concat();
        client.write_all(&long).await.unwrap();
        assert_eq!(next(&mut guarded).await, long[..MAX_HEAD_BYTES]);
    }

    #[tokio::test]
    async fn a_client_that_goes_on_sending_can_still_read_its_answer() {
        let (mut client, mut guarded) = pair();
        guarded.patience.linger = Duration::from_millis(50);
        client.write_all(&[POST, b"a"].concat()).await.unwrap();
        next(&mut guarded).await;
        guarded.write_all(b"no").await.unwrap();
        let closing = tokio::spawn(async move { guarded.shutdown().await.map(|()| guarded) });
        client.write_all(b"b").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "no");
        // The client keeps its side open; the server does not wait for ever.
        assert!(closing.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let (client, server) = duplex(16);
        let mut guarded = Guarded::new(server, Verdict::default());
        guarded.patience.write_stall = Duration::from_millis(50);
        let error = guarded.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }
}
