//! All figures of the local scorer: `cargo xtask bench scorer`. Prints Markdown; docs/scoring.md holds a copy.
//!
//! Accuracy and confidence are measured on questions the coefficients were not learnt from; everything else on the
//! committed coefficients. Argument: DATA as for `train_scorer`.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool speaks on its standard streams"
)]

mod curve;
#[path = "../train_scorer/data.rs"]
mod data;
mod edits;
mod folds;
mod gaming;
#[path = "../train_scorer/learning.rs"]
mod learning;
#[path = "../train_scorer/line.rs"]
mod line;
#[path = "../train_scorer/memo.rs"]
mod memo;
mod report;
mod screened;
mod speed;

use anyhow::Result;
use domain::scoring::local::LocalScorer;

use self::data::Graded;
use self::report::Measured;

/// One answer in so many is embedded anew for the edits and the rerun: a sentence model takes its time.
const SAMPLED: usize = 5;

fn main() -> Result<()> {
    let named = std::env::args().nth(1);
    let questions = data::read(&data::place(named.as_deref())?)?;
    let words_only = measure(&LocalScorer::default(), &questions, false)?;
    let with_meaning = match memo::sentence_model() {
        Some(model) => Some(measure(&LocalScorer::with_embedder(model), &questions, true)?),
        None => None,
    };
    println!(
        "{}",
        report::render(&questions, &words_only, with_meaning.as_ref())
    );
    println!("{}", screened::render(&questions));
    Ok(())
}

fn measure(scorer: &LocalScorer, questions: &[Vec<Graded>], with_meaning: bool) -> Result<Measured> {
    let judged = folds::judge(&folds::left_out(scorer, questions, with_meaning), questions);
    let sampled = if with_meaning {
        thinned(questions)
    } else {
        questions.to_vec()
    };
    let again = if with_meaning {
        memo::sentence_model().map(LocalScorer::with_embedder)
    } else {
        Some(LocalScorer::default())
    };
    Ok(Measured {
        curve: curve::measure(&judged),
        edits: report::movements(scorer, &sampled),
        gaming: gaming::measure(scorer, questions),
        flagged: report::flagged(scorer, questions),
        strangers: report::strangers(scorer, questions),
        probes: testkit::judged_answers::met(scorer),
        identical: again.is_some_and(|again| report::identical(scorer, &again, &sampled)),
        per_second: if with_meaning {
            None
        } else {
            Some(speed::answers_per_second(scorer, questions)?)
        },
        judged,
    })
}

fn thinned(questions: &[Vec<Graded>]) -> Vec<Vec<Graded>> {
    let thin = |rows: &Vec<Graded>| rows.iter().step_by(SAMPLED).cloned().collect();
    questions.iter().map(thin).collect()
}
