//! One exchange with a provider: bounded in time and bytes, and named if it fails.

use domain::llm::{ModelError, ModelRequest};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use serde_json::Value;

use super::http;
use super::reading::{self, Unreadable};
use super::refusal::refusal;

/// The longest tag, in characters: what OpenAI takes.
const LONGEST_TAG: usize = 512;

/// Where a model is asked, and with which credentials.
pub(super) struct Endpoint {
    pub(super) client: Client,
    pub(super) url: Url,
    /// The same for every request: key and version.
    pub(super) headers: HeaderMap,
    /// The headers that carry the request's tag.
    pub(super) tags: &'static [&'static str],
}

impl Endpoint {
    /// Sends a body, gives back what came as JSON.
    pub(super) async fn exchange(&self, body: &Value, request: &ModelRequest) -> Result<Value, ModelError> {
        let sent = self
            .client
            .post(self.url.clone())
            .headers(self.headers_with(&request.tag))
            .timeout(request.timeout)
            .json(body)
            .send();
        let reply = sent.await.map_err(unavailable)?;
        let status = reply.status();
        if !status.is_success() {
            let headers = reply.headers().clone();
            let body = http::beginning(reply).await;
            return Err(refusal(status.as_u16(), &headers, &body));
        }
        let body = http::whole(reply).await.map_err(unavailable)?;
        let limit = http::LONGEST_ANSWER;
        let body = body.ok_or_else(|| unreadable(Unreadable::TooLong { limit }))?;
        reading::json(&body).map_err(unreadable)
    }

    fn headers_with(&self, tag: &str) -> HeaderMap {
        let mut headers = self.headers.clone();
        if let Some(value) = tag_value(tag) {
            for name in self.tags {
                headers.insert(*name, value.clone());
            }
        }
        headers
    }
}

/// What a header can carry of a tag; `None` if that is nothing.
fn tag_value(tag: &str) -> Option<HeaderValue> {
    let kept = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let text: String = tag.chars().filter(kept).take(LONGEST_TAG).collect();
    (!text.is_empty()).then(|| HeaderValue::try_from(text).ok())?
}

fn unavailable(error: reqwest::Error) -> ModelError {
    let never_asked = error.is_connect();
    let error = Box::new(error.without_url());
    if never_asked {
        ModelError::Down(error)
    } else {
        ModelError::Unavailable(error)
    }
}

pub(super) fn unreadable(error: Unreadable) -> ModelError {
    ModelError::Unreadable(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_never_breaks_a_header() {
        assert_eq!(tag_value("score-0a1b").unwrap(), "score-0a1b");
        assert_eq!(tag_value("a\r\nx-api-key: b").unwrap(), "ax-api-keyb");
        assert_eq!(tag_value("ä\n"), None);
        assert_eq!(tag_value(&"a".repeat(10_000)).unwrap().len(), LONGEST_TAG);
    }
}
