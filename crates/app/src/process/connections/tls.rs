//! TLS without a proxy: certificate and key from PEM files, taken up again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig as TlsConfig, crypto};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::config::ServerConfig;
use crate::telemetry::chain;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why TLS cannot be spoken. `Display` names the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// No such file, or not ours to read.
    #[error("{} cannot be read; check --tls-cert and --tls-key", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A file with something else.
    #[error("{} holds no certificate; it has to be a PEM file", .0.display())]
    NoCertificate(PathBuf),
    /// The same for the key.
    #[error("{} holds no private key; it has to be a PEM file", .0.display())]
    NoKey(PathBuf),
    /// Files of two certificates.
    #[error("the private key {} does not belong to the certificate {}", key.display(), cert.display())]
    Mismatch { cert: PathBuf, key: PathBuf },
    /// A kind of key that is not supported, or a certificate that is none.
    #[error("the certificate {} cannot be used", path.display())]
    Unusable { path: PathBuf, source: rustls::Error },
}

/// The server's side of TLS; clones share the certificate.
#[derive(Clone)]
pub(crate) struct Tls {
    cert: PathBuf,
    key: PathBuf,
    current: Arc<RwLock<Arc<TlsConfig>>>,
}

impl Tls {
    /// Reads the configured files; `None` when there are none.
    pub(crate) fn load(config: &ServerConfig) -> Result<Option<Self>, TlsError> {
        if !config.has_tls() {
            return Ok(None);
        }
        let (cert, key) = (config.tls_cert.clone(), config.tls_key.clone());
        let current = Arc::new(RwLock::new(Arc::new(read(&cert, &key)?)));
        Ok(Some(Self { cert, key, current }))
    }

    /// For the next handshake.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// Takes up changed files until `stop` fires; on SIGHUP it looks at once. Files that cannot be used change nothing.
    pub(super) async fn renew(&self, stop: CancellationToken) {
        let Ok(mut hang_up) = signal(SignalKind::hangup()) else {
            return;
        };
        let mut seen = self.changed_at();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = hang_up.recv() => seen = None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = self.changed_at();
            if seen != now {
                seen = now;
                self.reload();
            }
        }
    }

    fn reload(&self) {
        match read(&self.cert, &self.key) {
            Ok(config) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "the certificate cannot be read again; going on with the old one"
            ),
        }
    }

    fn changed_at(&self) -> Option<[SystemTime; 2]> {
        let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
        Some([changed(&self.cert)?, changed(&self.key)?])
    }
}

fn read(cert: &Path, key: &Path) -> Result<TlsConfig, TlsError> {
    let bytes = |path: &Path| {
        std::fs::read(path).map_err(|source| TlsError::Unreadable {
            path: path.to_owned(),
            source,
        })
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(cert)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(cert.to_owned()))?;
    let secret = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let unusable = |source| match source {
        rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
            cert: cert.to_owned(),
            key: key.to_owned(),
        },
        source => TlsError::Unusable {
            path: cert.to_owned(),
            source,
        },
    };
    let mut config = TlsConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn pair(name: &str) -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn files(cert: &str, key: &str) -> (TempDir, ServerConfig) {
        let directory = tempfile::tempdir().unwrap();
        let config = ServerConfig {
            tls_cert: directory.path().join("cert.pem"),
            tls_key: directory.path().join("key.pem"),
            ..ServerConfig::default()
        };
        std::fs::write(&config.tls_cert, cert).unwrap();
        std::fs::write(&config.tls_key, key).unwrap();
        (directory, config)
    }

    fn refusal(config: &ServerConfig) -> String {
        Tls::load(config)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let (cert, key) = pair("a.example");
        let (_, other_key) = pair("b.example");
        let (_directory, config) = files(&cert, &other_key);
        assert!(
            refusal(&config).contains("does not belong to"),
            "{}",
            refusal(&config)
        );
        let (_directory, config) = files("nothing", &key);
        assert!(
            refusal(&config).contains("cert.pem holds no certificate"),
            "{}",
            refusal(&config)
        );
        let (_directory, config) = files(&cert, &cert);
        assert!(
            refusal(&config).contains("key.pem holds no private key"),
            "{}",
            refusal(&config)
        );
        let (directory, config) = files(&cert, &key);
        drop(directory);
        assert!(
            refusal(&config).contains("cert.pem cannot be read"),
            "{}",
            refusal(&config)
        );
        assert!(matches!(Tls::load(&ServerConfig::default()), Ok(None)));
    }

    #[test]
    fn changed_files_are_taken_up_and_broken_ones_are_not() {
        let (cert, key) = pair("a.example");
        let (_directory, config) = files(&cert, &key);
        let tls = Tls::load(&config).unwrap().unwrap();
        let current = || Arc::clone(&tls.current.read().unwrap());
        let before = current();
        std::fs::write(&config.tls_cert, "half a file").unwrap();
        tls.reload();
        assert!(Arc::ptr_eq(&before, &current()));
        let (cert, key) = pair("b.example");
        std::fs::write(&config.tls_cert, cert).unwrap();
        std::fs::write(&config.tls_key, key).unwrap();
        tls.reload();
        assert!(!Arc::ptr_eq(&before, &current()));
    }
}
