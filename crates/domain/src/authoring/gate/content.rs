//! What an item consists of for the rules: its texts, its right and wrong options, its fingerprint.

use sha2::{Digest, Sha256};

use super::super::item::{Blank, Choice, ItemBody, ItemContent, ProfileField, ProfileForm, TestCase};
use super::wording::normal;

/// SHA-256 (hex) of what an item asks and accepts, whatever the case, punctuation and order of its options.
pub fn content_hash(item: &ItemContent) -> String {
    let mut parts = texts_of(item);
    parts.sort();
    let mut hash = Sha256::new();
    hash.update(item.body.kind().as_str());
    hash.update([0]);
    hash.update(normal(&item.stem));
    for part in parts {
        hash.update([0]);
        hash.update(normal(&part));
    }
    hex(&hash.finalize())
}

/// Whether an item with the same [`content_hash`] is scored in the same way: same key and marks, of the same level and
/// difficulty, whatever the ids and order of its options.
pub fn is_scored_alike(one: &ItemContent, other: &ItemContent) -> bool {
    one.marks == other.marks
        && one.cognitive_level == other.cognitive_level
        && one.difficulty == other.difficulty
        && by_text(&one.body) == by_text(&other.body)
}

/// The body with the texts of its options in place of their ids, in the order of the texts.
fn by_text(body: &ItemBody) -> ItemBody {
    let named = |choices: &[Choice], ids: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        ids.map(|id| text_of(choices, id).unwrap_or(id).to_owned())
            .collect()
    };
    let mut same = body.clone();
    match &mut same {
        ItemBody::MultipleChoice { options, key, .. } => {
            *key = named(options, &mut key.iter());
            key.sort();
            *options = sorted(options);
        }
        ItemBody::MultipleResponse { options, key, .. } => {
            *key = named(options, &mut key.iter()).into_iter().collect();
            *options = sorted(options);
        }
        ItemBody::Ordering { options, key, .. } => {
            *key = named(options, &mut key.iter());
            *options = sorted(options);
        }
        ItemBody::Matching { left, right, key, .. } => {
            *key = key
                .iter()
                .map(|(from, to)| {
                    let from = text_of(left, from).unwrap_or(from).to_owned();
                    (from, named(right, &mut to.iter()).into_iter().collect())
                })
                .collect();
            (*left, *right) = (sorted(left), sorted(right));
        }
        _ => {}
    }
    same
}

fn sorted(choices: &[Choice]) -> Vec<Choice> {
    let mut texts: Vec<Choice> = choices
        .iter()
        .map(|choice| Choice {
            id: choice.text.clone(),
            text: choice.text.clone(),
        })
        .collect();
    texts.sort_by(|one, other| one.text.cmp(&other.text));
    texts
}

fn hex(bytes: &[u8]) -> String {
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
pub(super) fn texts_of(item: &ItemContent) -> Vec<String> {
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

/// What the candidate has to find, as one text; empty where nothing is to be found word by word.
pub(super) fn key_text(item: &ItemContent) -> String {
    match &item.body {
        ItemBody::MultipleChoice { .. } | ItemBody::MultipleResponse { .. } => {
            split_options(item).0.join(" ")
        }
        ItemBody::FillBlank { .. } | ItemBody::Matching { .. } | ItemBody::Numeric { .. } => {
            texts_of(item).join(" ")
        }
        ItemBody::Ordering { options, key, .. } => {
            let texts: Vec<&str> = key.iter().filter_map(|id| text_of(options, id)).collect();
            texts.join(" ")
        }
        ItemBody::TrueFalse { .. }
        | ItemBody::ShortAnswer { .. }
        | ItemBody::Essay { .. }
        | ItemBody::Coding { .. }
        | ItemBody::Profile { .. }
        | ItemBody::FileUpload { .. } => String::new(),
    }
}

/// The text of the entry with an id.
pub(super) fn text_of<'a>(choices: &'a [Choice], id: &str) -> Option<&'a str> {
    choices
        .iter()
        .find(|choice| choice.id == id)
        .map(|choice| choice.text.as_str())
}

/// The texts of the right and of the wrong options of a choice item; empty for other kinds.
pub(super) fn split_options(item: &ItemContent) -> (Vec<&str>, Vec<&str>) {
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

#[cfg(test)]
mod tests {
    use super::super::testing::choice;
    use super::*;

    #[test]
    fn the_hash_ignores_case_punctuation_and_the_order_of_options() {
        let one = choice("Which animal barks?", &["Dog", "Cat", "Cow"], "A dog barks.");
        let mut same = choice("which animal  barks", &["dog", "cow", "cat"], "A dog barks.");
        if let ItemBody::MultipleChoice { options, .. } = &mut same.body {
            options.reverse();
        }
        let other = choice("Which animal purrs?", &["Dog", "Cat", "Cow"], "A cat purrs.");
        assert_eq!(content_hash(&one), content_hash(&same));
        assert_ne!(content_hash(&one), content_hash(&other));
    }
}
