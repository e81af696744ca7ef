//! The name of a track in paths, queries and bodies.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a track can be called; other texts name nothing, and the database is not asked for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Slug(pub(crate) String);

/// Not the name of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the slug of a track: lower-case letters, digits and hyphens")]
pub(crate) struct NoSlug;

impl FromStr for Slug {
    type Err = NoSlug;

    fn from_str(text: &str) -> Result<Self, NoSlug> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=60).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoSlug)
        }
    }
}

impl TryFrom<String> for Slug {
    type Error = NoSlug;

    fn try_from(text: String) -> Result<Self, NoSlug> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_slug_is_read() {
        assert_eq!("data-analyst-2".parse(), Ok(Slug("data-analyst-2".to_owned())));
        let long = "a".repeat(61);
        for text in ["", "Data", "a b", "a\0", "ä", "a/b", long.as_str()] {
            assert_eq!(text.parse::<Slug>(), Err(NoSlug), "{text:?}");
        }
        let read: Result<Vec<Slug>, _> = serde_json::from_str(r#"["a", "B"]"#);
        assert!(read.is_err_and(|error| error.to_string().contains("must be the slug")));
    }
}
