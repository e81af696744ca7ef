//! Why a file gave no text, in words for the person who uploaded it.

use std::io;

use super::protocol::{Refusal, RefusalCode};

/// A file that gave no text. `Display` tells a teacher what is wrong and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    #[error("this file is empty: choose a file that contains text")]
    Empty,
    #[error("{what}: save it as PDF or text and upload that file")]
    Unsupported { what: &'static str },
    #[error("this PDF is protected by a password: save a copy without the password and upload the copy")]
    Encrypted,
    #[error("this file is damaged ({detail}): export it again and upload the new file")]
    Malformed { detail: String },
    #[error(
        "no text was found in this file; scanned pages are pictures, so run text recognition on it first"
    )]
    NoText,
    #[error("this file is too large (the limit is {limit}): split it and upload the parts")]
    TooLarge { limit: String },
    #[error("reading this PDF needs too much time or memory: print it to a new PDF and upload that file")]
    Limits,
    #[error("the PDF reader could not be run on the server: try again later")]
    Unavailable { source: io::Error },
}

impl ExtractError {
    /// Stable upper-case code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "SYLLABUS_EMPTY",
            Self::Unsupported { .. } => "SYLLABUS_UNSUPPORTED",
            Self::Encrypted => "SYLLABUS_ENCRYPTED",
            Self::Malformed { .. } => "SYLLABUS_MALFORMED",
            Self::NoText => "SYLLABUS_NO_TEXT",
            Self::TooLarge { .. } => "SYLLABUS_TOO_LARGE",
            Self::Limits => "SYLLABUS_LIMITS",
            Self::Unavailable { .. } => "SYLLABUS_UNAVAILABLE",
        }
    }
}

impl From<Refusal> for ExtractError {
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            RefusalCode::Encrypted => Self::Encrypted,
            RefusalCode::Malformed => Self::Malformed {
                detail: refusal.detail,
            },
            RefusalCode::NoText => Self::NoText,
            RefusalCode::TooLarge => Self::TooLarge {
                limit: refusal.detail,
            },
            RefusalCode::Limits => Self::Limits,
        }
    }
}
