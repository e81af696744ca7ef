//! `touchstone openapi`

use super::{CliError, Terminal};
use crate::http;

pub(super) fn run() -> Result<(), CliError> {
    let yaml = http::openapi()
        .to_yaml()
        .map_err(|error| CliError::Yaml(error.to_string()))?;
    Terminal::text(&yaml)
}
