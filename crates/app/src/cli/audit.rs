//! `touchstone audit`

use clap::{Args, Subcommand};
use domain::audit::{Anchor, Fault, Verified};
use serde::Serialize;

use super::{CliError, Common, Terminal};
use crate::process::ProcessError;
use crate::{telemetry, wiring};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Look for rows that were changed past the service; ends with 1 if there are any. Reads only, while the service runs.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// An entry that has to be there, as a log line `audit head` tells it.
    #[arg(long, value_name = "SEQ:LINK")]
    expect: Option<Anchor>,
    /// Print a JSON document per line: one for every fault, then the summary.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(common: &Common, command: AuditCommand) -> Result<(), CliError> {
    match command {
        AuditCommand::Verify(arguments) => verify(common, arguments).await,
    }
}

async fn verify(common: &Common, VerifyArgs { expect, json }: VerifyArgs) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    telemetry::init(&config.logging, "audit");
    let state = wiring::open(config).await?.state;
    // Unlike other commands this one does not bring the schema up to date.
    let pending = wiring::pending_migrations(&state).await?;
    if !pending.is_empty() {
        return Err(ProcessError::OldSchema(pending).into());
    }
    // Nor does it make a key where one is missing: that would be the log's forger's first step.
    wiring::load_audit_key(&state).await?;
    let mut printed = Ok(());
    let print = |fault: Fault| {
        if printed.is_ok() {
            printed = print_fault(&fault, json);
        }
    };
    let verified = state.store.verify_audit(expect, print).await?;
    printed?;
    print_summary(&verified, json)?;
    match verified.faults {
        0 => Ok(()),
        faults => Err(CliError::AuditFaults(faults)),
    }
}

fn print_fault(fault: &Fault, json: bool) -> Result<(), CliError> {
    if json {
        print_json(fault)
    } else {
        Terminal::line(&fault.to_string())
    }
}

fn print_summary(verified: &Verified, json: bool) -> Result<(), CliError> {
    if json {
        return print_json(verified);
    }
    let Verified {
        entries,
        older_than_key,
        unsealed,
        faults,
        head,
        began_at,
    } = verified;
    Terminal::line(&format!(
        "{entries} sealed ({older_than_key} of them older than the key), {unsealed} waiting, {faults} faults"
    ))?;
    if let Some(began_at) = began_at {
        Terminal::line(&format!("the chain began at {began_at}"))?;
    }
    match head {
        Some(head) => Terminal::line(&format!("head {}:{}", head.seq, head.link)),
        None => Ok(()),
    }
}

fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::Output(error.into()))?;
    Terminal::line(&text)
}
