//! The repository's own tool: `cargo xtask <command>`. Everything CI does is a command here, so it also runs locally.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its standard streams"
)]

mod answerability;
mod answers;
mod bench;
mod check;
mod coverage;
mod db;
mod debian;
mod demo_syllabus;
mod deny;
mod drift;
mod faults;
mod full;
mod guardian;
mod hanging;
mod pooler;
mod postgres;
mod process;
mod redis;
mod schemathesis;
mod services;
mod steps;
mod test;
mod tidy;
mod train_scorer;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command>

  check                  formatting, clippy, documentation, tidy, generated files, schemathesis, licences
  test [-- ARGS]         every test of the workspace, with a PostgreSQL and a Redis of its own
  ci                     test, then check; .ci/run also runs faults
  db [--replica] -- COMMAND...
                         runs COMMAND with both of its own (TOUCHSTONE_TEST_POSTGRES_URL, TOUCHSTONE_TEST_REDIS_URL), and with
                         a second PostgreSQL and its replica (TOUCHSTONE_TEST_REPLICATED_URL, TOUCHSTONE_TEST_REPLICA_URL)
  instances [FILTER...]  the HTTP suite against two instances that share a PostgreSQL and a Redis
  pooler [FILTER...]     the storage suite through a PgBouncer in session mode
  tidy                   the text rules of this repository
  schemathesis [SEED]    whether a served instance keeps to its own contract, whatever it is asked
  openapi                regenerates docs/api/openapi.yaml
  env-example            regenerates .env.example
  demo-syllabus          rebuilds the syllabus PDF of the demonstration from its Markdown
  answerability [--answers FILE | --check | --show]
                         items made from three PDFs, and whether blind readers answer them with the key
  train-scorer [--check] [DATA]
                         learns the coefficients of the local scorer, or checks the committed ones (docs/scoring.md)
  bench [NAME...]        release build, then all benches or the named ones; `bench --list` names them
  bench load FLAGS...    candidates sitting at once: `bench load --users 20000 --duration 300`; `bench load --help`
  faults [--full] [--rows 3,7] [--seed N] [--resume] [--record]
                         kills, freezes and cuts off real processes and counts what is lost; --list names the cases
  full                   check, test, deny and bench; writes docs/full.md
  coverage [--accept]    line coverage against its thresholds; --accept writes docs/coverage-baseline.txt
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        return Ok(refuse("which command?"));
    };
    if matches!(command.as_str(), "help" | "--help" | "-h") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = Workspace::find()?;
    let rest = rest.strip_prefix(&["--".to_owned()]).unwrap_or(rest);
    match command.as_str() {
        "check" => Ok(check::run(&workspace)),
        "test" => test::run(&workspace, rest),
        "ci" => ci(&workspace),
        "db" => db::run(&workspace, rest),
        "pooler" => pooler::run(&workspace, rest),
        "instances" => test::run_instances(&workspace, rest),
        "tidy" => tidy::run(&workspace),
        "schemathesis" => schemathesis::run(&workspace, rest),
        "openapi" => drift::regenerate(&workspace, &drift::OPENAPI),
        "env-example" => drift::regenerate(&workspace, &drift::ENV_EXAMPLE),
        "demo-syllabus" => demo_syllabus::run().map(|()| ExitCode::SUCCESS),
        "answerability" => answerability::run(&workspace, rest),
        "bench" => bench::run(&workspace, rest),
        "train-scorer" => train_scorer::run(&workspace, rest),
        "faults" => faults::run(&workspace, rest),
        "full" => full::run(&workspace),
        "coverage" => coverage::run(&workspace, rest),
        other => Ok(refuse(&format!("there is no command `{other}`"))),
    }
}

/// Tests first: whoever broke something wants to know that before the formatting.
fn ci(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let tested = test::run(workspace, &[])?;
    let checked = check::run(workspace);
    Ok(if tested == ExitCode::SUCCESS {
        checked
    } else {
        tested
    })
}

fn refuse(reason: &str) -> ExitCode {
    eprint!("xtask: {reason}\n\n{USAGE}");
    ExitCode::from(2)
}
