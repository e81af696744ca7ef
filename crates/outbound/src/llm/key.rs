//! Keys of providers.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

/// A provider's key; printing it gives `redacted`.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// Why a text cannot be a key. The text is not repeated.
#[derive(Debug, thiserror::Error)]
#[error("a provider's key is one word of visible ASCII characters")]
pub struct ApiKeyError;

impl ApiKey {
    /// Takes what a header can carry; white space around it, as files end with, is cut off.
    pub fn new(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The value of a header that is `scheme` and then the key, marked as not to be shown.
    pub(super) fn header(&self, scheme: &str) -> Result<HeaderValue, ApiKeyError> {
        let text = format!("{scheme}{}", self.0.expose_secret());
        let mut value = HeaderValue::try_from(text).map_err(|_| ApiKeyError)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("redacted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_and_never_shown() {
        let key = ApiKey::new(" sk-secret\n").unwrap();
        assert_eq!(format!("{key:?}"), "redacted");
        let header = key.header("Bearer ").unwrap();
        assert_eq!(header, "Bearer sk-secret");
        assert!(!format!("{header:?}").contains("secret"));
    }

    #[test]
    fn what_no_header_can_carry_is_no_key() {
        for text in ["", " \n", "two words", "line\nbreak", "schlüssel", "nul\0"] {
            assert!(ApiKey::new(text).is_err(), "{text:?}");
        }
    }
}
