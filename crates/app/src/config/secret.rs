//! Values that are used and never shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

const REDACTED: &str = "redacted";

/// A secret text; printing and serialising it gives `redacted`.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "String")]
pub struct Secret(SecretString);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    fn shown(&self) -> &'static str {
        if self.is_empty() { "" } else { REDACTED }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.shown())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// A URL that may contain a password, which is not shown.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(from = "String")]
pub struct SecretUrl(Secret);

impl SecretUrl {
    /// Hides a URL's password.
    pub fn new(url: impl Into<String>) -> Self {
        Self(Secret::new(url))
    }

    /// The whole URL.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> String {
        let url = self.expose();
        // A query may carry a password as well, and need not be shown; a password may contain a question mark.
        let without_query = |text: &str| text.split_once('?').map_or(text, |(before, _)| before).to_owned();
        let Some((scheme, rest)) = url.split_once("://") else {
            return without_query(url);
        };
        let Some((user, host)) = rest.rsplit_once('@') else {
            return without_query(url);
        };
        let host = without_query(host);
        match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:{REDACTED}@{host}"),
            None => format!("{scheme}://{user}@{host}"),
        }
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.shown())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_of_a_url_is_hidden() {
        let shown = |url: &str| SecretUrl::new(url).shown();
        assert_eq!(
            shown("postgres://u:pa?ss@h/db"),
            format!("postgres://u:{REDACTED}@h/db")
        );
        assert_eq!(
            shown("postgres://app:p@ss:w@host:5432/db?password=x"),
            "postgres://app:redacted@host:5432/db"
        );
        assert_eq!(shown("postgres://app@host/db"), "postgres://app@host/db");
        assert_eq!(shown("sqlite:data/touchstone.db"), "sqlite:data/touchstone.db");
        assert_eq!(shown(""), "");
    }
}
