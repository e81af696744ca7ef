//! One client of a provider: what it asks, one after the other, and what is sent back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::{Answer, Words};
use crate::http::{self, HttpRequest};
use crate::provider::Stage;
use crate::question::Question;

/// At once onto the socket.
const PIECE: usize = 64 * 1024;
/// Holds most questions.
const FIRST_READ: usize = 16 * 1024;

pub(crate) struct Connection {
    pub(crate) stage: Arc<Stage>,
    pub(crate) stream: TcpStream,
}

/// Whether the connection can carry another exchange.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

impl Connection {
    /// Until one side leaves. A client that breaks off is no fault.
    pub(crate) async fn serve(mut self) {
        let mut buffer = Vec::with_capacity(FIRST_READ);
        while let Ok(Some(request)) = http::read(&mut self.stream, &mut buffer).await {
            let underway = self.stage.begin();
            let then = self.exchange(&request).await;
            drop(underway);
            if !matches!(then, Ok(Then::GoOn)) {
                return;
            }
        }
    }

    async fn exchange(&mut self, request: &HttpRequest) -> io::Result<Then> {
        let (question, mut answer) = self.stage.decide(request);
        while let Answer::After(delay, later) = answer {
            tokio::time::sleep(delay).await;
            answer = *later;
        }
        let body = |words: &Words| self.stage.words(question.as_deref(), words);
        match answer {
            Answer::Words(words) => {
                let body = body(&words);
                self.send(200, &json_headers(&[]), &body).await
            }
            Answer::Refusal(refusal) => {
                let (status, body) = self.stage.wire.refusal(&refusal);
                self.send(status, &json_headers(&refusal.headers), &body).await
            }
            Answer::Bare {
                status,
                headers,
                body,
            } => self.send(status, &headers, &body).await,
            Answer::Socket(bytes) => self.write(&bytes).await.map(|()| Then::Close),
            Answer::ResetBeforeHead => self.reset(),
            Answer::ResetInBody(words) => {
                let body = body(&words);
                self.half(&body).await
            }
            Answer::Hang => self.wait_until_it_leaves().await,
            Answer::Endless => self.endless(question.as_deref()).await,
            Answer::Drip { words, pause } => {
                let body = body(&words);
                self.drip(&body, pause).await
            }
            Answer::After(..) => Err(io::Error::other("it was waited for")),
        }
    }

    async fn send(&mut self, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<Then> {
        let mut bytes = http::answer_head(status, headers, Some(body.len()));
        bytes.extend_from_slice(body);
        self.write(&bytes).await?;
        Ok(Then::GoOn)
    }

    async fn half(&mut self, body: &[u8]) -> io::Result<Then> {
        let head = http::answer_head(200, &json_headers(&[]), Some(body.len()));
        self.write(&head).await?;
        self.write(&body[..body.len() / 2]).await?;
        self.reset()
    }

    async fn drip(&mut self, body: &[u8], pause: Duration) -> io::Result<Then> {
        let head = http::answer_head(200, &json_headers(&[]), Some(body.len()));
        self.write(&head).await?;
        for byte in body {
            tokio::time::sleep(pause).await;
            self.write(&[*byte]).await?;
        }
        Ok(Then::GoOn)
    }

    /// Begins like an answer and goes on within its words.
    async fn endless(&mut self, question: Option<&Question>) -> io::Result<Then> {
        let marked = self.stage.words(question, &Words::new("MARK"));
        let mark = marked.windows(4).position(|window| window == b"MARK");
        let mut piece = marked[..mark.unwrap_or(0)].to_vec();
        let head = http::answer_head(200, &json_headers(&[]), None);
        self.write(&head).await?;
        loop {
            piece.resize(PIECE, b'a');
            let framed = [format!("{PIECE:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
            self.write(&framed).await?;
            piece.clear();
        }
    }

    async fn wait_until_it_leaves(&mut self) -> io::Result<Then> {
        self.stream.read_u8().await?;
        Ok(Then::Close)
    }

    fn reset(&mut self) -> io::Result<Then> {
        self.stream.set_zero_linger()?;
        Ok(Then::Close)
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let piece = &bytes[..bytes.len().min(PIECE)];
            let written = self.stream.write(piece).await?;
            self.stage.bytes_sent.fetch_add(written as u64, Ordering::Relaxed);
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

fn json_headers(further: &[(String, String)]) -> Vec<(String, String)> {
    let own = [("content-type".to_owned(), "application/json".to_owned())];
    own.into_iter().chain(further.iter().cloned()).collect()
}
