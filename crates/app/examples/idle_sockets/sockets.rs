//! Sockets that are opened and then say nothing.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpSocket, TcpStream};

/// Files that a process needs besides.
const OTHER_FILES: u64 = 128;

/// Loopback addresses that are connected from.
const SOURCES: u8 = 32;

/// Open sockets to one server.
pub(crate) struct IdleSockets {
    address: SocketAddr,
    open: Vec<TcpStream>,
    next_source: u8,
}

impl IdleSockets {
    /// Connects so many times, or as often as the limit of open files allows.
    pub(crate) async fn open(address: SocketAddr, count: usize) -> io::Result<Self> {
        let mut sockets = Self {
            address,
            open: Vec::new(),
            next_source: 0,
        };
        sockets.open_more(count.min(room_for_files())).await?;
        Ok(sockets)
    }

    pub(crate) async fn open_more(&mut self, count: usize) -> io::Result<()> {
        for _ in 0..count {
            let socket = self.connect().await?;
            self.open.push(socket);
        }
        Ok(())
    }

    /// From another address every time, where the machine has some: the system takes long to find a port for the many
    /// sockets of a single one.
    async fn connect(&mut self) -> io::Result<TcpStream> {
        if self.address.ip() != Ipv4Addr::LOCALHOST {
            return TcpStream::connect(self.address).await;
        }
        self.next_source = self.next_source % SOURCES + 1;
        let socket = TcpSocket::new_v4()?;
        if cfg!(target_os = "linux") {
            socket.bind((Ipv4Addr::new(127, 0, 2, self.next_source), 0).into())?;
        }
        socket.connect(self.address).await
    }

    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Drops those that the server has closed, and says how many those were.
    pub(crate) fn drop_closed(&mut self) -> usize {
        let before = self.open.len();
        self.open.retain(is_open);
        before - self.open.len()
    }
}

/// Nothing to read, neither an end nor a reset.
fn is_open(socket: &TcpStream) -> bool {
    let read = socket.try_read(&mut [0]);
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// How many sockets may be open, after raising the soft limit to the hard one.
pub(crate) fn room_for_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    // What cannot be raised stays; the room is what is allowed afterwards.
    let _ = setrlimit(Resource::Nofile, raised);
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(allowed.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX)
}
