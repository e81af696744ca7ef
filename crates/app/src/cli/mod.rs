//! The command line: one file per command. Results go to standard output, everything else to standard error.

mod audit;
mod config;
mod demo;
mod error;
mod error_table;
mod evaluate_scorer;
mod grade;
mod jobs;
mod judging;
mod keys;
mod migrate;
mod models;
mod openapi;
mod serve;
mod table;
mod terminal;
mod users;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Sources};
use crate::telemetry;
use crate::wiring::{self, Opened};
use error::CliError;
use terminal::Terminal;

/// Assessments from syllabi: sessions, scoring, results. One program, one command: `touchstone serve`.
#[derive(Debug, Parser)]
#[command(name = "touchstone", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Where the settings come from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Common {
    /// Settings file; otherwise touchstone.toml in the data directory or here.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Home of the embedded database and generated keys.
    #[arg(long, global = true, value_name = "DIRECTORY")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests and work on jobs.
    Serve(serve::ServeArgs),
    /// Work on jobs only, beside other processes.
    Worker(worker::WorkerArgs),
    /// Show the whole service in seconds: upload, generate, take, score, results.
    Demo(demo::DemoArgs),
    /// Bring the database schema up to date.
    Migrate,
    /// Accounts.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Keys that protect tokens and stored secrets.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Background work: what is stuck, and what puts it right.
    Jobs(jobs::JobsArgs),
    /// Grade a table of answers (CSV), also with language models; docs/grading.md describes the table.
    Grade(grade::GradeArgs),
    /// Measure scorers on answers that people have graded (CSV).
    EvaluateScorer(evaluate_scorer::EvaluateArgs),
    /// The sentence model.
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Settings: show, check, document.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the OpenAPI document as YAML.
    Openapi,
    /// Print the table of errors as Markdown.
    #[command(hide = true)]
    ErrorTable,
    /// Read a PDF from standard input; started by the server itself.
    #[command(hide = true)]
    PdfText {
        /// Skip the first of the two readers.
        #[arg(long)]
        lopdf_only: bool,
    },
}

/// Runs the command of this process: exit code 0; 1 with one line on standard error, 3 where there is a result nevertheless; or 2
/// for a wrong command line.
pub fn main() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    if let Command::PdfText { lopdf_only } = command {
        return crate::pdf_text::run(lopdf_only);
    }
    match run(&common, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Terminal::complain(&format!(
                "touchstone: {}",
                telemetry::chain(&error).replace('\n', " ")
            ));
            error.exit_code()
        }
    }
}

fn run(common: &Common, command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => block_on(serve::run(common, arguments)),
        Command::Worker(arguments) => block_on(worker::run(common, arguments)),
        Command::Demo(arguments) => block_on(demo::run(arguments)),
        Command::Migrate => block_on(migrate::run(common)),
        Command::Users(command) => block_on(users::run(common, command)),
        Command::Keys(command) => block_on(keys::run(common, command)),
        Command::Audit(command) => block_on(audit::run(common, command)),
        Command::Jobs(arguments) => block_on(jobs::run(common, arguments)),
        Command::Grade(arguments) => block_on(grade::run(common, arguments)),
        Command::EvaluateScorer(arguments) => block_on(evaluate_scorer::run(common, arguments)),
        Command::Models(command) => block_on(models::run(common, command)),
        Command::Config(command) => config::run(common, command),
        Command::Openapi => openapi::run(),
        Command::ErrorTable => error_table::run(),
        Command::PdfText { .. } => Ok(()),
    }
}

fn block_on(command: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let result = runtime.block_on(command);
    // Threads that still hash a password or read a file must not hold up the end.
    runtime.shutdown_background();
    result
}

impl Common {
    /// The settings of this process; `flags` are stronger than everything else.
    fn load(&self, mut flags: Vec<(&'static str, String)>) -> Result<Config, CliError> {
        flags.extend(
            self.data_dir
                .as_ref()
                .map(|path| ("server.data_dir", path.display().to_string())),
        );
        Ok(Config::load(&Sources::of_process(self.config.clone(), flags))?)
    }

    /// Settings, logging and an open database with an up-to-date schema and its secrets.
    async fn open(
        &self,
        component: &'static str,
        flags: Vec<(&'static str, String)>,
    ) -> Result<Opened, CliError> {
        let config = self.load(flags)?;
        telemetry::init(&config.logging, component);
        let opened = wiring::open(config).await?;
        crate::process::prepare_schema(&opened.state).await?;
        wiring::load_secrets(&opened.state).await?;
        Ok(opened)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_flags_stand_before_or_after_the_command() {
        for line in [
            "touchstone --data-dir d serve --listen 0.0.0.0:1",
            "touchstone serve --listen 0.0.0.0:1 --data-dir d",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.common.data_dir, Some(PathBuf::from("d")), "{line}");
        }
        let wrong = Cli::try_parse_from(["touchstone", "serve", "--listen"]).unwrap_err();
        assert_eq!(wrong.exit_code(), 2);
    }
}
