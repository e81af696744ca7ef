//! The sockets to all providers.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use super::settings::ModelUrlError;

/// So much of a successful answer is read, in bytes; what is longer is no answer.
pub const LONGEST_ANSWER: usize = 1024 * 1024;
/// So much of a refusal is looked at.
const LONGEST_REFUSAL: usize = 16 * 1024;
/// For the words of a refusal; its status and headers are there already.
const REFUSAL_WITHIN: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The clients of all models, so that models of one provider share their connections. Redirects are not followed, proxies of the
/// environment not used, and nothing is unpacked.
#[derive(Debug, Default)]
pub struct LlmHttp {
    /// Wants no root certificates: a model on one's own machine is reached where there are none.
    plain: OnceLock<Client>,
    secure: OnceLock<Client>,
}

impl LlmHttp {
    /// Opens nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn client(&self, url: &Url) -> Result<Client, ModelUrlError> {
        let is_plain = url.scheme() == "http";
        let place = if is_plain { &self.plain } else { &self.secure };
        if let Some(client) = place.get() {
            return Ok(client.clone());
        }
        let client = client(is_plain).map_err(ModelUrlError::Client)?;
        Ok(place.get_or_init(|| client).clone())
    }
}

fn client(is_plain: bool) -> Result<Client, reqwest::Error> {
    // A second call finds the first one's provider, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent("touchstone");
    if is_plain {
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// The body; `None` if it is longer than [`LONGEST_ANSWER`], of which no more is read than shows that.
pub(super) async fn whole(mut reply: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let announced = reply.content_length().unwrap_or(0);
    if usize::try_from(announced).is_ok_and(|announced| announced > LONGEST_ANSWER) {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(piece) = reply.chunk().await? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

/// What there is of a refusal's body; a broken, slow or long one is no reason to forget the refusal.
pub(super) async fn beginning(mut reply: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(piece)) = reply.chunk().await {
            let room = LONGEST_REFUSAL - body.len();
            body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
            if body.len() == LONGEST_REFUSAL {
                return;
            }
        }
    };
    // Late is as good as absent.
    let _ = tokio::time::timeout(REFUSAL_WITHIN, reading).await;
    body
}
