//! `touchstone evaluate-scorer`

mod answers;
mod measure;
mod report;

use std::path::PathBuf;

use clap::Args;
use domain::scoring::evaluation::{Bootstrap, Figures, predicting_the_mean};
use indicatif::{ProgressBar, ProgressStyle};

use self::measure::Measured;
use self::report::{Compared, Report};
use super::table::TableError;
use super::{CliError, Common, Terminal};
use crate::local_scorer::{embedding_provider, local_scorer};
use crate::wiring;

const BAR: &str = "judging [{bar:30}] {pos} of {len} answers {eta}";
const MOST_POINTS: f64 = 1000.0;

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// CSV with the columns question_id, question, reference_answer, student_answer and score_mean; `-` reads standard input.
    file: PathBuf,
    /// Print one JSON document instead of a table.
    #[arg(long)]
    json: bool,
    /// The highest score people could give; the lowest is 0.
    #[arg(long, value_name = "POINTS", default_value = "5", value_parser = scale)]
    scale: f64,
    /// Show the scorer that many graded answers to each question, and measure on the others.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    exemplars: usize,
}

/// Measures the scorer as it is; nothing is learnt from the file but what `--exemplars` says.
pub(super) fn run(common: &Common, arguments: &EvaluateArgs) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    let model = wiring::sentence_model(&config);
    let provider = embedding_provider(model.as_deref()).to_owned();
    let scorer = local_scorer(model);
    let questions = answers::read(&arguments.file, arguments.scale)?;
    let answers: usize = questions.iter().map(|question| question.answers.len()).sum();
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(u64::try_from(answers).unwrap_or(u64::MAX)).with_style(style);
    let measured = measure::measure(&questions, &scorer, arguments.exemplars, &bar);
    bar.finish_and_clear();
    if measured.scorer.is_empty() {
        let what = "leaves no answer to measure on; give fewer --exemplars or more answers";
        return Err(TableError::whole(&arguments.file.display().to_string(), what).into());
    }
    let report = Report {
        file: arguments.file.display().to_string(),
        scorer: scorer.scorer().as_str(),
        scorer_version: scorer.version().to_owned(),
        embedding_provider: provider,
        scale: arguments.scale,
        exemplars_per_question: arguments.exemplars,
        questions: measured.scorer.len(),
        answers: measured.scorer.iter().map(Vec::len).sum(),
        ungraded: measured.ungraded,
        by_words_alone: measured.by_words_alone,
        bootstrap: Bootstrap::default().into(),
        figures: compared(&measured, arguments.scale),
    };
    if arguments.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| CliError::Output(error.into()))?;
        return Terminal::line(&text);
    }
    Terminal::line(&report.to_string())
}

fn compared(measured: &Measured, scale: f64) -> Compared {
    let figures = |judgements| Figures::of(judgements, scale, Bootstrap::default());
    Compared {
        scorer: figures(&measured.scorer),
        word_overlap: figures(&measured.word_overlap),
        predicting_the_mean: figures(&predicting_the_mean(&measured.scorer)),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|scale| *scale > 0.0 && *scale <= MOST_POINTS)
        .ok_or_else(|| "must be a number above 0 and at most 1000, such as 5".to_owned())
}
