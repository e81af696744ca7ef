//! Finds a text in a reply, also when it was escaped, percent-encoded or wrapped in base64 on its way.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A text that must not appear, in all its forms.
pub(crate) struct Marker {
    text: String,
    encoded: Vec<String>,
}

impl Marker {
    pub(crate) fn new(text: &str) -> Self {
        let aligned = |before: usize| {
            [
                STANDARD.encode(padded(text, before)),
                URL_SAFE.encode(padded(text, before)),
            ]
            .map(|encoded| certain_part(&encoded, before, text.len()))
        };
        Self {
            text: text.to_lowercase(),
            encoded: (0..3).flat_map(aligned).collect(),
        }
    }

    fn is_in(&self, reply: &str) -> bool {
        reply.to_lowercase().contains(&self.text)
            || self
                .encoded
                .iter()
                .any(|encoded| reply.contains(encoded.as_str()))
    }
}

/// The markers that a reply contains in whatever form.
pub(crate) fn leaks<'m>(reply: &str, markers: &'m [Marker]) -> Vec<&'m str> {
    let once = unescaped(reply);
    let twice = unescaped(&once);
    let forms = [reply.to_owned(), percent_decoded(reply), once, twice];
    let found = markers
        .iter()
        .filter(|marker| forms.iter().any(|form| marker.is_in(form)));
    found.map(|marker| marker.text.as_str()).collect()
}

fn padded(text: &str, before: usize) -> Vec<u8> {
    [&vec![b'.'; before], text.as_bytes(), &[b'.'; 3]].concat()
}

/// The characters that depend on the text alone: whatever stands before or after it, these are there.
fn certain_part(encoded: &str, before: usize, length: usize) -> String {
    let first = (before * 8).div_ceil(6);
    let last = (before + length) * 8 / 6;
    encoded[first..last].to_owned()
}

/// Escapes of JSON strings replaced, wherever they stand.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.strip_prefix('u').and_then(|hex| hex.get(..4));
        let code = code
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        if let Some(letter) = code {
            plain.push(letter);
            rest = &after[5..];
        } else {
            rest = after;
        }
    }
    plain + rest
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_planted_text_is_found_in_every_form() {
    let markers = [Marker::new("KEYMARK of b1"), Marker::new("0.137137")];
    let found = |reply: &str| leaks(reply, &markers).len();
    for before in ["", "x", "xy"] {
        let inner = format!("{before}KEYMARK of b1 and more");
        for encoded in [STANDARD.encode(&inner), URL_SAFE.encode(&inner)] {
            assert_eq!(found(&format!(r#"{{"token":"{encoded}"}}"#)), 1, "{inner}");
        }
    }
    assert_eq!(found(r#"{"a":"keymark of b1","weight":0.137137}"#), 2);
    assert_eq!(found(r#"{"a":"\u004bEYMARK of b1"}"#), 1);
    assert_eq!(found(r#"{"a":"{\"b\":\"\\u004bEYMARK of b1\"}"}"#), 1);
    assert_eq!(found("/next?after=%4BEYMARK%20of+b1"), 1);
    assert_eq!(found(r#"{"a":"mark of b1","weight":0.25}"#), 0);
}
