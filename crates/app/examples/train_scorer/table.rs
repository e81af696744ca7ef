//! The learnt coefficients as a file of the program.

use std::fmt::Write as _;

use domain::scoring::local::{Coefficients, DOUBTS, FEATURES};

use crate::data::Graded;
use crate::learning::{SCORE_RIDGE, STRANGER_WEIGHT, STRANGERS, SURE_RIDGE};

/// Where the file is, from the root of the workspace.
pub(crate) const PLACE: &str = "crates/domain/src/scoring/local/learnt/table.rs";

/// The text of the file; the same data gives the same text.
pub(crate) fn render(
    questions: &[Vec<Graded>],
    fingerprint: &str,
    words_only: &Coefficients,
    with_meaning: &Coefficients,
) -> String {
    let answers: usize = questions.iter().map(Vec::len).sum();
    let mut text = format!(
        "//! Written by `cargo xtask train-scorer`; change nothing here by hand.
//!
//! Learnt from {answers} graded answers to {} questions, a file with SHA-256
//! {fingerprint}, see docs/scoring.md for its source and licence.
//! Ridge regression with signs (penalty {SCORE_RIDGE}, {STRANGERS} answers to other questions worth nothing for each
//! question with weight {STRANGER_WEIGHT}); logistic regression (penalty {SURE_RIDGE}) on scores of left-out questions.
//! No randomness; in ten-thousandths.

use super::Kept;

",
        questions.len(),
    );
    set(&mut text, "WORDS_ONLY", "Without a sentence model.", words_only);
    text.push('\n');
    set(&mut text, "WITH_MEANING", "With a sentence model.", with_meaning);
    text
}

fn set(text: &mut String, name: &str, about: &str, learnt: &Coefficients) {
    let features = FEATURES.iter().map(|feature| feature.name);
    let weights = column(features.zip(learnt.weights));
    let sure = column(DOUBTS.into_iter().zip(learnt.sure_weights));
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "/// {about}
#[rustfmt::skip]
pub(super) const {name}: Kept = Kept {{
    intercept: {},
    weights: [
{weights}    ],
    sure_intercept: {},
    sure_weights: [
{sure}    ],
}};
",
        number(learnt.intercept),
        number(learnt.sure_intercept),
    );
}

fn column<'n>(entries: impl Iterator<Item = (&'n str, f64)>) -> String {
    entries.fold(String::new(), |mut text, (name, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "        {}, // {name}", number(value));
        text
    })
}

/// In ten-thousandths, thousands set apart.
fn number(value: f64) -> String {
    let digits = format!("{:.0}", (value * 10_000.0).abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len() > 4 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_written_in_ten_thousandths() {
        assert_eq!(
            [0.0, 0.0868, -0.4321, 2.9043, -12.5].map(number),
            ["0", "868", "-4321", "29_043", "-125_000"]
        );
    }
}
