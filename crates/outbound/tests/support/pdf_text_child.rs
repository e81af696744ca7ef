//! The child process of the text extraction as a program of its own, for the tests of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    let lopdf_only = std::env::args()
        .skip(1)
        .any(|argument| argument == "--lopdf-only");
    outbound::text_extraction::pdf_child::main(lopdf_only)
}
