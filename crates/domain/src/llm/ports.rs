//! The world of models, as a port.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;

use super::model::{ModelName, ModelReply, ModelRequest};

/// One model of one provider. Neither retries nor waits nor counts: whoever calls does.
#[async_trait]
pub trait LanguageModel: Send + Sync {
    /// What it is called in journals, limits and prices.
    fn name(&self) -> &ModelName;

    /// Asks once.
    async fn ask(&self, request: &ModelRequest) -> Result<ModelReply, ModelError>;
}

/// Why there is no answer, by what the caller can do about it. No text of a provider is in a `Display`: it may quote what a
/// candidate wrote.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nobody to connect to, or a server that says that it takes nothing on (503, 529): try again, or elsewhere. The work was not
    /// done and costs nothing.
    #[error("the provider is down")]
    Down(#[source] Box<dyn Error + Send + Sync>),
    /// A connection that broke, no answer in time, or any other server's fault (408, 5xx): try again, or elsewhere. Whether the
    /// provider did the work, and bills it, is not known.
    #[error("the provider does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Too much was asked at once (429): not before `after`, where the provider says so.
    #[error("the provider asks for patience")]
    RateLimited {
        /// What `Retry-After` said.
        after: Option<Duration>,
    },
    /// The account has no money or quota left: asking again does not help until somebody pays.
    #[error("the provider's quota is used up")]
    QuotaExhausted,
    /// The provider does not take this request, key or model (other 4xx): asking again does not help.
    #[error("the provider refuses the request with status {status}")]
    Rejected {
        /// The HTTP status.
        status: u16,
    },
    /// A successful answer that is none in the provider's wire format, or longer than is read.
    #[error("the provider's answer is not in its format")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
}
