//! Text files: UTF-8, or UTF-16 that says so with a byte order mark.

use std::borrow::Cow;

use super::error::ExtractError;

/// Raw text by page; a form feed ends a page.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<String>, ExtractError> {
    Ok(decode(bytes)?.split('\u{c}').map(str::to_owned).collect())
}

/// `text/markdown` by the file's name, because the content does not tell; otherwise `text/plain`.
pub(super) fn media_type(file_name: &str) -> &'static str {
    let extension = file_name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("md" | "markdown") => "text/markdown",
        _ => "text/plain",
    }
}

fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ExtractError> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest),
        _ => decode_utf8(bytes),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, ExtractError> {
    if bytes.contains(&0) {
        return Err(ExtractError::Unsupported {
            what: "this is a binary file, not text",
        });
    }
    let what = "this text is not encoded in UTF-8";
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|_| ExtractError::Unsupported { what })
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, ExtractError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    match text {
        Ok(text) if odd.is_empty() && !text.contains('\0') => Ok(Cow::Owned(text)),
        _ => Err(ExtractError::Unsupported {
            what: "this is a binary file or damaged UTF-16 text",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_are_understood_and_removed() {
        for bytes in [
            &b"\xEF\xBB\xBFh\xC3\xA9"[..],
            b"\xFF\xFEh\0\xE9\0",
            b"\xFE\xFF\0h\0\xE9",
            b"h\xC3\xA9",
        ] {
            assert_eq!(decode(bytes).expect("valid text"), "hé", "{bytes:?}");
        }
    }

    #[test]
    fn a_form_feed_ends_a_page() {
        assert_eq!(pages(b"one\x0Ctwo").expect("valid text"), ["one", "two"]);
    }

    #[test]
    fn binary_and_other_encodings_are_refused() {
        for bytes in [&b"a\0b"[..], b"caf\xE9", b"\xFF\xFEx", b"\xFF\xFE\x00\xD8x\0"] {
            assert_eq!(
                decode(bytes).expect_err("not text").code(),
                "SYLLABUS_UNSUPPORTED",
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn markdown_is_told_by_the_name() {
        assert_eq!(media_type("Notes.MD"), "text/markdown");
        assert_eq!(media_type("md"), "text/plain");
    }
}
