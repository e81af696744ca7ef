//! From where a request comes, seen through the proxies in front.
//!
//! Only `X-Forwarded-For` is read. `Forwarded` says the same, but a proxy that writes one passes the other on as the client
//! sent it, so whoever reads both believes the client.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Bits of an IPv6 address that a household gets; the others it chooses at will.
const IPV6_NETWORK_BITS: u8 = 64;

/// The client's address: the peer's, or the one that a trusted proxy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// Who shares a rate limit: one IPv4 address, one /64 of IPv6.
    pub(crate) fn bucket(&self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = address.to_bits() >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS;
                format!("{}/{IPV6_NETWORK_BITS}", std::net::Ipv6Addr::from_bits(network))
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let noted = parts.extensions.get::<Self>().copied();
        Ok(noted.unwrap_or_else(|| Self(peer(&parts.extensions))))
    }
}

/// The proxies in front.
pub(super) struct Proxies {
    networks: Vec<IpNet>,
}

/// Middleware: notes the address for whoever asks later.
pub(super) async fn note(State(proxies): State<Arc<Proxies>>, mut request: Request, next: Next) -> Response {
    let address = proxies.client(peer(request.extensions()), request.headers());
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

/// Without a connection, as in tests without sockets, it is this machine.
fn peer(extensions: &Extensions) -> IpAddr {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| {
        peer.ip().to_canonical()
    })
}

impl Proxies {
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self { networks }
    }

    /// Walks from the peer towards the client for as long as everybody on the way is trusted.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut named = lines.flat_map(|line| line.as_bytes().rsplit(|&byte| byte == b','));
        while self.trusts(client) {
            // What no address can be read from was not written by a proxy of ours: its own address is the last good one.
            let Some(before) = named.next().and_then(address) else {
                break;
            };
            client = before;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let plain = text.parse().ok();
    plain
        .or_else(with_port)
        .or_else(bracketed)
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[&'static str]) -> String {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let lines = lines
            .iter()
            .map(|line| (FORWARDED_FOR, HeaderValue::from_static(line)));
        let mut headers = HeaderMap::new();
        for (name, line) in lines {
            headers.append(name, line);
        }
        Proxies::new(networks.to_vec())
            .client(peer.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn only_a_trusted_peer_names_somebody_else() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_of_ours_counts() {
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9, 198.51.100.7, 10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", &["203.0.113.9", "198.51.100.7,10.0.0.2"]),
            "198.51.100.7"
        );
        assert_eq!(client("fd00::1", &["[2001:db8::5]:4711"]), "2001:db8::5");
        assert_eq!(client("10.0.0.1", &["198.51.100.7:443"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn what_is_no_address_ends_the_walk() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, , 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_shares_a_bucket() {
        let bucket = |text: &str| ClientAddress(text.parse().unwrap()).bucket();
        assert_eq!(bucket("192.0.2.1"), "192.0.2.1");
        assert_eq!(bucket("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(bucket("2001:db8:1:2:ffff::"), bucket("2001:db8:1:2::1"));
    }
}
