//! One who reads a stream of server-sent events, line by line.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use super::observed;
use super::process::LIMIT;

/// An open stream. Dropping it closes the connection.
pub(crate) struct EventStream {
    response: Response,
    /// What has arrived and was not read yet.
    arrived: Vec<u8>,
}

/// One event.
#[derive(Debug, PartialEq)]
pub(crate) struct ServerEvent {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

impl EventStream {
    /// Asks for the stream, which has to be given.
    pub(crate) async fn open(request: RequestBuilder) -> Result<Self> {
        let (client, request) = request.build_split();
        let request = request?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await?;
        observed::note(&method, &path, response.status());
        ensure!(response.status() == 200, "{path} answered {}", response.status());
        for (name, expected) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
        ] {
            let given = response.headers().get(name);
            ensure!(
                given.is_some_and(|given| given == expected),
                "{name} is {given:?}"
            );
        }
        Ok(Self {
            response,
            arrived: Vec::new(),
        })
    }

    /// The next event, within the limit of all waiting; nothing when the server has ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<ServerEvent>> {
        let next = tokio::time::timeout(LIMIT, self.read()).await;
        next.context("the stream neither told anything nor ended")?
    }

    /// The next event, which there has to be.
    pub(crate) async fn event(&mut self) -> Result<ServerEvent> {
        self.next().await?.context("the stream has ended")
    }

    /// Whether nothing arrives for so long.
    pub(crate) async fn is_silent_for(&mut self, span: Duration) -> bool {
        tokio::time::timeout(span, self.read()).await.is_err()
    }

    async fn read(&mut self) -> Result<Option<ServerEvent>> {
        loop {
            while let Some(block) = self.block() {
                if let Some(event) = event(&block)? {
                    return Ok(Some(event));
                }
            }
            let Some(bytes) = self.response.chunk().await? else {
                ensure!(self.arrived.is_empty(), "the stream ended within an event");
                return Ok(None);
            };
            self.arrived.extend_from_slice(&bytes);
        }
    }

    /// What has arrived up to the next empty line.
    fn block(&mut self) -> Option<String> {
        let end = self.arrived.windows(2).position(|pair| pair == b"\n\n")?;
        let block: Vec<u8> = self.arrived.drain(..end + 2).collect();
        Some(String::from_utf8_lossy(&block).into_owned())
    }
}

/// The event of a block; nothing for one that only holds a comment.
fn event(block: &str) -> Result<Option<ServerEvent>> {
    let field = |name: &str| {
        let lines = block.lines().filter_map(|line| line.split_once(": "));
        let values = lines.filter(|(field, _)| *field == name);
        values.map(|(_, value)| value.to_owned()).next()
    };
    let Some(data) = field("data") else {
        return Ok(None);
    };
    Ok(Some(ServerEvent {
        name: field("event").unwrap_or_default(),
        id: field("id").unwrap_or_default(),
        data: serde_json::from_str(&data)?,
    }))
}

#[test]
fn a_block_is_an_event_or_a_comment() {
    let read = event("event: progress\nid: 7\ndata: {\"a\":1}\n\n")
        .unwrap()
        .unwrap();
    assert_eq!((read.name.as_str(), read.id.as_str()), ("progress", "7"));
    assert_eq!(read.data["a"], 1);
    assert_eq!(event(":\n\n").unwrap(), None);
    assert!(event("data: nonsense\n\n").is_err());
}
