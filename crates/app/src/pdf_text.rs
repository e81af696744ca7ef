//! The hidden `pdf-text` command: the child process that reads one PDF on behalf of the server.

use std::process::ExitCode;

/// Reads a PDF from standard input and writes its text by page as JSON to standard output. Call it before any runtime,
/// configuration or logging is set up: the process limits its own memory and processor time.
pub fn run(lopdf_only: bool) -> ExitCode {
    outbound::text_extraction::pdf_child::main(lopdf_only)
}
