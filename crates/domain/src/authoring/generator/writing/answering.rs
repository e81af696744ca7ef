//! Items answered without their key: with the cited text, and by their wording alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::super::gate::Refusal;
use super::super::super::gate::wording::{content_stems, normal, share_within};
use super::super::super::item::{Choice, CognitiveLevel, ItemBody, ItemContent};
use super::item::{Draft, number, parsed, refusal};
use crate::llm::{as_data, visible_words};

/// An answer in words reaches the key with this share of the reference's content words.
const LEAST_SHARE: f64 = 0.5;
/// Characters of one answer that are looked at.
const MOST_CHARS: usize = 1_000;

/// What a reader answered to one item.
#[derive(Debug, Default)]
pub(super) struct Answered {
    options: Vec<usize>,
    truth: Option<bool>,
    words: Vec<String>,
    cognitive_level: Option<CognitiveLevel>,
    given_away: bool,
}

impl Answered {
    /// Answers by the numbers of their items, from 1; of two to one item the first.
    pub(super) fn by_item(object: &Map<String, Value>) -> BTreeMap<usize, Self> {
        let mut answers = BTreeMap::new();
        let entries = object.get("answers").and_then(Value::as_array);
        for entry in entries.into_iter().flatten().take(super::prompt::MOST_ITEMS) {
            let Some(item) = number(entry.get("item")) else {
                continue;
            };
            answers.entry(item).or_insert_with(|| Self {
                options: entries_of(entry, "options")
                    .filter_map(|value| number(Some(value)))
                    .collect(),
                truth: entry.get("truth").and_then(Value::as_bool),
                words: entries_of(entry, "words")
                    .filter_map(Value::as_str)
                    .map(|said| visible_words(said, MOST_CHARS))
                    .collect(),
                cognitive_level: parsed(entry, "cognitive_level"),
                given_away: entry.get("given_away").and_then(Value::as_bool).unwrap_or(false),
            });
        }
        answers
    }
}

/// A reader's list; what is none is empty.
fn entries_of<'v>(entry: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    let entries = entry.get(name).and_then(Value::as_array);
    entries.into_iter().flatten().take(super::prompt::MOST_ITEMS)
}

/// The cited text has to give the key, and the reader to see the same demand.
pub(super) fn with_the_text(item: &ItemContent, answered: Option<&Answered>) -> Result<(), Refusal> {
    let Some(answered) = answered else {
        return Err(refusal("grounded", "a second reader gave no answer"));
    };
    if !reaches_key(&item.body, answered) {
        return Err(refusal(
            "grounded",
            "a second reader with the cited text does not reach the key",
        ));
    }
    match answered.cognitive_level {
        Some(seen) if seen == item.cognitive_level => Ok(()),
        _ => Err(refusal(
            "blueprint",
            "a second reader sees another cognitive level in it",
        )),
    }
}

/// The wording alone must not give the key.
pub(super) fn by_wording(item: &ItemContent, answered: Option<&Answered>) -> Result<(), Refusal> {
    let Some(answered) = answered else {
        return Err(refusal(
            "not_trivial",
            "whether its wording gives it away was not said",
        ));
    };
    if answered.given_away && reaches_key(&item.body, answered) {
        return Err(refusal(
            "not_trivial",
            "a reader without the text reaches the key by its wording",
        ));
    }
    Ok(())
}

fn reaches_key(body: &ItemBody, answered: &Answered) -> bool {
    match body {
        ItemBody::MultipleChoice { options, key, .. } => {
            matches!(&chosen(options, answered)[..], [one] if key.contains(one))
        }
        ItemBody::MultipleResponse { options, key, .. } => chosen(options, answered).iter().eq(key.iter()),
        ItemBody::TrueFalse { key, .. } => answered.truth == Some(*key),
        ItemBody::FillBlank { blanks } => {
            let fits = |(blank, word): (&super::super::super::item::Blank, &String)| {
                let word = normal(word);
                blank.accepted.iter().any(|accepted| normal(accepted) == word)
            };
            answered.words.len() == blanks.len() && blanks.iter().zip(&answered.words).all(fits)
        }
        ItemBody::ShortAnswer { reference, .. } => {
            let said = content_stems(&answered.words.join(" "));
            share_within(&content_stems(reference), &said) >= LEAST_SHARE
        }
        // Models write none of the others.
        _ => false,
    }
}

/// Ids of the chosen options, sorted.
fn chosen(options: &[Choice], answered: &Answered) -> Vec<String> {
    let id = |number: &usize| Some(options.get(number.checked_sub(1)?)?.id.clone());
    let ids: BTreeSet<String> = answered.options.iter().filter_map(id).collect();
    ids.into_iter().collect()
}

/// Items as a reader gets them: without key, and with the cited text or not.
pub(super) fn items(drafts: &[Draft], with_text: bool) -> String {
    let shown: Vec<String> = (1..)
        .zip(drafts)
        .map(|(number, draft)| shown(number, &draft.item, with_text))
        .collect();
    format!("[{}]", shown.join(",\n"))
}

fn shown(number: usize, item: &ItemContent, with_text: bool) -> String {
    let options: Vec<&str> = match &item.body {
        ItemBody::MultipleChoice { options, .. } | ItemBody::MultipleResponse { options, .. } => {
            options.iter().map(|option| option.text.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let options: Vec<String> = options.into_iter().map(as_data).collect();
    let quote = item.source.as_ref().map_or("", |source| source.quote.as_str());
    let text = if with_text {
        format!(",\"text\":{}", as_data(quote))
    } else {
        String::new()
    };
    format!(
        "{{\"item\":{number},\"kind\":{},\"stem\":{},\"options\":[{}]{text}}}",
        json!(item.body.kind()),
        as_data(&item.stem),
        options.join(",")
    )
}
