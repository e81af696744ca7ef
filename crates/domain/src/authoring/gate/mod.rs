//! The quality gate: what a generated item must pass before a person sees it.
//!
//! Each rule has a name that is kept with every dropped item, and never repairs anything: an item is sound as it is, or
//! it is dropped with the reason. Rules that need a second reader of the text (answerable from the stem alone, topic and
//! level judged again) are not here; these six decide from the item and its cited span.

mod distractors;
mod duplicate;
mod flaws;
mod grounded;
mod leak;
mod one_key;
#[cfg(test)]
mod tests;
pub(super) mod wording;

use sha2::{Digest, Sha256};

use super::item::{Blank, Choice, ItemBody, ItemContent, ProfileField, ProfileForm, TestCase};
use duplicate::Signature;

/// Why an item was dropped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {reason}")]
pub struct Rejection {
    /// Name of the rule (`no_leak`).
    pub rule: &'static str,
    /// What is wrong with the item.
    pub reason: String,
}

/// A gate that remembers what it let through, so that a batch is compared with itself cheaply.
#[derive(Debug, Default)]
pub struct Gate {
    accepted: Vec<Signature>,
}

type Rule = (&'static str, fn(&ItemContent) -> Result<(), String>);

/// The rules that look at one item alone, cheapest and most fundamental first.
const RULES: [Rule; 5] = [
    ("one_key", one_key::check),
    ("flaws", flaws::check),
    ("distractors", distractors::check),
    ("no_leak", leak::check),
    ("grounded", grounded::check),
];

impl Gate {
    /// A gate that already knows a bank of items.
    pub fn knowing(bank: &[ItemContent]) -> Self {
        Self {
            accepted: bank.iter().map(Signature::of).collect(),
        }
    }

    /// Judges an item without remembering it.
    pub fn check(&self, item: &ItemContent) -> Result<(), Rejection> {
        for (rule, check) in RULES {
            check(item).map_err(|reason| Rejection { rule, reason })?;
        }
        Signature::of(item)
            .unlike_all(&self.accepted)
            .map_err(|reason| Rejection {
                rule: "no_duplicate",
                reason,
            })
    }

    /// Judges an item and, when it is sound, compares later ones with it.
    pub fn admit(&mut self, item: &ItemContent) -> Result<(), Rejection> {
        self.check(item)?;
        self.accepted.push(Signature::of(item));
        Ok(())
    }
}

/// Judges one item against those accepted before it; the first rule it breaks is named.
pub fn check(item: &ItemContent, accepted_so_far: &[ItemContent]) -> Result<(), Rejection> {
    Gate::knowing(accepted_so_far).check(item)
}

/// SHA-256 (hex) of what an item asks and accepts, whatever the case, punctuation and order of its options.
pub fn content_hash(item: &ItemContent) -> String {
    let mut parts = texts_of(item);
    parts.sort();
    let mut hash = Sha256::new();
    hash.update(item.body.kind().as_str());
    hash.update([0]);
    hash.update(wording::normal(&item.stem));
    for part in parts {
        hash.update([0]);
        hash.update(wording::normal(&part));
    }
    hex(&hash.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Everything in the body that a candidate reads or has to write.
fn texts_of(item: &ItemContent) -> Vec<String> {
    let texts = |choices: &[Choice]| {
        choices
            .iter()
            .map(|choice| choice.text.clone())
            .collect::<Vec<_>>()
    };
    match &item.body {
        ItemBody::MultipleChoice { options, .. }
        | ItemBody::MultipleResponse { options, .. }
        | ItemBody::Ordering { options, .. } => texts(options),
        ItemBody::TrueFalse { key, .. } => vec![key.to_string()],
        ItemBody::FillBlank { blanks } => blanks.iter().filter_map(first_accepted).collect(),
        ItemBody::Matching { left, right, .. } => [texts(left), texts(right)].concat(),
        ItemBody::Numeric { key, .. } => vec![key.to_string()],
        ItemBody::ShortAnswer { reference, .. } => vec![reference.clone()],
        ItemBody::Essay { reference, .. } => reference.iter().cloned().collect(),
        ItemBody::Coding { languages, tests, .. } => {
            let tested = |test: &TestCase| format!("{} {}", test.stdin, test.expected);
            languages
                .iter()
                .cloned()
                .chain(tests.iter().map(tested))
                .collect()
        }
        ItemBody::Profile { form } => texts_of_form(form),
        ItemBody::FileUpload { accepted, .. } => accepted.clone(),
    }
}

fn texts_of_form(form: &ProfileForm) -> Vec<String> {
    match form {
        ProfileForm::Text => Vec::new(),
        ProfileForm::Choice { options, .. } => options.iter().map(|option| option.text.clone()).collect(),
        ProfileForm::Checklist { context, .. } => context.iter().map(|entry| entry.text.clone()).collect(),
        ProfileForm::Compound { fields } => {
            let texts =
                |field: &ProfileField| [vec![field.label.clone()], texts_of_form(&field.form)].concat();
            fields.iter().flat_map(texts).collect()
        }
    }
}

fn first_accepted(blank: &Blank) -> Option<String> {
    blank.accepted.first().cloned()
}

/// The texts of the right and of the wrong options of a choice item; empty for other kinds.
fn split_options(item: &ItemContent) -> (Vec<&str>, Vec<&str>) {
    let is_key = |id: &String| match &item.body {
        ItemBody::MultipleChoice { key, .. } => key.contains(id),
        ItemBody::MultipleResponse { key, .. } => key.contains(id),
        _ => false,
    };
    let options: &[Choice] = match &item.body {
        ItemBody::MultipleChoice { options, .. } | ItemBody::MultipleResponse { options, .. } => options,
        _ => &[],
    };
    let (right, wrong): (Vec<&Choice>, Vec<&Choice>) = options.iter().partition(|option| is_key(&option.id));
    (
        right.iter().map(|choice| choice.text.as_str()).collect(),
        wrong.iter().map(|choice| choice.text.as_str()).collect(),
    )
}
