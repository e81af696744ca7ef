//! `touchstone error-table`

use super::{CliError, Terminal};
use crate::http;

pub(super) fn run() -> Result<(), CliError> {
    Terminal::text(&http::render_error_table())
}
