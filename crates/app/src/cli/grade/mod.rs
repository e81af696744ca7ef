//! `touchstone grade`

mod answers;
mod by_models;
mod cells;
mod destination;
mod rubrics;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use domain::points::Points;
use domain::scoring::Verdict;
use domain::scoring::local::TextScorer;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use self::answers::{Answers, WANTED};
use self::destination::Destination;
use super::judging::{JudgeError, JudgeFlags, Panel, ScorerArg, TextToJudge, Unjudged, cores, judge_all};
use super::table::{Row, Table, TableError};
use super::{CliError, Common, Terminal};
use crate::local_scorer::local_scorer;
use crate::process::stop_on_signal;
use crate::wiring;

/// Rows that are judged together, for each core: enough to keep the cores busy, few enough to stay small in memory.
const ROWS_PER_CORE: usize = 64;
const BAR: &str = "grading [{bar:30}] {percent}% {msg} {eta}";

#[derive(Debug, Args)]
pub(super) struct GradeArgs {
    /// CSV with the columns question, reference_answer and answer, and, if you like, rubric and marks; `-` reads standard input.
    input: PathBuf,
    /// Where the graded CSV goes, whole or not at all; otherwise standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Full marks of answers without their own in a column marks.
    #[arg(long, value_name = "NUMBER", default_value = "5", value_parser = answers::marks)]
    marks: Points,
    /// Rubric (JSON) of answers without their own in a column rubric.
    #[arg(long, value_name = "FILE")]
    rubric: Option<PathBuf>,
    #[command(flatten)]
    judges: JudgeFlags,
}

/// Why nothing was graded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GradeError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("the graded table cannot be written{0}")]
    Output(String, #[source] std::io::Error),
    #[error("{0} is no ordinary file; name another one, or leave --output out")]
    NoFile(String),
    #[error("stopped; nothing was written")]
    Stopped,
    #[error(transparent)]
    Judge(#[from] JudgeError),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    graded: u64,
    ungraded: u64,
    unjudged: Unjudged,
}

pub(super) async fn run(common: &Common, arguments: GradeArgs) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    let panel = Panel::open(&config, &arguments.judges)
        .await
        .map_err(GradeError::from)?;
    let scorer = local_scorer(wiring::sentence_model(&config));
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone()).map_err(CliError::Runtime)?;
    let (destination, file) = Destination::open(arguments.output.as_deref())?;
    let judges = arguments.judges.clone();
    let work = async {
        match &panel {
            Some(panel) => by_models::grade(arguments, scorer, file, panel).await,
            None => tokio::task::spawn_blocking(move || grade(&arguments, scorer, file))
                .await
                .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
        }
    };
    // Work may wait for standard input for ever; what it leaves unfinished goes with its destination.
    let done = tokio::select! {
        done = work => done,
        () = stop.cancelled() => Err(GradeError::Stopped),
    };
    let bill = match panel {
        Some(panel) => {
            let (bill, budget) = (panel.cost().to_string(), panel.budget());
            panel.close().await.map_err(GradeError::from)?;
            Some((bill, budget))
        }
        None => None,
    };
    let (counts, file) = done?;
    destination.publish(file)?;
    Terminal::complain(&counts.in_words());
    if let Some((bill, budget)) = bill {
        Terminal::complain(&bill);
        let complete = judges.completeness(counts.unjudged, &budget);
        complete.map_err(GradeError::from)?;
    }
    Ok(())
}

/// Reads, judges and writes to `file` in batches.
fn grade(
    arguments: &GradeArgs,
    scorer: Arc<dyn TextScorer>,
    file: File,
) -> Result<(Counts, File), GradeError> {
    let rubric = arguments.rubric.as_deref().map(rubrics::from_file).transpose()?;
    let table = Table::open(&arguments.input, &WANTED)?;
    let mut output = cells::Writer::new(file, &table, ScorerArg::Local)?;
    let bar = bar(&table);
    let mut answers = Answers::new(table, scorer, (arguments.marks, rubric));
    let mut counts = Counts::default();
    loop {
        let batch = answers.batch(ROWS_PER_CORE * cores())?;
        if batch.is_empty() {
            break;
        }
        let (rows, texts): (Vec<Row>, Vec<TextToJudge>) = batch.into_iter().unzip();
        for (row, verdict) in rows.iter().zip(&judge_all(&texts)) {
            output.write(row, verdict)?;
            counts.add(verdict);
        }
        bar.set_position(answers.bytes_read());
        bar.set_message(format!("{} answers", counts.graded + counts.ungraded));
    }
    bar.finish_and_clear();
    Ok((counts, output.finish()?))
}

/// Shown on a terminal only.
fn bar(table: &Table) -> ProgressBar {
    let Some(bytes) = table.bytes() else {
        return ProgressBar::hidden();
    };
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}

impl Counts {
    const fn add(&mut self, verdict: &Verdict) {
        if verdict.points.is_some() {
            self.graded += 1;
        } else {
            self.ungraded += 1;
        }
    }

    fn in_words(&self) -> String {
        let Self { graded, ungraded, .. } = self;
        match ungraded {
            0 => format!("graded {graded} answers"),
            _ => format!("graded {graded} answers; {ungraded} could not be judged and have no points"),
        }
    }
}
