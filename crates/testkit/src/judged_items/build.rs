//! Items from the fields of a table.

use std::collections::{BTreeMap, BTreeSet};

use domain::authoring::item::{
    Blank, BlankComparison, Choice, CognitiveLevel, Difficulty, ItemBody, ItemContent, Negative, SourceSpan,
    Tolerance,
};
use domain::authoring::rubric::Rubric;
use domain::ids::SyllabusId;
use domain::points::Points;

/// What an item says of itself.
pub(super) struct Labels {
    pub(super) topic: String,
    pub(super) level: CognitiveLevel,
    pub(super) difficulty: Difficulty,
}

pub(super) fn item(stem: &str, body: ItemBody, labels: Labels, quote: &str) -> ItemContent {
    ItemContent {
        stem: stem.to_owned(),
        marks: Points::whole(2),
        body,
        topic: labels.topic,
        cognitive_level: labels.level,
        difficulty: labels.difficulty,
        source: Some(SourceSpan {
            syllabus_id: SyllabusId(uuid::Uuid::nil()),
            page: 1,
            start: 0,
            end: u32::try_from(quote.chars().count()).unwrap_or(u32::MAX),
            quote: quote.to_owned(),
        }),
        skills: Vec::new(),
        written_by: None,
    }
}

/// The body of a kind as a table writes it.
pub(super) fn body_of(kind: &str, text: &str, difficulty: Difficulty) -> ItemBody {
    let parts: Vec<&str> = text.split(" / ").map(str::trim).collect();
    let negative = Negative::default();
    let rubric = Rubric::default_for(difficulty);
    match kind {
        "mc" => {
            let (options, key) = starred(&parts);
            ItemBody::MultipleChoice {
                options,
                key,
                negative,
            }
        }
        "mr" => {
            let (options, key) = starred(&parts);
            ItemBody::MultipleResponse {
                options,
                key: key.into_iter().collect(),
                partial_credit: true,
                negative,
            }
        }
        "tf" => ItemBody::TrueFalse {
            key: text == "true",
            negative,
        },
        "gap" => ItemBody::FillBlank {
            blanks: (1..)
                .zip(&parts)
                .map(|(number, part)| blank(number, part))
                .collect(),
        },
        "match" => matching(&parts, 1),
        "match!" => matching(&parts, 0),
        "order" => ordering(&parts, true),
        "order!" => ordering(&parts, false),
        "num" => numeric(text),
        "short" => ItemBody::ShortAnswer {
            reference: text.to_owned(),
            rubric,
        },
        "essay" => ItemBody::Essay {
            reference: Some(text.to_owned()),
            rubric,
        },
        _ => panic!("no such kind: {kind}"),
    }
}

fn starred(parts: &[&str]) -> (Vec<Choice>, Vec<String>) {
    let plain: Vec<&str> = parts.iter().map(|part| part.trim_start_matches('*')).collect();
    let options = entries("", &plain);
    let key = options
        .iter()
        .zip(parts)
        .filter(|(_, part)| part.starts_with('*'))
        .map(|(option, _)| option.id.clone())
        .collect();
    (options, key)
}

/// With the ids a, b, c … or l1, l2 …
fn entries(side: &str, texts: &[&str]) -> Vec<Choice> {
    let id = |index: usize| match side {
        "" => ('a'..='z').nth(index).map_or_else(String::new, String::from),
        side => format!("{side}{}", index + 1),
    };
    let entry = |(index, text): (usize, &&str)| Choice {
        id: id(index),
        text: (*text).to_owned(),
    };
    texts.iter().enumerate().map(entry).collect()
}

fn blank(number: u32, part: &str) -> Blank {
    let (part, comparison) = match part.strip_prefix('#') {
        Some(number) => {
            let tolerance = Tolerance::Absolute(0.0);
            (number, BlankComparison::Numeric { tolerance })
        }
        None => (part, BlankComparison::Normal),
    };
    Blank {
        id: format!("b{number}"),
        accepted: part.split(" = ").map(str::to_owned).collect(),
        comparison,
        weight: 1.0,
    }
}

/// `apart` places lie between an entry and its partner.
fn matching(parts: &[&str], apart: usize) -> ItemBody {
    let pairs: Vec<(&str, &str)> = parts
        .iter()
        .map(|part| {
            part.split_once(" = ")
                .unwrap_or_else(|| panic!("no pair: {part}"))
        })
        .collect();
    let lefts: Vec<&str> = pairs.iter().map(|(left, _)| *left).collect();
    let mut rights: Vec<&str> = pairs.iter().map(|(_, right)| *right).collect();
    rights.rotate_left(apart);
    let count = pairs.len();
    let key: BTreeMap<String, BTreeSet<String>> = (0..count)
        .map(|place| {
            let partner = (place + count - apart) % count;
            (
                format!("l{}", place + 1),
                BTreeSet::from([format!("r{}", partner + 1)]),
            )
        })
        .collect();
    ItemBody::Matching {
        left: entries("l", &lefts),
        right: entries("r", &rights),
        key,
        partial_credit: true,
    }
}

fn ordering(parts: &[&str], turned: bool) -> ItemBody {
    let mut shown = parts.to_vec();
    if turned {
        shown.reverse();
    }
    let options = entries("", &shown);
    let mut key: Vec<String> = options.iter().map(|option| option.id.clone()).collect();
    if turned {
        key.reverse();
    }
    ItemBody::Ordering {
        options,
        key,
        partial_credit: true,
    }
}

fn numeric(text: &str) -> ItemBody {
    let mut words = text.split(' ');
    let mut number = || {
        let word = words.next().unwrap_or_default().trim_start_matches('±');
        word.parse::<f64>()
            .unwrap_or_else(|_| panic!("no number: {text}"))
    };
    let (key, tolerance) = (number(), number());
    let unit = words.next().filter(|unit| *unit != "-").map(str::to_owned);
    ItemBody::Numeric {
        key,
        tolerance: Tolerance::Absolute(tolerance),
        unit,
    }
}
