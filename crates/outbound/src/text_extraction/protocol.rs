//! What parent and child say to each other: PDF bytes in, one line of JSON out.

use serde::{Deserialize, Serialize};

/// Largest PDF the child reads, in bytes.
pub(super) const MAX_INPUT_BYTES: usize = 64 * 1024 * 1024;

/// Most text the child returns for all pages together, in bytes of UTF-8.
pub(super) const MAX_TEXT_BYTES: usize = 8 * 1024 * 1024;

/// Most output the parent reads: JSON writes one byte of text as at most six (`\u0000`).
pub(super) const MAX_REPLY_BYTES: u64 = 6 * MAX_TEXT_BYTES as u64 + 64 * 1024;

/// The argument that leaves only the sturdier of the two PDF engines.
pub(super) const LOPDF_ONLY_ARGUMENT: &str = "--lopdf-only";

/// The child's only output: `{"pages": […], "unreadable_pages": […]}` or `{"error": {"code", "detail"}}`.
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
