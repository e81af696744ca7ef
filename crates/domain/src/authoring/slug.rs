//! Names in paths.

/// Whether a text can name a track or a skill: 1 to 60 lower-case letters, digits and inner hyphens.
pub fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=60).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_digits_and_inner_hyphens_name_something() {
        let longest = "a".repeat(60);
        for text in ["a", "http-apis", "2-d", longest.as_str()] {
            assert!(is_slug(text), "{text}");
        }
        let longer = "a".repeat(61);
        for text in ["", "-a", "a-", "A", "a b", "a_b", "ä", "a\0", longer.as_str()] {
            assert!(!is_slug(text), "{text:?}");
        }
    }
}
