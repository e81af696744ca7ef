//! From what a model wrote to an item. Whatever it lacks or contradicts itself in refuses it; nothing is filled in.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::super::gate::Refusal;
use super::super::super::item::{
    Blank, BlankComparison, Difficulty, ItemBody, ItemContent, ItemKind, Negative,
};
use super::super::makers::{as_set, short_answer_rubric, shuffled_options};
use super::desk::Assignment;
use crate::chance::Chance;
use crate::llm::{ModelName, visible_words};
use crate::points::Points;

/// Characters of a stem or reference at most, and of an option, gap or idea.
const MOST_CHARS: [usize; 2] = [1_000, 300];
/// Entries of a list at most.
const MOST_ENTRIES: usize = 12;
/// Sentences that one item cites at most.
const MOST_CITED: usize = 6;

/// An item as the model wrote it, for one of the orders.
pub(super) struct Draft {
    /// From 0.
    pub(super) order: usize,
    /// Numbers of the cited sentences, from 1.
    pub(super) sentences: Vec<usize>,
    pub(super) item: ItemContent,
}

/// Who turns what was written into items.
pub(super) struct Drafter<'a> {
    pub(super) assignment: &'a Assignment,
    pub(super) model: &'a ModelName,
    /// Of the order of options.
    pub(super) seed: u64,
}

impl Drafter<'_> {
    /// The item of an entry, or its stem with what is wrong with it.
    pub(super) fn draft(&self, place: usize, entry: &Value) -> Result<Draft, (String, Refusal)> {
        let shown = entry.get("stem").and_then(Value::as_str).unwrap_or_default();
        self.read(place, entry)
            .map_err(|refusal| (visible_words(shown, MOST_CHARS[0]), refusal))
    }

    fn read(&self, place: usize, entry: &Value) -> Result<Draft, Refusal> {
        let stem = words(entry, "stem", MOST_CHARS[0])?;
        let order =
            number(entry.get("order")).filter(|order| (1..=self.assignment.orders.len()).contains(order));
        let order = order.ok_or_else(|| refusal("blueprint", "it is for none of the orders"))? - 1;
        let kind = parsed::<ItemKind>(entry, "kind").filter(|kind| self.assignment.kinds.contains(kind));
        let kind = kind.ok_or_else(|| refusal("blueprint", "its kind is not asked for"))?;
        let (Some(cognitive_level), Some(difficulty)) =
            (parsed(entry, "cognitive_level"), parsed(entry, "difficulty"))
        else {
            return Err(refusal("blueprint", "it does not say what it demands"));
        };
        let sentences = numbers(entry, "sentences", "grounded")?;
        let source = neighbours(&sentences).then(|| self.assignment.span(&sentences));
        let source = source.flatten().ok_or_else(|| {
            refusal(
                "grounded",
                "it does not cite a few neighbouring sentences of one page of the section",
            )
        })?;
        let chance = Chance::for_purpose(self.seed, &format!("options/{place}"));
        let body = body(kind, entry, difficulty, chance)?;
        let blanks = match &body {
            ItemBody::FillBlank { blanks } => blanks.len(),
            _ => 1,
        };
        let marks = match kind {
            ItemKind::MultipleResponse | ItemKind::ShortAnswer => 2,
            _ => i64::try_from(blanks).unwrap_or(1),
        };
        let item = ItemContent {
            stem,
            marks: Points::whole(marks),
            body,
            topic: self.assignment.title.clone(),
            cognitive_level,
            difficulty,
            source: Some(source),
            skills: Vec::new(),
            written_by: Some(self.model.clone()),
        };
        Ok(Draft {
            order,
            sentences,
            item,
        })
    }
}

/// Whether there are few and nothing that is not cited stands between them.
fn neighbours(sentences: &[usize]) -> bool {
    (1..=MOST_CITED).contains(&sentences.len()) && sentences.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

fn body(
    kind: ItemKind,
    entry: &Value,
    difficulty: Difficulty,
    mut chance: Chance,
) -> Result<ItemBody, Refusal> {
    let body = match kind {
        ItemKind::MultipleChoice => {
            let (right, wrong) = split_options(entry, 1..=1)?;
            let (options, key) = shuffled_options(&right, &wrong, &mut chance);
            ItemBody::MultipleChoice {
                options,
                key,
                negative: Negative::default(),
            }
        }
        ItemKind::MultipleResponse => {
            let (right, wrong) = split_options(entry, 2..=MOST_ENTRIES)?;
            let (options, key) = shuffled_options(&right, &wrong, &mut chance);
            ItemBody::MultipleResponse {
                options,
                key: as_set(key),
                partial_credit: true,
                negative: Negative::default(),
            }
        }
        ItemKind::TrueFalse => ItemBody::TrueFalse {
            key: entry
                .get("truth")
                .and_then(Value::as_bool)
                .ok_or_else(|| refusal("one_key", "it does not say whether the statement is true"))?,
            negative: Negative::default(),
        },
        ItemKind::FillBlank => ItemBody::FillBlank {
            blanks: blanks(entry)?,
        },
        _ => short_answer(entry, difficulty)?,
    };
    Ok(body)
}

fn short_answer(entry: &Value, difficulty: Difficulty) -> Result<ItemBody, Refusal> {
    let ideas = list(entry, "ideas")?;
    if ideas.len() < 2 {
        return Err(refusal(
            "one_key",
            "it names fewer than two ideas that a full answer brings",
        ));
    }
    Ok(ItemBody::ShortAnswer {
        reference: words(entry, "reference", MOST_CHARS[0])?,
        rubric: short_answer_rubric(difficulty, &ideas),
    })
}

fn blanks(entry: &Value) -> Result<Vec<Blank>, Refusal> {
    let blank = |(number, answer): (usize, String)| Blank {
        id: format!("b{number}"),
        accepted: vec![answer],
        comparison: BlankComparison::Normal,
        weight: 1.0,
    };
    Ok((1..).zip(list(entry, "answers")?).map(blank).collect())
}

/// Right and wrong options, with so many right ones.
fn split_options(
    entry: &Value,
    right: std::ops::RangeInclusive<usize>,
) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let options = list(entry, "options")?;
    let key: BTreeSet<usize> = numbers(entry, "key", "one_key")?.into_iter().collect();
    if !right.contains(&key.len()) {
        return Err(refusal("one_key", &format!("it has {} keys", key.len())));
    }
    if key.iter().any(|number| !(1..=options.len()).contains(number)) {
        return Err(refusal("one_key", "its key names an option that is not there"));
    }
    let (right, wrong): (Vec<_>, Vec<_>) = (1..)
        .zip(options)
        .partition(|(number, _): &(usize, String)| key.contains(number));
    let texts = |options: Vec<(usize, String)>| options.into_iter().map(|(_, text)| text).collect();
    Ok((texts(right), texts(wrong)))
}

pub(super) fn refusal(rule: &'static str, reason: &str) -> Refusal {
    Refusal {
        rule,
        reason: reason.to_owned(),
    }
}

/// A text that says something and is no longer than is read.
fn words(entry: &Value, name: &str, most: usize) -> Result<String, Refusal> {
    let said = entry.get(name).and_then(Value::as_str).unwrap_or_default();
    text(said, most).ok_or_else(|| refusal("flaws", &format!("its {name} is empty or too long")))
}

fn text(said: &str, most: usize) -> Option<String> {
    let words = visible_words(said, most + 1);
    (!words.is_empty() && words.chars().count() <= most).then_some(words)
}

/// Texts of a list, each of which says something and is no longer than is read.
fn list(entry: &Value, name: &str) -> Result<Vec<String>, Refusal> {
    let entries = entry.get(name).and_then(Value::as_array);
    let texts = entries.and_then(|entries| {
        let said = |value: &Value| text(value.as_str()?, MOST_CHARS[1]);
        (entries.len() <= MOST_ENTRIES).then(|| entries.iter().map(said).collect::<Option<_>>())?
    });
    texts.ok_or_else(|| refusal("flaws", &format!("its {name} are not all texts that can be read")))
}

/// Whole numbers of a list, sorted, each there once.
fn numbers(entry: &Value, name: &str, rule: &'static str) -> Result<Vec<usize>, Refusal> {
    let entries = entry.get(name).and_then(Value::as_array);
    let found = entries.and_then(|entries| {
        let numbers: BTreeSet<usize> = entries
            .iter()
            .map(|value| number(Some(value)))
            .collect::<Option<_>>()?;
        (numbers.len() == entries.len()).then(|| numbers.into_iter().collect())
    });
    found.ok_or_else(|| refusal(rule, &format!("its {name} is no list of different numbers")))
}

pub(super) fn number(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_u64()?).ok()
}

pub(super) fn parsed<T: DeserializeOwned>(entry: &Value, name: &str) -> Option<T> {
    serde_json::from_value(entry.get(name)?.clone()).ok()
}
