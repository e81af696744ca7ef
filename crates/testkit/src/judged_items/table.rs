//! Reads the tables of items. One item is one line:
//!
//! ```text
//! = Title of the topic of what follows
//! > The text that the next items cite.
//! mc remember easy | Which …? | Wrong / *Right / Wrong
//! ```
//!
//! Kinds: `mc`, `mr` (right options have a star), `tf` (`true` or `false`), `gap` (`answer = other form / next gap`, numbers
//! with `#`), `match` (`left = right / …`, shown one place apart; `match!` beside each other), `order` (in the right order,
//! shown the other way round; `order!` as it is), `num` (`key ±tolerance unit`), `short`, `essay` (the reference).
//! Between label and stem may stand `@Topic` (another topic than that of the text) and `?topic …`, `?level …`,
//! `?difficulty …` (what the blueprint asked for). What stands before a line `-- copies` is the bank.

use domain::authoring::gate::Wanted;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemContent};

use super::build::{Labels, body_of, item};

/// An item of a table with what was asked for.
#[derive(Clone, Debug)]
pub struct Judged {
    /// As a generator would hand it in.
    pub item: ItemContent,
    /// What stands at the cited place; `None` when it is the quote.
    pub cited: Option<String>,
    wanted_topic: Option<String>,
    wanted_level: Option<CognitiveLevel>,
    wanted_difficulty: Option<Difficulty>,
}

impl Judged {
    /// An item nothing special was asked for.
    pub fn plain(item: ItemContent) -> Self {
        Self {
            item,
            cited: None,
            wanted_topic: None,
            wanted_level: None,
            wanted_difficulty: None,
        }
    }

    /// The cell of the blueprint it was made for.
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted {
            topic: self.wanted_topic.as_deref(),
            cognitive_level: self.wanted_level,
            difficulty: self.wanted_difficulty,
        }
    }
}

/// A table of items with the topics of its texts.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Items that are there already.
    pub bank: Vec<ItemContent>,
    /// Items to be judged.
    pub items: Vec<Judged>,
    /// Titles with all their texts.
    pub topics: Vec<(String, String)>,
}

impl Table {
    /// Reads a table; panics at a line that is none, because tables are part of the program.
    pub(super) fn read(text: &str) -> Self {
        let mut table = Self::default();
        let mut quote = String::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let Some(title) = line.strip_prefix("= ") {
                table.topics.push((title.to_owned(), String::new()));
            } else if let Some(span) = line.strip_prefix("> ") {
                span.clone_into(&mut quote);
                if let Some((_, text)) = table.topics.last_mut() {
                    *text = format!("{text} {span}");
                }
            } else if line == "-- copies" {
                table.bank = table.items.drain(..).map(|judged| judged.item).collect();
            } else {
                let topic = table.topics.last().map_or("", |(title, _)| title.as_str());
                table.items.push(row(line, topic, &quote));
            }
        }
        table
    }
}

fn row(line: &str, topic: &str, quote: &str) -> Judged {
    let mut fields: Vec<&str> = line.split(" | ").collect();
    let (Some(body), Some(stem)) = (fields.pop(), fields.pop()) else {
        panic!("no stem or no answer: {line}");
    };
    let labels: Vec<&str> = fields.first().map_or("", |first| first).split(' ').collect();
    let &[kind, level, difficulty] = labels.as_slice() else {
        panic!("kind, level and difficulty are needed: {line}");
    };
    let mut labels = Labels {
        topic: topic.to_owned(),
        level: named(level),
        difficulty: named(difficulty),
    };
    let mut asked: Vec<(&str, &str)> = Vec::new();
    for field in &fields[1..] {
        if let Some(topic) = field.strip_prefix('@') {
            topic.clone_into(&mut labels.topic);
        } else if let Some(pair) = field.strip_prefix('?').and_then(|field| field.split_once(' ')) {
            asked.push(pair);
        } else {
            panic!("neither @ nor ?: {line}");
        }
    }
    let mut judged = Judged::plain(item(stem, body_of(kind, body, labels.difficulty), labels, quote));
    for (what, value) in asked {
        match what {
            "topic" => judged.wanted_topic = Some(value.to_owned()),
            "level" => judged.wanted_level = Some(named(value)),
            _ => judged.wanted_difficulty = Some(named(value)),
        }
    }
    judged
}

fn named<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(serde_json::json!(name)).unwrap_or_else(|_| panic!("no such label: {name}"))
}
