//! What parent and child say to each other: PDF bytes in, three lines out: a greeting, one line of JSON, an end.
//!
//! The child greets before it has read a byte of the file, so that a program that is no reader is told from a reader that
//! a file brought down. The end says that nothing is missing. Whatever does not have this shape is no reply.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// What a reader says before it reads; the number counts the versions of this protocol.
const GREETING: &[u8] = b"pdf-text 1\n";

/// What a reader says when it has said everything.
const END: &[u8] = b"\nend\n";

/// Largest PDF the child reads, in bytes.
pub(super) const MAX_INPUT_BYTES: usize = 64 * 1024 * 1024;

/// Most text the child returns for all pages together, in bytes of UTF-8.
pub(super) const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;

/// Most output the parent reads: JSON writes one byte of text as at most six (`\u0000`).
pub(super) const MAX_REPLY_BYTES: u64 = 6 * MAX_TEXT_BYTES as u64 + 64 * 1024;

/// More pages than any course script has; both engines walk the page tree again for every page.
pub(super) const MAX_PAGES: usize = 2000;

/// A refusal is a sentence; what is longer quotes the file.
const MAX_DETAIL_CHARS: usize = 200;

/// The argument that leaves only the sturdier of the two PDF engines.
pub(super) const LOPDF_ONLY_ARGUMENT: &str = "--lopdf-only";

/// The line of JSON: `{"pages": […], "unreadable_pages": […]}` or `{"error": {"code", "detail"}}`.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(super) enum Reply {
    Text(PageTexts),
    Refused { error: Refusal },
}

/// Raw text by page, in order; a page that no engine could read is empty and its number (from 1) is listed.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct PageTexts {
    pub(super) pages: Vec<String>,
    pub(super) unreadable_pages: Vec<usize>,
}

/// Why the child found no text. For `too_large`, the detail is the limit that was passed.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: RefusalCode,
    pub(super) detail: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefusalCode {
    Encrypted,
    Malformed,
    NoText,
    TooLarge,
    Limits,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// What the output of a child that ended well was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Reply(Reply),
    /// The child is a reader, but what it said is not a whole reply.
    Garbled,
    /// It is another program.
    NoReader,
}

/// The child's first words.
pub(super) fn greet(output: &mut impl Write) -> io::Result<()> {
    output.write_all(GREETING)?;
    output.flush()
}

/// The child's last words.
pub(super) fn say(reply: &Reply, output: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *output, reply)?;
    output.write_all(END)?;
    output.flush()
}

/// Everything that a child wrote. A file may have taken its reader over, so nothing in it is taken on trust.
pub(super) fn hear(output: &[u8]) -> Heard {
    let Some(said) = output.strip_prefix(GREETING) else {
        return Heard::NoReader;
    };
    let line = said.strip_suffix(END);
    let reply = line.and_then(|line| serde_json::from_slice(line).ok());
    match reply {
        Some(Reply::Text(texts)) if texts.is_sound() => Heard::Reply(Reply::Text(texts)),
        Some(Reply::Refused { error }) => Heard::Reply(Reply::Refused {
            error: Refusal::new(error.code, in_short(&error.detail)),
        }),
        Some(Reply::Text(_)) | None => Heard::Garbled,
    }
}

impl PageTexts {
    /// Whether the limits are kept, and the list names pages that are there, each once and without text.
    fn is_sound(&self) -> bool {
        let bytes: usize = self.pages.iter().map(String::len).sum();
        let is_empty = |number: &usize| {
            let page = number.checked_sub(1).and_then(|index| self.pages.get(index));
            page.is_some_and(String::is_empty)
        };
        bytes <= MAX_TEXT_BYTES
            && (1..=MAX_PAGES).contains(&self.pages.len())
            && self.unreadable_pages.iter().all(is_empty)
            && self.unreadable_pages.is_sorted_by(|one, next| one < next)
    }
}

/// One line of printable text.
fn in_short(detail: &str) -> String {
    let printable = detail.chars().filter(|character| !character.is_control());
    printable.take(MAX_DETAIL_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pages: &[&str], unreadable_pages: &[usize]) -> Reply {
        Reply::Text(PageTexts {
            pages: pages.iter().map(|&page| page.to_owned()).collect(),
            unreadable_pages: unreadable_pages.to_vec(),
        })
    }

    fn spoken(reply: &Reply) -> Vec<u8> {
        let mut output = Vec::new();
        greet(&mut output).expect("writing into memory succeeds");
        say(reply, &mut output).expect("writing into memory succeeds");
        output
    }

    #[test]
    fn what_is_said_is_heard() {
        let refused = Reply::Refused {
            error: Refusal::new(RefusalCode::NoText, "nothing"),
        };
        for reply in [texts(&["a\nend\n", ""], &[2]), refused] {
            assert_eq!(hear(&spoken(&reply)), Heard::Reply(reply));
        }
    }

    #[test]
    fn half_a_reply_is_none() {
        let whole = spoken(&texts(&["a", "b"], &[]));
        for length in 0..whole.len() {
            let expected = if length < GREETING.len() {
                Heard::NoReader
            } else {
                Heard::Garbled
            };
            assert_eq!(hear(&whole[..length]), expected, "cut at {length}");
        }
        assert_eq!(hear(&[&whole[..], b"more"].concat()), Heard::Garbled);
        assert_eq!(hear(&[&whole[..], &whole[..]].concat()), Heard::Garbled);
        assert_eq!(hear(&[b"x", &whole[..]].concat()), Heard::NoReader);
    }

    #[test]
    fn a_reply_that_no_reader_gives_is_none() {
        let pages = vec!["x"; MAX_PAGES + 1];
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        for reply in [
            texts(&[], &[]),
            texts(&["a"], &[1]),
            texts(&["a", ""], &[0]),
            texts(&["a", ""], &[3]),
            texts(&["a", "", ""], &[3, 2]),
            texts(&["a", ""], &[2, 2]),
            texts(&pages, &[]),
            texts(&[&long], &[]),
        ] {
            assert_eq!(hear(&spoken(&reply)), Heard::Garbled);
        }
    }

    #[test]
    fn a_detail_is_one_short_line() {
        let detail = format!("a\n\u{1b}[2Jb{}", "c".repeat(1000));
        let reply = Reply::Refused {
            error: Refusal::new(RefusalCode::Malformed, detail),
        };
        let Heard::Reply(Reply::Refused { error }) = hear(&spoken(&reply)) else {
            panic!("a refusal was expected")
        };
        assert_eq!(error.detail.len(), MAX_DETAIL_CHARS);
        assert!(error.detail.starts_with("a[2Jbccc"), "{}", error.detail);
    }
}
