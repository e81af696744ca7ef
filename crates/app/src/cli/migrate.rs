//! `touchstone migrate`

use super::{CliError, Common, Terminal};
use crate::{telemetry, wiring};

pub(super) async fn run(common: &Common) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    telemetry::init(&config.logging, "migrate");
    let opened = wiring::open(config).await?;
    let applied = wiring::migrate(&opened.state).await?;
    if applied.is_empty() {
        return Terminal::line("the schema was up to date");
    }
    for name in applied {
        Terminal::line(&format!("applied {name}"))?;
    }
    Ok(())
}
