//! Text of uploaded course material: PDFs, plain text and Markdown.
//!
//! A PDF is a program written by a stranger. It is therefore read in a child process that limits its own memory and
//! processor time first; whatever happens to the child, the caller gets text or a typed refusal. The child is this
//! program started again with a hidden argument ([`pdf_child`]), so nothing else has to be installed.
//!
//! Page boundaries survive, because later references ("page 3") are what a teacher checks a question against.
//! Deliberately absent: text recognition for scanned pages, and office formats.

mod child_process;
mod clean;
mod error;
mod extractor;
mod kind;
pub mod pdf_child;
mod pdf_engines;
mod plain_text;
mod protocol;

pub use error::ExtractError;
pub use extractor::{ExtractedText, ExtractorConfig, TextExtractor};
