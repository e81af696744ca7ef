//! The figures, for people and for programs.

use std::fmt;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use domain::scoring::evaluation::{Bootstrap, Estimate, Figures, Judgement, root_mean_square_error, share};
use serde::{Serialize, Serializer};

use super::measure::Judged;
use crate::cli::judging::Cost;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<Cost>,
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

/// The scorers, by name, and the simplest of their rivals.
#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// In the order in which they are shown.
    #[serde(flatten, serialize_with = "by_name")]
    pub(super) scorers: Vec<(&'static str, OfScorer)>,
    pub(super) word_overlap: Figures,
    pub(super) predicting_the_mean: Figures,
}

/// The figures of one scorer, and what would be left to people.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct OfScorer {
    #[serde(flatten)]
    figures: Figures,
    /// Share of the verdicts that are provisional, 0–1.
    review_share: Option<Estimate>,
    /// RMSE of the others, in points of the scale.
    rmse_not_reviewed: Option<Estimate>,
}

/// A figure's name and where it is found.
type Line = (&'static str, fn(&Figures) -> Option<Estimate>);
/// The same for what is sent to people.
type ReviewLine = (&'static str, fn(&OfScorer) -> Option<Estimate>);

const LINES: [Line; 7] = [
    ("Pearson r", |figures| figures.pearson),
    ("RMSE", |figures| figures.rmse),
    ("agreement", |figures| figures.agreement),
    ("QWK (six steps)", |figures| figures.quadratic_weighted_kappa),
    ("calibration error", |figures| figures.calibration_error),
    ("AUROC of confidence", |figures| figures.confidence_auroc),
    ("RMSE, surest half", |figures| figures.rmse_surest_half),
];

const REVIEW_LINES: [ReviewLine; 2] = [
    ("sent to review", |of| of.review_share),
    ("RMSE of the others", |of| of.rmse_not_reviewed),
];

impl OfScorer {
    pub(super) fn of(judged: &Judged, scale: f64, bootstrap: Bootstrap) -> Self {
        let Judged {
            judgements,
            to_review,
        } = judged;
        let pair = |one: &Judgement| (one.predicted * scale, one.human * scale);
        let both = judgements.iter().zip(to_review).map(|(judgements, to_review)| {
            let pairs = judgements.iter().map(pair).zip(to_review.iter().copied());
            pairs.collect::<Vec<_>>()
        });
        Self {
            figures: Figures::of(judgements, scale, bootstrap),
            review_share: bootstrap.estimate(to_review, share),
            rmse_not_reviewed: bootstrap.estimate(&both.collect::<Vec<_>>(), |judged| {
                let left = judged.iter().filter(|(_, to_review)| !to_review);
                root_mean_square_error(&left.map(|(pair, _)| *pair).collect::<Vec<_>>())
            }),
        }
    }
}

fn by_name<S: Serializer>(scorers: &[(&'static str, OfScorer)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(scorers.iter().copied())
}

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
        )?;
        match &self.cost {
            Some(cost) => write!(formatter, "\n{cost}"),
            None => Ok(()),
        }
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
        let Compared {
            scorers,
            word_overlap,
            predicting_the_mean,
        } = &self.figures;
        let names = scorers.iter().map(|(name, _)| match *name {
            "scorer" => self.scorer,
            name => name,
        });
        table.set_header(
            std::iter::once("")
                .chain(names)
                .chain(["word overlap", "predicting the mean"]),
        );
        for (name, figure) in LINES {
            let figures = scorers.iter().map(|(_, of)| &of.figures);
            let cells = figures
                .chain([word_overlap, predicting_the_mean])
                .map(|figures| cell(figure(figures)));
            table.add_row(std::iter::once(name.to_owned()).chain(cells));
        }
        for (name, figure) in REVIEW_LINES {
            let cells = scorers.iter().map(|(_, of)| cell(figure(of)));
            table.add_row(std::iter::once(name.to_owned()).chain(cells));
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
