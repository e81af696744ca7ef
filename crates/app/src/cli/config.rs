//! `touchstone config`

use clap::Subcommand;

use super::{CliError, Common, Terminal};
use crate::config::env_example;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the settings in effect as TOML, secrets redacted.
    Print,
    /// Say whether the settings are good.
    Check,
    /// Print every setting as a commented-out environment variable.
    EnvExample,
}

pub(super) fn run(common: &Common, command: ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Print => Terminal::text(&common.load(Vec::new())?.to_redacted_toml()?),
        ConfigCommand::Check => {
            common.load(Vec::new())?;
            Terminal::line("the settings are good")
        }
        ConfigCommand::EnvExample => Terminal::text(&env_example()),
    }
}
