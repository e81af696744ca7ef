//! TLS without a proxy, with certificates made for the test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use rcgen::{CertifiedKey, KeyPair};
use reqwest::header::STRICT_TRANSPORT_SECURITY;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::TlsConnector;

use super::support::process::{LIMIT, Server, program, wait_for};

/// A certificate in files, and what trusts it.
struct Pair {
    der: CertificateDer<'static>,
    cert: PathBuf,
    key: PathBuf,
}

fn made() -> Result<CertifiedKey<KeyPair>> {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    Ok(rcgen::generate_simple_self_signed(names)?)
}

impl Pair {
    fn write(directory: &Path) -> Result<Self> {
        let made = made()?;
        let (cert, key) = (directory.join("cert.pem"), directory.join("key.pem"));
        std::fs::write(&cert, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        Ok(Self {
            der: made.cert.der().clone(),
            cert,
            key,
        })
    }

    fn client(&self, protocols: &[&[u8]]) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let provider = Arc::new(ring::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(client)
    }

    /// The protocol agreed on, when the server has this certificate.
    async fn handshake(&self, server: &Server, protocols: &[&[u8]]) -> Result<Option<Vec<u8>>> {
        let stream = TcpStream::connect(server.address()?).await?;
        let connector = TlsConnector::from(Arc::new(self.client(protocols)?));
        let stream = connector
            .connect(ServerName::try_from("localhost")?, stream)
            .await?;
        Ok(stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec))
    }
}

async fn start(data: &TempDir, pair: &Pair) -> Result<Server> {
    let (cert, key) = (pair.cert.display().to_string(), pair.key.display().to_string());
    let settings = [
        ("TOUCHSTONE__SERVER__TLS_CERT", cert.as_str()),
        ("TOUCHSTONE__SERVER__TLS_KEY", key.as_str()),
        ("TOUCHSTONE__SERVER__HEADER_TIMEOUT_SECONDS", "1"),
    ];
    Server::start(data.path(), &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_a_certificate_speaks_https_and_nothing_else() {
    check_https().await.unwrap();
}

async fn check_https() -> Result<()> {
    let data = tempfile::tempdir()?;
    let pair = Pair::write(data.path())?;
    let server = start(&data, &pair).await?;
    ensure!(server.base.starts_with("https://127.0.0.1:"), "{}", server.base);
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(pair.client(&[])?)
        .build()?;
    let reply = http
        .get(server.base.replace("/api/v1", "/healthz"))
        .send()
        .await?;
    ensure!(reply.status() == 200, "{reply:?}");
    let transport = reply
        .headers()
        .get(STRICT_TRANSPORT_SECURITY)
        .context("no HSTS")?;
    ensure!(
        transport == "max-age=63072000; includeSubDomains",
        "{transport:?}"
    );
    let unknown = http
        .get(server.base.replace("/api/v1", "/nowhere"))
        .send()
        .await?;
    ensure!(unknown.status() == 404 && unknown.headers().contains_key(STRICT_TRANSPORT_SECURITY));

    let agreed = pair.handshake(&server, &[b"h2", b"http/1.1"]).await?;
    ensure!(agreed.as_deref() == Some(b"http/1.1"), "{agreed:?}");
    ensure!(
        pair.handshake(&server, &[b"h2"]).await.is_err(),
        "HTTP/2 was agreed on"
    );
    let plain = server.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await?;
    ensure!(
        plain.statuses().is_empty(),
        "plain HTTP was answered: {}",
        plain.0
    );
    let mut silent = TcpStream::connect(server.address()?).await?;
    let closed = tokio::time::timeout(LIMIT, silent.read(&mut [0])).await;
    ensure!(
        matches!(closed, Ok(Ok(0) | Err(_))),
        "a handshake is waited for without end"
    );
    ensure!(server.terminate().await?.status.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_taken_up_without_a_restart() {
    check_renewal().await.unwrap();
}

async fn check_renewal() -> Result<()> {
    let data = tempfile::tempdir()?;
    let old = Pair::write(data.path())?;
    let server = start(&data, &old).await?;
    old.handshake(&server, &[]).await?;
    let new = Pair::write(data.path())?;
    let id = server.id().context("the server runs")?.to_string();
    ensure!(Command::new("kill").args(["-HUP", &id]).status().await?.success());
    wait_for("the new certificate", || async {
        Ok(new.handshake(&server, &[]).await.ok())
    })
    .await?;
    ensure!(
        old.handshake(&server, &[]).await.is_err(),
        "the old certificate is still there"
    );
    ensure!(server.terminate().await?.status.success());
    Ok(())
}

#[tokio::test]
async fn files_that_cannot_be_used_end_the_start_with_one_line_that_names_them() {
    check_bad_files().await.unwrap();
}

async fn check_bad_files() -> Result<()> {
    let data = tempfile::tempdir()?;
    let pair = Pair::write(data.path())?;
    let (cert, key) = (pair.cert.to_string_lossy(), pair.key.to_string_lossy());
    let other = data.path().join("other.pem");
    std::fs::write(&other, made()?.signing_key.serialize_pem())?;
    let other = other.to_string_lossy();
    let missing = data.path().join("missing.pem");
    let missing = missing.to_string_lossy();
    let cases = [
        (&cert, &other, "other.pem does not belong to the certificate"),
        (&missing, &key, "missing.pem cannot be read"),
        (&key, &key, "key.pem holds no certificate"),
        (&cert, &cert, "cert.pem holds no private key"),
    ];
    for (cert, key, words) in cases {
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--tls-cert",
            cert,
            "--tls-key",
            key,
        ];
        let mut command = program(data.path(), &arguments);
        command.env("TOUCHSTONE_DATA_DIR", data.path().join("data"));
        let ended = tokio::time::timeout(LIMIT, command.output()).await??;
        let complained = String::from_utf8(ended.stderr)?;
        let line = complained.lines().find(|line| line.starts_with("touchstone: "));
        ensure!(ended.status.code() == Some(1), "{complained}");
        ensure!(
            line.is_some_and(|line| line.contains(words)),
            "{words}: {complained}"
        );
    }
    Ok(())
}
