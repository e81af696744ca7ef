//! `touchstone keys`

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use domain::audit::Actor;
use storage::{SecretPurpose, StoredSecret};

use super::{CliError, Common, Terminal};
use crate::runtime::AppState;
use crate::security::{MasterRotation, key_id, rotate_master, rotate_signing, signing_state};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Show the secrets in the database and what each does now; never the secrets themselves.
    List,
    /// Make a new key for access tokens; the present ones verify until their last token has ended.
    RotateSigning(RotateSigningArgs),
    /// Wrap all secrets in the database by a new master key.
    RotateMaster,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct RotateSigningArgs {
    /// Use the new key at once and let the present ones end at once: somebody may know them. Everybody has to refresh.
    #[arg(long)]
    now: bool,
}

pub(super) async fn run(common: &Common, command: KeysCommand) -> Result<(), CliError> {
    let opened = common.open("keys", Vec::new()).await?;
    match command {
        KeysCommand::List => list(&opened.state).await,
        KeysCommand::RotateSigning(arguments) => signing(&opened.state, arguments.now).await,
        KeysCommand::RotateMaster => master(&opened.state).await,
    }
}

async fn list(state: &AppState) -> Result<(), CliError> {
    let secrets = state.store.list_secrets().await?;
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header([
        "id",
        "purpose",
        "algorithm",
        "state",
        "active from",
        "retires at",
        "master key",
    ]);
    for secret in &secrets {
        table.add_row(row(&secrets, secret, state));
    }
    Terminal::line(&table.to_string())
}

fn row(secrets: &[StoredSecret], secret: &StoredSecret, state: &AppState) -> [String; 7] {
    let does = match secret.purpose {
        SecretPurpose::Signing => signing_state(secrets, secret, state.now()),
        SecretPurpose::Audit => "seals",
        SecretPurpose::Refresh => "derives",
    };
    let algorithm = secret.algorithm.map_or("-", |algorithm| algorithm.as_str());
    let end = secret
        .retires_at
        .map_or_else(|| "-".to_owned(), |end| end.to_string());
    [
        secret.id.to_string(),
        secret.purpose.as_str().to_owned(),
        algorithm.to_owned(),
        does.to_owned(),
        secret.active_from.to_string(),
        end,
        key_id(&secret.wrapped).unwrap_or("-").to_owned(),
    ]
}

async fn signing(state: &AppState, at_once: bool) -> Result<(), CliError> {
    let auth = &state.config.auth;
    let made = (auth.jwt_algorithm.into(), auth.access_token_lifetime());
    let ctx = state.ctx("command-line", Actor::System);
    let key = rotate_signing(&state.store, &state.vault, made, at_once, &ctx).await?;
    Terminal::line(&format!(
        "made the {} key {}",
        key.algorithm.map_or("-", |algorithm| algorithm.as_str()),
        key.id
    ))?;
    Terminal::line(&if at_once {
        "it signs now; every process refuses tokens of other keys as soon as it has read the keys again, within 30 seconds"
            .to_owned()
    } else {
        format!(
            "it signs from {} on; other keys verify until their last token has ended",
            key.active_from
        )
    })
}

async fn master(state: &AppState) -> Result<(), CliError> {
    let ctx = state.ctx("command-line", Actor::System);
    let MasterRotation {
        key_id,
        rewrapped,
        resumed,
        in_settings,
    } = rotate_master(&state.store, &state.vault, &ctx).await?;
    if resumed {
        Terminal::line("ended a rotation that was under way; run this again for another new key")?;
    }
    Terminal::line(&format!(
        "master key {key_id} wraps everything now; {rewrapped} secrets were wrapped again"
    ))?;
    Terminal::line(if in_settings {
        "next: take the older keys out of security.previous_master_keys and start every process again"
    } else {
        "running processes notice by themselves; next: back up master.key apart from the database"
    })
}
