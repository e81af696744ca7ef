//! The figures, for people and for programs.

use std::fmt;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use domain::scoring::evaluation::{Bootstrap, Estimate, Figures};
use serde::Serialize;

/// Everything that was measured; its JSON is described in docs/grading.md.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) scorer: &'static str,
    pub(super) scorer_version: String,
    pub(super) embedding_provider: String,
    pub(super) scale: f64,
    pub(super) exemplars_per_question: usize,
    pub(super) questions: usize,
    pub(super) answers: usize,
    pub(super) ungraded: usize,
    pub(super) by_words_alone: usize,
    pub(super) bootstrap: Method,
    pub(super) figures: Compared,
}

/// How intervals came to be.
#[derive(Debug, Serialize)]
pub(super) struct Method {
    resampled: &'static str,
    resamples: usize,
    seed: u64,
    interval: f64,
}

/// The scorer and the simplest of its rivals.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    pub(super) scorer: Figures,
    pub(super) word_overlap: Figures,
    pub(super) predicting_the_mean: Figures,
}

/// A figure's name and where it is found.
type Line = (&'static str, fn(&Figures) -> Option<Estimate>);

const LINES: [Line; 6] = [
    ("Pearson r", |figures| figures.pearson),
    ("RMSE", |figures| figures.rmse),
    ("QWK (six steps)", |figures| figures.quadratic_weighted_kappa),
    ("calibration error", |figures| figures.calibration_error),
    ("AUROC of confidence", |figures| figures.confidence_auroc),
    ("RMSE, surest half", |figures| figures.rmse_surest_half),
];

impl From<Bootstrap> for Method {
    fn from(bootstrap: Bootstrap) -> Self {
        Self {
            resampled: "questions",
            resamples: bootstrap.resamples,
            seed: bootstrap.seed,
            interval: 0.95,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_subject(formatter)?;
        let Method { resamples, seed, .. } = self.bootstrap;
        write!(
            formatter,
            "\n\n{}\n\n95 % intervals over {resamples} resamples of the questions (seed {seed}). \
             An error counts above a fifth of the scale.",
            self.table()
        )
    }
}

impl Report {
    fn write_subject(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scorer, version, provider) = (self.scorer, &self.scorer_version, &self.embedding_provider);
        writeln!(formatter, "{scorer} ({version}), embeddings: {provider}")?;
        let (answers, questions, scale) = (self.answers, self.questions, self.scale);
        write!(
            formatter,
            "{answers} answers to {questions} questions, scale 0 to {scale}"
        )?;
        if self.exemplars_per_question > 0 {
            let exemplars = self.exemplars_per_question;
            write!(formatter, ", after {exemplars} graded answers each")?;
        }
        if self.ungraded > 0 {
            write!(formatter, "; {} more could not be judged", self.ungraded)?;
        }
        if self.by_words_alone > 0 {
            write!(formatter, "; {} judged by words alone", self.by_words_alone)?;
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(NOTHING);
        table.set_header(["", self.scorer, "word overlap", "predicting the mean"]);
        for (name, figure) in LINES {
            let Compared {
                scorer,
                word_overlap,
                predicting_the_mean,
            } = &self.figures;
            let cells = [scorer, word_overlap, predicting_the_mean].map(|figures| cell(figure(figures)));
            let [scorer, overlap, mean] = cells;
            table.add_row([name.to_owned(), scorer, overlap, mean]);
        }
        table
    }
}

/// A figure that the data cannot tell is a dash.
fn cell(estimate: Option<Estimate>) -> String {
    match estimate {
        None => "–".to_owned(),
        Some(Estimate {
            value,
            low: Some(low),
            high: Some(high),
        }) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        Some(Estimate { value, .. }) => format!("{value:.3}"),
    }
}
