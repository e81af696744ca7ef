//! `[server]`: listening, who stands before it, and stopping.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::http::Uri;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::error::{ConfigError, within};
use super::list::comma_separated;

/// See `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Home of the embedded database and generated keys.
    pub data_dir: PathBuf,
    /// Address and port.
    pub listen: SocketAddr,
    /// Where people reach the service, without a trailing slash; empty for the listen address.
    pub public_url: String,
    /// PEM file with the certificate and those above it; empty for plain HTTP.
    pub tls_cert: PathBuf,
    /// PEM file with its private key.
    pub tls_key: PathBuf,
    /// Pages of these origins may call the API from a browser.
    #[serde(deserialize_with = "comma_separated")]
    pub cors_origins: Vec<String>,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "comma_separated")]
    pub trusted_proxies: Vec<String>,
    /// Seconds that requests and jobs may go on after a stop was asked for.
    pub shutdown_seconds: u64,
    /// Seconds of those in which `/readyz` says no and connections are still taken.
    pub shutdown_notice_seconds: u64,
    /// Seconds for a client to send its headers.
    pub header_timeout_seconds: u64,
    /// Open connections at once.
    pub max_connections: usize,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            tls_cert: PathBuf::new(),
            tls_key: PathBuf::new(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            shutdown_seconds: 25,
            shutdown_notice_seconds: 2,
            header_timeout_seconds: 10,
            max_connections: 4096,
        }
    }
}

impl ServerConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.data_dir.as_os_str().is_empty() {
            return Err(ConfigError::invalid("server.data_dir", "must name a directory"));
        }
        self.validate_tls()?;
        if !self.public_url.is_empty() && !is_origin(&self.public_url) {
            return Err(ConfigError::invalid(
                "server.public_url",
                format!(
                    "must be like https://host or http://host:8080, without a path; it is {}",
                    self.public_url
                ),
            ));
        }
        if let Some(wrong) = self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::invalid(
                "server.cors_origins",
                format!("must be exact origins like https://host, without a path or *; one is {wrong}"),
            ));
        }
        if let Some(wrong) = self.trusted_proxies.iter().find(|text| network(text).is_none()) {
            return Err(ConfigError::invalid(
                "server.trusted_proxies",
                format!("must be addresses or networks like 10.0.0.0/8; one is {wrong}"),
            ));
        }
        within("server.shutdown_seconds", self.shutdown_seconds, 1..=300)?;
        within(
            "server.shutdown_notice_seconds",
            self.shutdown_notice_seconds,
            0..=self.shutdown_seconds - 1,
        )?;
        within(
            "server.header_timeout_seconds",
            self.header_timeout_seconds,
            1..=60,
        )?;
        within("server.max_connections", self.max_connections as u64, 16..=65_536)
    }

    fn validate_tls(&self) -> Result<(), ConfigError> {
        let missing = match (
            self.tls_cert.as_os_str().is_empty(),
            self.tls_key.as_os_str().is_empty(),
        ) {
            (true, false) => "server.tls_cert",
            (false, true) => "server.tls_key",
            (true, true) | (false, false) => return Ok(()),
        };
        Err(ConfigError::invalid(
            missing,
            "must name a PEM file too: TLS needs certificate and key",
        ))
    }

    pub(super) fn for_testing() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            shutdown_seconds: 5,
            shutdown_notice_seconds: 0,
            ..Self::default()
        }
    }

    /// How long a stop may take.
    pub const fn shutdown(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds)
    }

    /// How much of that passes before the listener closes.
    pub const fn shutdown_notice(&self) -> Duration {
        Duration::from_secs(self.shutdown_notice_seconds)
    }

    /// How much of it is left then.
    pub fn after_notice(&self) -> Duration {
        self.shutdown().saturating_sub(self.shutdown_notice())
    }

    /// How long a client may take for its headers.
    pub const fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds)
    }

    /// Whether it speaks TLS itself.
    pub fn has_tls(&self) -> bool {
        !self.tls_cert.as_os_str().is_empty()
    }

    /// Whether people reach it over https, by its own TLS or through a proxy.
    pub fn is_https(&self) -> bool {
        self.has_tls() || self.public_url.starts_with("https://")
    }

    /// Where links lead: `scheme://host[:port]`. Without `public_url` it is the listen address, which only means something
    /// on this machine when that is `0.0.0.0`.
    pub fn public_url(&self) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.clone();
        }
        let scheme = if self.has_tls() { "https" } else { "http" };
        if self.listen.ip().is_unspecified() {
            format!("{scheme}://localhost:{}", self.listen.port())
        } else {
            format!("{scheme}://{}", self.listen)
        }
    }

    /// `trusted_proxies` as networks; an address is a network of one.
    pub fn proxy_networks(&self) -> Vec<IpNet> {
        self.trusted_proxies
            .iter()
            .filter_map(|text| network(text))
            .collect()
    }
}

fn network(text: &str) -> Option<IpNet> {
    let single = || text.parse().map(|address: IpAddr| IpNet::from(address));
    text.parse().or_else(|_| single()).ok()
}

/// `scheme://host[:port]` as browsers write it: no path, no user, no trailing slash.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let Some((scheme, authority)) = uri.scheme_str().zip(uri.authority()) else {
        return false;
    };
    matches!(scheme, "http" | "https")
        && !authority.host().is_empty()
        && text == format!("{scheme}://{authority}")
        && !text.contains(['*', '@'])
        && text == text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl FnOnce(&mut ServerConfig)) -> String {
        let mut config = ServerConfig::default();
        change(&mut config);
        config
            .validate()
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for good in [
            "https://exams.example.org",
            "http://localhost:3000",
            "http://[::1]:8080",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "https://*",
            "https://a.example/",
            "https://a.example/path",
            "ftp://a.example",
            "a.example",
            "https://",
            "https://user@a.example",
            "https://A.example",
            "https://*.example.org",
            "https://a b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        let refused = refusal(|config| config.tls_cert = "cert.pem".into());
        assert!(refused.starts_with("`server.tls_key` "), "{refused}");
        let refused = refusal(|config| config.tls_key = "key.pem".into());
        assert!(refused.starts_with("`server.tls_cert` "), "{refused}");
        let refused = refusal(|config| config.public_url = "https://a.example/app".to_owned());
        assert!(refused.starts_with("`server.public_url` "), "{refused}");
        let refused = refusal(|config| config.cors_origins = vec!["*".to_owned()]);
        assert!(refused.starts_with("`server.cors_origins` "), "{refused}");
        let refused = refusal(|config| config.trusted_proxies = vec!["10.0.0.0/33".to_owned()]);
        assert!(refused.starts_with("`server.trusted_proxies` "), "{refused}");
    }

    #[test]
    fn links_lead_to_the_public_url_or_to_where_it_listens() {
        let mut config = ServerConfig::default();
        assert_eq!(config.public_url(), "http://127.0.0.1:8080");
        config.listen = SocketAddr::from(([0, 0, 0, 0], 443));
        config.tls_cert = "cert.pem".into();
        assert_eq!(
            (config.public_url(), config.is_https()),
            ("https://localhost:443".to_owned(), true)
        );
        config.public_url = "https://exams.example.org".to_owned();
        assert_eq!(config.public_url(), "https://exams.example.org");
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        let trusted_proxies = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"]
            .map(str::to_owned)
            .to_vec();
        let config = ServerConfig {
            trusted_proxies,
            ..ServerConfig::default()
        };
        assert!(config.validate().is_ok());
        let networks = config.proxy_networks();
        assert!(
            networks[1].contains(&IpAddr::from([192, 0, 2, 7]))
                && !networks[1].contains(&IpAddr::from([192, 0, 2, 8]))
        );
    }
}
