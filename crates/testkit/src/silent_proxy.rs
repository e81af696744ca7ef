//! A way to a server that may fall silent: connections stay open and nothing comes any more, as when a network swallows it.

use std::net::Ipv4Addr;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// See the module.
pub struct SilentProxy {
    port: u16,
    silences: watch::Sender<u32>,
    accepting: JoinHandle<()>,
}

impl SilentProxy {
    /// A way to that port of this machine.
    pub async fn to(server: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let silences = watch::Sender::new(0);
        let heard = silences.subscribe();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await {
                    join(client, server, &heard);
                }
            }
        });
        Ok(Self {
            port,
            silences,
            accepting,
        })
    }

    /// Where it begins, on this machine.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Of those that are open now, no connection says anything any more. New ones do.
    pub fn silence(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }
}

impl Drop for SilentProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn join(client: TcpStream, server: TcpStream, heard: &watch::Receiver<u32>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::spawn(carry(from_client, to_server, heard.clone()));
    tokio::spawn(carry(from_server, to_client, heard.clone()));
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut heard: watch::Receiver<u32>,
) {
    heard.mark_unchanged();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read.unwrap_or(0),
            silenced = heard.changed() => {
                if silenced.is_ok() {
                    // Both ends stay open until the test is over.
                    std::future::pending::<()>().await;
                }
                return;
            }
        };
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
