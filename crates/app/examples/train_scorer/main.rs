//! Learns the coefficients of the local scorer: `cargo xtask train-scorer [--check] [DATA]`.
//!
//! DATA is a CSV file with `question_id, question, reference_answer, student_answer, score_mean` (0–5). The second set of
//! coefficients needs the sentence model (`TOUCHSTONE__MODELS__DIRECTORY`); without it the committed set stays.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod data;
mod learning;
mod line;
mod memo;
mod table;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use domain::scoring::local::{Coefficients, LocalScorer};
use sha2::{Digest as _, Sha256};

use self::data::Graded;
use self::learning::{Samples, measure, train};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let named = arguments.iter().find(|argument| *argument != "--check");
    let path = data::place(named.map(String::as_str))?;
    let questions = data::read(&path)?;
    let [_, committed] = LocalScorer::default().coefficients();
    let words_only = learn(&LocalScorer::default(), &questions, false);
    let with_meaning = if let Some(model) = memo::sentence_model() {
        learn(&LocalScorer::with_embedder(model), &questions, true)
    } else {
        println!("no sentence model in TOUCHSTONE__MODELS__DIRECTORY: its coefficients stay as they are");
        committed
    };
    let text = table::render(&questions, &fingerprint(&path)?, &words_only, &with_meaning);
    finish(&text, check)
}

fn learn(scorer: &LocalScorer, questions: &[Vec<Graded>], with_meaning: bool) -> Coefficients {
    let samples = measure(scorer, questions);
    train(&samples.iter().collect::<Vec<&Samples>>(), with_meaning)
}

fn finish(text: &str, check: bool) -> Result<()> {
    if check {
        let stored = std::fs::read_to_string(table::PLACE).context(table::PLACE)?;
        if stored != text {
            bail!(
                "{} is not what training gives: run `cargo xtask train-scorer`",
                table::PLACE
            );
        }
        println!("{} is what training gives", table::PLACE);
    } else {
        std::fs::write(table::PLACE, text).context(table::PLACE)?;
        println!("wrote {}", table::PLACE);
    }
    Ok(())
}

fn fingerprint(path: &Path) -> Result<String> {
    let digest = Sha256::digest(std::fs::read(path)?);
    Ok(digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
