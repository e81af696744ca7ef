//! The only place that writes to the standard streams of the command line.

use std::io::{self, Read, Write};

use super::error::CliError;

/// The user's terminal, or whatever stands in for it.
pub(crate) struct Terminal;

impl Terminal {
    /// A line of the result.
    pub(crate) fn line(text: &str) -> Result<(), CliError> {
        Self::text(&format!("{text}\n"))
    }

    /// A result as it is.
    pub(crate) fn text(text: &str) -> Result<(), CliError> {
        let mut output = io::stdout().lock();
        output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
            .map_err(CliError::Output)
    }

    /// A result as long as a file.
    pub(crate) fn copy(mut result: impl Read) -> io::Result<()> {
        let mut output = io::stdout().lock();
        io::copy(&mut result, &mut output)?;
        output.flush()
    }

    /// A line about what went wrong. There is nobody left to tell when that fails.
    pub(crate) fn complain(text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
