//! Sentences that answer a question of their own: why, what for, how different.

use super::super::document::Document;
use super::super::english::{bare, is_plural, without_stop};

/// A question whose answer is the sentence it was made from.
#[derive(Clone, Debug)]
pub(in super::super) struct Question {
    pub(in super::super) text: String,
    /// Comparing asks for more than recalling a reason.
    pub(in super::super) compares: bool,
    /// What the essay on the section may ask to discuss (`why normalization matters`).
    pub(in super::super) theme: String,
}

/// The question a sentence answers, if it has one of the known forms.
pub(in super::super) fn questions_in(document: &Document<'_>, sentence: usize) -> Option<Question> {
    let text = without_stop(document.text(sentence));
    difference(document, text)
        .or_else(|| purpose(text))
        .or_else(|| reason(document, text))
}

fn difference(document: &Document<'_>, text: &str) -> Option<Question> {
    let singular = text.split_once(" differs from ");
    let (first, rest) = singular.or_else(|| text.split_once(" differ from "))?;
    let second = rest
        .split([',', ';'])
        .next()?
        .split(" because ")
        .next()?
        .split(" in that ")
        .next()?
        .split(" by ")
        .next()?;
    let short = |phrase: &str| (1..=6).contains(&phrase.split(' ').count());
    let verb = if singular.is_some() { "does" } else { "do" };
    let first = document.casing.inside(first);
    // The sentence must go on after naming the two, otherwise it does not say how they differ.
    (short(&first) && short(second) && rest.len() > second.len() + 20).then(|| Question {
        text: format!("How {verb} {first} differ from {second}?"),
        compares: true,
        theme: format!(
            "how {first} {} from {second}",
            if singular.is_some() { "differs" } else { "differ" }
        ),
    })
}

fn purpose(text: &str) -> Option<Question> {
    let (noun, rest) = ["purpose", "aim", "goal", "function", "role"]
        .iter()
        .find_map(|noun| Some((*noun, text.strip_prefix(&format!("The {noun} of "))?)))?;
    let (of, _) = rest.split_once(" is to ")?;
    (of.split(' ').count() <= 8).then(|| Question {
        text: format!("What is the {noun} of {of}?"),
        compares: false,
        theme: format!("the {noun} of {of}"),
    })
}

fn reason(document: &Document<'_>, text: &str) -> Option<Question> {
    let (effect, cause) = text
        .split_once(" because ")
        .filter(|(_, cause)| !cause.contains(" because "))?;
    let effect = effect.trim_end_matches(',');
    let words = effect.split(' ').count();
    let opener = bare(effect.split(' ').next().unwrap_or_default()).to_lowercase();
    let turned = matches!(
        opener.as_str(),
        "just" | "only" | "not" | "simply" | "perhaps" | "probably" | "partly"
    );
    let hedged = ["partly", "only", "just", "simply", "not", "even"]
        .iter()
        .any(|word| effect.ends_with(&format!(" {word}")));
    let of_cause = cause.starts_with("of ");
    let sound = (3..=18).contains(&words) && !turned && !hedged && !of_cause && !effect.contains([',', ';']);
    let effect = document.casing.inside(effect);
    (sound && cause.split(' ').count() >= 4).then(|| Question {
        text: format!("Explain why {effect}."),
        compares: false,
        theme: format!("why {effect}"),
    })
}

/// `What is a deadlock?`, `What are enzymes?`
pub(in super::super) fn copula(phrase: &str, plural: bool) -> &'static str {
    if plural || is_plural(phrase) && !phrase.starts_with("a ") && !phrase.starts_with("an ") {
        "are"
    } else {
        "is"
    }
}
