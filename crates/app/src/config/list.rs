//! Lists that are an array in a file and a comma-separated text in the environment.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Array(Vec<String>),
    Text(String),
}

/// An array of texts, or one text `a,b`; brackets and quotes around it, as in a file, are allowed.
pub(super) fn comma_separated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Given::deserialize(deserializer)? {
        Given::Array(items) => items,
        Given::Text(text) => split(&text),
    })
}

fn split(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let items = inner.unwrap_or(text).split(',');
    let plain = items.map(|item| item.trim().trim_matches('"').trim());
    plain.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_commas_and_brackets_are_left_out() {
        assert_eq!(split(" a, b ,,c"), ["a", "b", "c"]);
        assert_eq!(split("[\"a\", \"b\"]"), ["a", "b"]);
        assert_eq!(split("[]"), Vec::<String>::new());
        assert_eq!(split("fd00::/8"), ["fd00::/8"]);
    }
}
