//! The figures as Markdown tables.

use std::fmt::Write as _;

use domain::scoring::evaluation::{
    Bootstrap, Estimate, Figures, Judgement, predicting_the_mean, word_overlap,
};
use domain::scoring::local::{LocalScorer, TextScorer as _};
use testkit::judged_answers::Met;

use crate::curve::Step;
use crate::data::{FINE, FULL_MARKS, Graded, whole};
use crate::edits::EDITS;
use crate::gaming::Gamed;

/// Answers to other questions given to each question.
const STRANGERS: usize = 10;
/// What fills a column that needs the sentence model where it is not.
const NOT_MEASURED: &str = "not measured: model not fetched";

/// A figure of all.
type Pick = fn(&Figures) -> Option<Estimate>;
/// A cell about one scorer.
type Cell = fn(&Measured) -> String;

/// Everything measured of one scorer.
pub(crate) struct Measured {
    pub(crate) judged: Vec<Vec<Judgement>>,
    pub(crate) curve: Vec<Step>,
    /// For each edit: answers changed by it, and by how many points of five their scores moved on average.
    pub(crate) edits: Vec<(usize, f64)>,
    pub(crate) gaming: Vec<Gamed>,
    /// Share of honest answers that got any flag.
    pub(crate) flagged: f64,
    /// Mean share of the marks of answers to other questions.
    pub(crate) strangers: f64,
    /// What it makes of the answers of known kinds.
    pub(crate) probes: Vec<Met>,
    pub(crate) identical: bool,
    pub(crate) per_second: Option<f64>,
}

/// How far each edit moves the scores.
pub(crate) fn movements(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> Vec<(usize, f64)> {
    let movement = |edit: &crate::edits::Edit| {
        let moved: Vec<f64> = questions
            .iter()
            .flatten()
            .filter_map(|row| {
                let edited = edit.of(&row.student_answer)?;
                Some(
                    (share(scorer, row, &edited) - share(scorer, row, &row.student_answer)).abs()
                        * FULL_MARKS,
                )
            })
            .collect();
        (moved.len(), moved.iter().sum::<f64>() / count(moved.len().max(1)))
    };
    EDITS.iter().map(movement).collect()
}

/// Share of the honest answers that get any flag.
pub(crate) fn flagged(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> f64 {
    let rubric = whole();
    let flagged = questions
        .iter()
        .flatten()
        .filter(|row| {
            !scorer
                .score(&row.task(&rubric, &row.student_answer))
                .flags
                .is_empty()
        })
        .count();
    count(flagged) / count(questions.iter().map(Vec::len).sum::<usize>().max(1))
}

/// Mean share of the marks that answers to other questions get.
pub(crate) fn strangers(scorer: &LocalScorer, questions: &[Vec<Graded>]) -> f64 {
    let mut shares = Vec::new();
    for (at, rows) in questions.iter().enumerate() {
        for step in 1..=STRANGERS.min(questions.len() - 1) {
            let other = &questions[(at + step) % questions.len()];
            shares.push(share(scorer, &rows[0], &other[step % other.len()].student_answer));
        }
    }
    shares.iter().sum::<f64>() / count(shares.len().max(1))
}

/// Whether two scorers agree to the last bit.
pub(crate) fn identical(one: &LocalScorer, other: &LocalScorer, questions: &[Vec<Graded>]) -> bool {
    let rubric = whole();
    questions.iter().flatten().all(|row| {
        let task = row.task(&rubric, &row.student_answer);
        one.score(&task) == other.score(&task)
    })
}

fn share(scorer: &LocalScorer, row: &Graded, answer: &str) -> f64 {
    let rubric = whole();
    let verdict = scorer.score(&row.task(&rubric, answer));
    verdict.points.unwrap_or_default().as_f64() / FINE.as_f64()
}

/// All tables.
pub(crate) fn render(questions: &[Vec<Graded>], words: &Measured, meaning: Option<&Measured>) -> String {
    let answers: usize = questions.iter().map(Vec::len).sum();
    let mut text = format!(
        "{answers} answers to {} questions, scale 0-5; in brackets 95 % intervals from 1,000 bootstrap samples of whole \
         questions.\n\n",
        questions.len()
    );
    text.push_str(&accuracy(questions, words, meaning));
    text.push_str(&learning_curve(words, meaning));
    text.push_str(&edits(words, meaning));
    text.push_str(&gaming(words, meaning));
    text.push_str(&probes(words, meaning));
    text.push_str(&others(words, meaning));
    text
}

fn accuracy(questions: &[Vec<Graded>], words: &Measured, meaning: Option<&Measured>) -> String {
    let overlap: Vec<Vec<Judgement>> = questions
        .iter()
        .map(|rows| {
            rows.iter()
                .map(|row| {
                    let predicted = word_overlap(&row.reference_answer, &row.student_answer);
                    Judgement {
                        predicted,
                        human: row.human(),
                        confidence: predicted,
                    }
                })
                .collect()
        })
        .collect();
    let figures = |judged: &[Vec<Judgement>]| Figures::of(judged, FULL_MARKS, Bootstrap::default());
    let columns = [
        Some(figures(&words.judged)),
        meaning.map(|meaning| figures(&meaning.judged)),
        Some(figures(&overlap)),
        Some(figures(&predicting_the_mean(&words.judged))),
    ];
    let rows: [(&str, Pick); 6] = [
        ("Pearson (goal 0.52, stretch 0.59)", |figures| figures.pearson),
        ("RMSE (goal 0.98, stretch 0.89)", |figures| figures.rmse),
        ("QWK", |figures| figures.quadratic_weighted_kappa),
        ("calibration error of the confidence (goal 0.10)", |figures| {
            figures.calibration_error
        }),
        (
            "AUROC of low confidence for an error over 1 point (goal 0.65)",
            |figures| figures.confidence_auroc,
        ),
        ("RMSE of the surest half (goal 0.85 of all)", |figures| {
            figures.rmse_surest_half
        }),
    ];
    let mut text =
        "| question unseen | words only | with the sentence model | word overlap | predicting the mean |\n\
                    |---|---|---|---|---|\n"
            .to_owned();
    for (name, pick) in rows {
        let _ = write!(text, "| {name} |");
        for column in &columns {
            let cell = column
                .as_ref()
                .map_or_else(|| NOT_MEASURED.to_owned(), |figures| estimate(pick(figures)));
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}

fn estimate(estimate: Option<Estimate>) -> String {
    match estimate {
        Some(Estimate {
            value,
            low: Some(low),
            high: Some(high),
        }) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        Some(Estimate { value, .. }) => format!("{value:.3}"),
        None => "not defined".to_owned(),
    }
}

fn learning_curve(words: &Measured, meaning: Option<&Measured>) -> String {
    let mut text = "\n| graded exemplars of the question | RMSE and Pearson, words only | with the sentence model |\n|---|---|---|\n".to_owned();
    for (at, step) in words.curve.iter().enumerate() {
        let shown = |step: &Step| format!("{:.3}, {:.3}", step.rmse, step.pearson);
        let other = meaning
            .and_then(|meaning| meaning.curve.get(at))
            .map_or_else(|| NOT_MEASURED.to_owned(), shown);
        let _ = writeln!(text, "| {} | {} | {other} |", step.exemplars, shown(step));
    }
    text
}

fn edits(words: &Measured, meaning: Option<&Measured>) -> String {
    let mut text =
        "\n| edit that keeps the meaning | answers | mean movement of 5, words only (goal 0.3) | with the sentence model |\n|---|---|---|---|\n"
            .to_owned();
    for (at, (edit, (answers, moved))) in EDITS.iter().zip(&words.edits).enumerate() {
        let other = meaning
            .and_then(|meaning| meaning.edits.get(at))
            .map_or_else(|| NOT_MEASURED.to_owned(), |(_, moved)| format!("{moved:.3}"));
        let _ = writeln!(text, "| {} | {answers} | {moved:.3} | {other} |", edit.name);
    }
    text
}

fn gaming(words: &Measured, meaning: Option<&Measured>) -> String {
    let mut text =
        "\n| in place of an honest answer of at most 4 points | cases | raised over 1 point, words only | of these without a flag (goal 10 % of the cases) | the same two with the sentence model |\n|---|---|---|---|---|\n"
            .to_owned();
    for (at, gamed) in words.gaming.iter().enumerate() {
        let other = meaning.and_then(|meaning| meaning.gaming.get(at)).map_or_else(
            || NOT_MEASURED.to_owned(),
            |gamed| {
                format!(
                    "{}, {}",
                    percent(gamed.raised, gamed.cases),
                    percent(gamed.unnoticed, gamed.cases)
                )
            },
        );
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {other} |",
            gamed.name,
            gamed.cases,
            percent(gamed.raised, gamed.cases),
            percent(gamed.unnoticed, gamed.cases)
        );
    }
    text
}

fn probes(words: &Measured, meaning: Option<&Measured>) -> String {
    let mut text =
        "\n| answers of a known kind | number | judged as an examiner would, words only | with the sentence model |\n|---|---|---|---|\n"
            .to_owned();
    let all = |probes: &[Met], of: fn(&Met) -> usize| probes.iter().map(of).sum::<usize>();
    let mut row = |name: &str, number: usize, met: usize, other: Option<usize>| {
        let other = other.map_or_else(|| NOT_MEASURED.to_owned(), |met| met.to_string());
        let _ = writeln!(text, "| {name} | {number} | {met} | {other} |");
    };
    for (at, kind) in words.probes.iter().enumerate() {
        let other = meaning.map(|meaning| meaning.probes[at].met);
        row(kind.kind, kind.probes, kind.met, other);
    }
    row(
        "all",
        all(&words.probes, |kind| kind.probes),
        all(&words.probes, |kind| kind.met),
        meaning.map(|meaning| all(&meaning.probes, |kind| kind.met)),
    );
    text
}

fn others(words: &Measured, meaning: Option<&Measured>) -> String {
    let both = |of: Cell| {
        let other = meaning.map_or_else(|| NOT_MEASURED.to_owned(), of);
        format!("{} | {other}", of(words))
    };
    let rows: [(&str, Cell); 4] = [
        ("honest answers with any flag", |one| {
            format!("{:.1} %", one.flagged * 100.0)
        }),
        ("mean points of 5 of answers to other questions", |one| {
            format!("{:.2}", one.strangers * FULL_MARKS)
        }),
        ("bit-identical rerun", |one| {
            if one.identical { "yes" } else { "NO" }.to_owned()
        }),
        ("answers per second of CPU time (goal 2,000)", |one| {
            one.per_second.map_or_else(
                || "not measured: the model's time".to_owned(),
                |speed| format!("{speed:.0}"),
            )
        }),
    ];
    let mut text = "\n| besides | words only | with the sentence model |\n|---|---|---|\n".to_owned();
    for (name, of) in rows {
        let _ = writeln!(text, "| {name} | {} |", both(of));
    }
    text
}

pub(crate) fn percent(part: usize, all: usize) -> String {
    format!("{:.1} %", count(part) / count(all.max(1)) * 100.0)
}

fn count(number: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nobody grades 2^52 answers")]
    {
        number as f64
    }
}
