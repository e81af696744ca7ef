//! Reading a model's verdict, whatever it looks like: local repair first ([`object_in`]), then faults that a re-ask can name.

use std::fmt;

use serde_json::{Map, Value};

use crate::authoring::rubric::{Criterion, Rubric};
use crate::llm::{NoObject, object_in, visible_words};

const MOST_RATIONALE: usize = 300;
const MOST_QUOTE: usize = 400;

/// A verdict as the model said it, with every criterion of the rubric once, in the rubric's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// One for each criterion.
    pub criteria: Vec<Judged>,
    /// Whether the answer is about the question; true if the model did not say.
    pub on_topic: bool,
    /// Whether the model saw an answer that speaks to it.
    pub addresses_grader: bool,
    /// How sure the model says it is, 0–1.
    pub confidence: Option<f64>,
    /// Whether a number had to be brought into its range.
    pub out_of_range: bool,
}

/// The verdict on one criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Its id.
    pub criterion: String,
    /// 0–100.
    pub score: f64,
    /// Words that should be in the answer; empty if the model gave none.
    pub quote: String,
    /// One sentence, without control characters.
    pub rationale: String,
}

/// Why an answer is no verdict, in words that a re-ask repeats to the model. None quotes what anybody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It holds no object.
    Form(NoObject),
    /// A criterion has no score, or one that is no number.
    NoScore(String),
    /// A criterion has two different scores.
    TwoScores(String),
    /// It contains what it was told never to say.
    Leaked,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(fault) => fault.fmt(f),
            Self::NoScore(id) => write!(f, "criterion `{id}` has no score between 0 and 100"),
            Self::TwoScores(id) => write!(f, "criterion `{id}` has two scores"),
            Self::Leaked => f.write_str("it contains a word that it must not contain"),
        }
    }
}

/// Reads a verdict. Accepted shapes: `criteria` as a list of objects or as an object by id, or scores by id at the top.
pub fn read_reply(text: &str, rubric: &Rubric) -> Result<Reply, Vec<Fault>> {
    let object = object_in(text).map_err(|fault| vec![Fault::Form(fault)])?;
    let criteria = object.get("criteria").or_else(|| object.get("scores"));
    let mut reply = Reply {
        criteria: Vec::with_capacity(rubric.criteria.len()),
        on_topic: object.get("on_topic").and_then(truth).unwrap_or(true),
        addresses_grader: object.get("addresses_grader").and_then(truth).unwrap_or(false),
        confidence: object.get("confidence").and_then(number).map(share),
        out_of_range: false,
    };
    let mut faults = Vec::new();
    for criterion in &rubric.criteria {
        match judged(criterion, criteria, &object) {
            Ok((judged, in_range)) => {
                reply.out_of_range |= !in_range;
                reply.criteria.push(judged);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(reply) } else { Err(faults) }
}

/// Models say 0.8, 80 and 80 % of the same thing.
fn share(confidence: f64) -> f64 {
    let share = if confidence > 1.0 {
        confidence / 100.0
    } else {
        confidence
    };
    share.clamp(0.0, 1.0)
}

fn judged(
    criterion: &Criterion,
    criteria: Option<&Value>,
    object: &Map<String, Value>,
) -> Result<(Judged, bool), Fault> {
    let of_it = |entry: &&Value| {
        let id = entry.get("criterion").or_else(|| entry.get("id"));
        id.and_then(Value::as_str).is_some_and(|id| same(id, criterion))
    };
    let entries: Vec<&Value> = match criteria {
        Some(Value::Array(entries)) => entries.iter().filter(of_it).collect(),
        Some(Value::Object(by_id)) => by_key(by_id, criterion),
        _ => by_key(object, criterion),
    };
    let mut scores = entries.iter().map(|entry| score(entry, criterion));
    let missing = || Fault::NoScore(criterion.id.clone());
    let first = scores.next().flatten().ok_or_else(missing)?;
    if scores.any(|other| other != Some(first)) {
        return Err(Fault::TwoScores(criterion.id.clone()));
    }
    let words = |names: [&str; 2], most| {
        let said = names.iter().find_map(|name| entries[0].get(name)?.as_str());
        visible_words(said.unwrap_or_default(), most)
    };
    let judged = Judged {
        criterion: criterion.id.clone(),
        score: first.clamp(0.0, 100.0),
        quote: words(["quote", "evidence"], MOST_QUOTE),
        rationale: words(["rationale", "reason"], MOST_RATIONALE),
    };
    Ok((judged, (0.0..=100.0).contains(&first)))
}

fn by_key<'v>(object: &'v Map<String, Value>, criterion: &Criterion) -> Vec<&'v Value> {
    let of_it = object.iter().filter(|(key, _)| same(key, criterion));
    of_it.map(|(_, value)| value).collect()
}

/// By id, or by name where a model writes that, whatever the case and the blanks.
fn same(said: &str, criterion: &Criterion) -> bool {
    let folded = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    let said = folded(said);
    said == folded(&criterion.id) || said == folded(&criterion.name)
}

/// A score as a number, or by the level that was named.
fn score(entry: &Value, criterion: &Criterion) -> Option<f64> {
    let named = ["score", "points"].iter().find_map(|name| entry.get(name));
    number(named.unwrap_or(entry)).or_else(|| {
        let level = entry.get("level")?.as_str()?.trim().to_lowercase();
        let named = |name: &str| name.trim().to_lowercase() == level;
        let level = criterion.levels.iter().find(|level| named(&level.name))?;
        Some(level.from_score)
    })
}

/// A finite number, or a text of one: `85`, `85.5`, `85/100`, `85 %`.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let text = text.trim().trim_end_matches('%').trim_end();
            text.strip_suffix("/100").unwrap_or(text).trim().parse().ok()?
        }
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
