//! `touchstone evaluate-scorer`

mod answers;
mod measure;
mod report;

use std::path::PathBuf;

use clap::Args;
use domain::scoring::evaluation::{Bootstrap, Figures, predicting_the_mean};
use indicatif::{ProgressBar, ProgressStyle};

use self::answers::GradedQuestion;
use self::measure::{Asked, Judged, Measured};
use self::report::{Compared, OfScorer, Report};
use super::judging::{JudgeError, JudgeFlags, Opinions, Panel, ScorerArg, usual_thresholds};
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
    /// Show the local scorer that many graded answers to each question, and measure on the others.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    exemplars: usize,
    #[command(flatten)]
    judges: JudgeFlags,
}

/// Measures the scorers as they are; nothing is learnt from the file but what `--exemplars` says.
pub(super) async fn run(common: &Common, arguments: EvaluateArgs) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    let model = wiring::sentence_model(&config);
    let provider = embedding_provider(model.as_deref()).to_owned();
    let scorer = local_scorer(model);
    let panel = Panel::open(&config, &arguments.judges).await?;
    let questions = answers::read(&arguments.file, arguments.scale)?;
    let asked = measure::asked(&questions, &scorer, arguments.exemplars);
    let opinions = opinions(&questions, &asked, panel.as_ref()).await?;
    let (who, thresholds) = (arguments.judges.scorer, usual_thresholds());
    let measured = Measured::of(
        &questions,
        &asked,
        &opinions,
        (who, &thresholds, scorer.version()),
    );
    let scorer_version = panel
        .as_ref()
        .map_or_else(|| scorer.version().to_owned(), Panel::version);
    let report = Report {
        file: arguments.file.display().to_string(),
        scorer: who.as_str(),
        scorer_version,
        embedding_provider: provider,
        scale: arguments.scale,
        exemplars_per_question: arguments.exemplars,
        questions: measured.word_overlap.len(),
        answers: measured.word_overlap.iter().map(Vec::len).sum(),
        ungraded: measured.ungraded,
        by_words_alone: measured.by_words_alone,
        cost: panel.as_ref().map(Panel::cost),
        bootstrap: Bootstrap::default().into(),
        figures: compared(&measured, who, arguments.scale),
    };
    let ended = match &panel {
        Some(panel) => arguments.judges.completeness(measured.unjudged, &panel.budget()),
        None => Ok(()),
    };
    if let Some(panel) = panel {
        panel.close().await?;
    }
    show(&report, &arguments, ended)
}

/// Whatever could be measured, and then what is missing.
fn show(report: &Report, arguments: &EvaluateArgs, ended: Result<(), JudgeError>) -> Result<(), CliError> {
    if report.answers == 0 {
        ended?;
        let what = "leaves no answer to measure on; give fewer --exemplars or more answers";
        return Err(TableError::whole(&arguments.file.display().to_string(), what).into());
    }
    if arguments.json {
        let text = serde_json::to_string_pretty(report).map_err(|error| CliError::Output(error.into()))?;
        Terminal::line(&text)?;
    } else {
        Terminal::line(&report.to_string())?;
    }
    Ok(ended?)
}

async fn opinions(
    questions: &[GradedQuestion],
    asked: &[Asked<'_>],
    panel: Option<&Panel>,
) -> Result<Vec<Opinions>, JudgeError> {
    let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(u64::try_from(asked.len()).unwrap_or(u64::MAX)).with_style(style);
    let opinions = match panel {
        Some(panel) => measure::by_models(questions, asked, panel, &bar).await,
        None => Ok(measure::by_local(questions, asked, &bar)),
    };
    bar.finish_and_clear();
    opinions
}

fn compared(measured: &Measured, who: ScorerArg, scale: f64) -> Compared {
    let figures = |judgements| Figures::of(judgements, scale, Bootstrap::default());
    let names: &[&str] = match who {
        ScorerArg::Local | ScorerArg::Llm => &["scorer"],
        ScorerArg::Both => &["local", "llm", "both"],
    };
    let of = |judged: &Judged| OfScorer::of(judged, scale, Bootstrap::default());
    let all = &measured.scorers[measured.scorers.len() - 1];
    Compared {
        scorers: names
            .iter()
            .copied()
            .zip(measured.scorers.iter().map(of))
            .collect(),
        word_overlap: figures(&measured.word_overlap),
        predicting_the_mean: figures(&predicting_the_mean(&all.judgements)),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok();
    number
        .filter(|scale| *scale > 0.0 && *scale <= MOST_POINTS)
        .ok_or_else(|| "must be a number above 0 and at most 1000, such as 5".to_owned())
}
