//! Which right entry belongs to a left one by the span: the one that stands next to it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::item::Choice;
use super::super::content::text_of;
use super::super::reading::Reading;

/// A partner before the entry is worth less than one after it, one in another sentence less than that.
const BEFORE: usize = 10_000;
const ELSEWHERE: usize = 100_000;

pub(super) fn check(
    reading: &Reading,
    left: &[Choice],
    right: &[Choice],
    key: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), String> {
    for entry in left {
        let partners = key.get(&entry.id);
        let own: Vec<&str> = partners
            .into_iter()
            .flatten()
            .filter_map(|id| text_of(right, id))
            .collect();
        let distance = |text: &str| apart(reading, &entry.text, text);
        for text in own {
            let Some(near) = distance(text) else {
                return Err(format!("“{}” or “{text}” is not in the cited span", entry.text));
            };
            let closer = right
                .iter()
                .filter(|other| partners.is_none_or(|ids| !ids.contains(&other.id)))
                .find(|other| distance(&other.text).is_some_and(|other| other < near));
            if let Some(other) = closer {
                return Err(format!(
                    "the cited span gives “{}” to “{}”, not “{text}”",
                    other.text, entry.text
                ));
            }
        }
    }
    Ok(())
}

/// How far a text stands from an entry, in letters; `None` when one of them is not there.
fn apart(reading: &Reading, entry: &str, text: &str) -> Option<usize> {
    let (entries, texts) = (reading.places_of(entry), reading.places_of(text));
    let pairs = entries
        .iter()
        .flat_map(|entry| texts.iter().map(move |text| (entry, text)));
    pairs
        .map(|(entry, text)| {
            let elsewhere = if sentence_at(reading, entry.0) == sentence_at(reading, text.0) {
                0
            } else {
                ELSEWHERE
            };
            if text.0 >= entry.1 {
                elsewhere + text.0 - entry.1
            } else {
                elsewhere + BEFORE + entry.0.saturating_sub(text.1)
            }
        })
        .min()
}

fn sentence_at(reading: &Reading, place: usize) -> usize {
    reading
        .sentences
        .partition_point(|sentence| sentence.start <= place)
}
