//! Short ways to write items down.

use std::collections::BTreeMap;

use crate::authoring::item::{
    Blank, BlankComparison, Choice, CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, SourceSpan,
    Tolerance,
};
use crate::authoring::rubric::Rubric;
use crate::ids::SyllabusId;
use crate::points::Points;

/// An item of any body, cited with its quote.
pub(super) fn item(stem: &str, body: ItemBody, quote: &str) -> ItemContent {
    ItemContent {
        stem: stem.to_owned(),
        marks: Points::whole(2),
        body,
        topic: "Topic".to_owned(),
        cognitive_level: CognitiveLevel::Remember,
        difficulty: Difficulty::Easy,
        source: Some(SourceSpan {
            syllabus_id: SyllabusId(uuid::Uuid::nil()),
            page: 1,
            start: 0,
            end: u32::try_from(quote.chars().count()).unwrap_or(u32::MAX),
            quote: quote.to_owned(),
        }),
        skills: Vec::new(),
    }
}

/// Entries with the ids a, b, c … or l1, l2 …
pub(super) fn choices(side: &str, texts: &[&str]) -> Vec<Choice> {
    let id = |index: usize| match side {
        "" => ('a'..='z').nth(index).map_or_else(String::new, String::from),
        side => format!("{side}{}", index + 1),
    };
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| Choice {
            id: id(index),
            text: (*text).to_owned(),
        })
        .collect()
}

/// The key is written as the letters of the right options (`ac`).
fn letters(key: &str) -> Vec<String> {
    key.chars().map(String::from).collect()
}

pub(super) fn mc(stem: &str, options: &[&str], key: &str, quote: &str) -> ItemContent {
    let options = choices("", options);
    item(
        stem,
        ItemBody::MultipleChoice {
            options,
            key: letters(key),
            negative: Negative::default(),
        },
        quote,
    )
}

pub(super) fn mr(stem: &str, options: &[&str], key: &str, quote: &str) -> ItemContent {
    let key = letters(key).into_iter().collect();
    let negative = Negative::default();
    item(
        stem,
        ItemBody::MultipleResponse {
            options: choices("", options),
            key,
            partial_credit: true,
            negative,
        },
        quote,
    )
}

pub(super) fn tf(stem: &str, key: bool, quote: &str) -> ItemContent {
    item(
        stem,
        ItemBody::TrueFalse {
            key,
            negative: Negative::default(),
        },
        quote,
    )
}

/// One blank per list of accepted answers.
pub(super) fn fill(stem: &str, blanks: &[&[&str]], quote: &str) -> ItemContent {
    let blank = |(number, accepted): (usize, &&[&str])| Blank {
        id: format!("b{number}"),
        accepted: accepted.iter().map(|answer| (*answer).to_owned()).collect(),
        comparison: BlankComparison::Normal,
        weight: 1.0,
    };
    item(
        stem,
        ItemBody::FillBlank {
            blanks: (1..).zip(blanks).map(blank).collect(),
        },
        quote,
    )
}

/// `pairs` name left and right numbers from 1.
pub(super) fn matching(left: &[&str], right: &[&str], pairs: &[(usize, usize)], quote: &str) -> ItemContent {
    let mut key: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
    for (from, to) in pairs {
        key.entry(format!("l{from}"))
            .or_default()
            .insert(format!("r{to}"));
    }
    let body = ItemBody::Matching {
        left: choices("l", left),
        right: choices("r", right),
        key,
        partial_credit: true,
    };
    item("Match each term with its description.", body, quote)
}

pub(super) fn numeric(stem: &str, key: f64, quote: &str) -> ItemContent {
    item(
        stem,
        ItemBody::Numeric {
            key,
            tolerance: Tolerance::Absolute(0.0),
            unit: None,
        },
        quote,
    )
}

/// The key is written as the letters in the right order.
pub(super) fn ordering(shown: &[&str], key: &str, quote: &str) -> ItemContent {
    let body = ItemBody::Ordering {
        options: choices("", shown),
        key: letters(key),
        partial_credit: true,
    };
    item("Put these steps of the recipe into the right order.", body, quote)
}

pub(super) fn short(stem: &str, reference: &str, quote: &str) -> ItemContent {
    let rubric = Rubric::default_for(Difficulty::Medium);
    item(
        stem,
        ItemBody::ShortAnswer {
            reference: reference.to_owned(),
            rubric,
        },
        quote,
    )
}

pub(super) fn essay(stem: &str, reference: Option<&str>, quote: &str) -> ItemContent {
    let rubric = Rubric::default_for(Difficulty::Hard);
    item(
        stem,
        ItemBody::Essay {
            reference: reference.map(str::to_owned),
            rubric,
        },
        quote,
    )
}
