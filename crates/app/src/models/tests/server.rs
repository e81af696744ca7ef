//! A server that answers each path with a script, reply by reply; the last one is repeated. It writes its bytes itself,
//! because no HTTP library breaks off where it is told to.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a path answers once.
#[derive(Clone)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// What the reply says of its length, true or not.
    promised: usize,
}

/// What was asked for.
struct Asked {
    path: String,
    range: Option<String>,
}

struct Script {
    replies: HashMap<String, Vec<Reply>>,
    asked: Vec<Asked>,
}

pub(super) struct Server {
    base: Url,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            promised: 0,
        }
    }

    pub(super) fn whole(body: &[u8]) -> Self {
        Self {
            body: body.to_vec(),
            promised: body.len(),
            ..Self::status(200)
        }
    }

    pub(super) fn html(body: &str) -> Self {
        Self::whole(body.as_bytes()).with("content-type", "text/html; charset=utf-8".to_owned())
    }

    pub(super) fn json(body: &str) -> Self {
        let kind = "application/vnd.pypi.simple.v1+json".to_owned();
        Self::whole(body.as_bytes()).with("content-type", kind)
    }

    /// Promises everything and breaks off after `sent` bytes.
    pub(super) fn cut(body: &[u8], sent: usize) -> Self {
        Self {
            promised: body.len(),
            ..Self::whole(&body[..sent])
        }
    }

    /// The rest from `start` on.
    pub(super) fn from(body: &[u8], start: usize) -> Self {
        let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
        let mut reply = Self::whole(&body[start..]).with("content-range", range);
        reply.status = 206;
        reply
    }

    /// Refuses a range because the file ends at `length`.
    pub(super) fn beyond(length: usize) -> Self {
        Self::status(416).with("content-range", format!("bytes */{length}"))
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let (status, length) = (self.status, self.promised);
        let mut head =
            format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            // Writing into a string does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

impl Server {
    pub(super) async fn start(paths: &[(&str, &[Reply])]) -> Self {
        let replies = paths
            .iter()
            .map(|(path, replies)| ((*path).to_owned(), replies.to_vec()));
        let script = Arc::new(Mutex::new(Script {
            replies: replies.collect(),
            asked: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let task = tokio::spawn(serve(listener, Arc::clone(&script)));
        Self { base, script, task }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap()
    }

    /// Paths, in the order they were asked for.
    pub(super) fn requests(&self) -> Vec<String> {
        let script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.asked.iter().map(|asked| asked.path.clone()).collect()
    }

    /// The `Range` of the requests that had one.
    pub(super) fn ranges(&self) -> Vec<String> {
        let script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script
            .asked
            .iter()
            .filter_map(|asked| asked.range.clone())
            .collect()
    }

    /// Nobody listens any more when this returns.
    pub(super) async fn stop(self) {
        self.task.abort();
        let ended = self.task.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }
}

/// One connection after the other; a client that goes away early is its own affair.
async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = answer(stream, &script).await;
    }
}

async fn answer(stream: TcpStream, script: &Mutex<Script>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let asked = read(&mut stream).await?;
    let reply = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match script.replies.get_mut(&asked.path) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies[0].clone(),
            None => Reply::status(404),
        };
        script.asked.push(asked);
        reply
    };
    stream.write_all(&reply.bytes()).await?;
    stream.shutdown().await
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Asked> {
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut range = None;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => range = Some(value.to_owned()),
            Some(_) => {}
            None => return Ok(Asked { path, range }),
        }
    }
}
