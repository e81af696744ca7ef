//! What takes no thought at all; a scorer that is no better is none.

use std::collections::BTreeSet;

use super::Judgement;

/// Share of the reference's distinct words, in lower case, that the answer has too, 0–1; 0 for a reference without words.
pub fn word_overlap(reference: &str, answer: &str) -> f64 {
    let expected = words(reference);
    let found = expected.intersection(&words(answer)).count();
    #[expect(clippy::cast_precision_loss, reason = "texts have far fewer than 2^52 words")]
    {
        found as f64 / expected.len().max(1) as f64
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The same data judged by somebody who knows only its mean and how often the mean is right.
///
/// It may look at the scores it is measured by, which the scorer may not: as hard a baseline as a constant can be.
pub fn predicting_the_mean(questions: &[Vec<Judgement>]) -> Vec<Vec<Judgement>> {
    let all = || questions.iter().flatten();
    #[expect(clippy::cast_precision_loss, reason = "nobody grades 2^52 answers")]
    let count = all().count().max(1) as f64;
    let predicted = all().map(|one| one.human).sum::<f64>() / count;
    let constant = |one: &Judgement| Judgement { predicted, ..*one };
    #[expect(clippy::cast_precision_loss, reason = "nobody grades 2^52 answers")]
    let right = all().filter(|one| constant(one).is_right()).count() as f64;
    let judge = |one: &Judgement| Judgement {
        confidence: right / count,
        ..constant(one)
    };
    questions
        .iter()
        .map(|question| question.iter().map(judge).collect())
        .collect()
}
