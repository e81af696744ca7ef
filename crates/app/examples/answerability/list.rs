//! The list of blind answers: one row per item, kept under the item's content hash.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use domain::authoring::sample_answers::answer_key;
use domain::scoring::rules::{self, RuleOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pipeline::MadeItem;

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    content_hash: String,
    pdf: String,
    kind: String,
    /// In the wire shape of the kind.
    key: String,
    /// In the same shape; `null` when the reader found no single answer; empty when nobody has read the item yet.
    blind_answer: String,
    /// `yes` or `no`; for answers in words a reader compares with the reference.
    agrees: String,
}

#[derive(Debug, Default)]
pub(crate) struct List {
    rows: Vec<Row>,
}

/// Answers counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    items: usize,
    answered: usize,
    equal: usize,
}

impl Tally {
    /// Equal answers among those given; `None` before the first.
    pub(crate) fn share(&self) -> Option<f64> {
        let count = |number: usize| u32::try_from(number).map_or(0.0, f64::from);
        (self.answered > 0).then(|| count(self.equal) / count(self.answered))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = self
            .share()
            .map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        write!(
            formatter,
            "{:>3} items, {:>3} answered blind, {:>3} equal to the key ({share})",
            self.items, self.answered, self.equal
        )
    }
}

impl List {
    /// An absent file is an empty list.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let mut reader =
            csv::Reader::from_path(path).with_context(|| format!("reading {}", path.display()))?;
        let rows: Result<Vec<Row>, _> = reader.deserialize().collect();
        Ok(Self {
            rows: rows.with_context(|| format!("reading {}", path.display()))?,
        })
    }

    pub(crate) fn text(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            writer.serialize(row)?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    /// One row per item in the order of the items; answers stay with the hash.
    pub(crate) fn bring_in_step(&mut self, items: &[MadeItem]) {
        let known: BTreeMap<String, Row> = self
            .rows
            .drain(..)
            .map(|row| (row.content_hash.clone(), row))
            .collect();
        self.rows = items
            .iter()
            .map(|item| {
                let fresh = Row {
                    content_hash: item.hash.clone(),
                    pdf: item.handout.clone(),
                    kind: item.content.body.kind().as_str().to_owned(),
                    key: answer_key(&item.content).to_string(),
                    blind_answer: String::new(),
                    agrees: String::new(),
                };
                match known.get(&item.hash) {
                    // The ids of options may be others although the item asks the same.
                    Some(row) if row.key == fresh.key => row.clone(),
                    _ => fresh,
                }
            })
            .collect();
    }

    /// Takes over `{"<id>": answer}` or, for answers in words, `{"<id>": {"answer": text, "agrees": bool}}`; gives the ids that
    /// are no items any more.
    pub(crate) fn take_over(&mut self, file: &Path, items: &[MadeItem]) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let answers: BTreeMap<String, Value> =
            serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
        let mut unknown = Vec::new();
        for (id, given) in answers {
            let Some((row, item)) = self.rows.iter_mut().zip(items).find(|(_, item)| item.id() == id) else {
                unknown.push(id);
                continue;
            };
            let in_words = given
                .get("answer")
                .zip(given.get("agrees").and_then(Value::as_bool));
            let (answer, agrees) = match in_words {
                Some((answer, agrees)) => (answer, agrees),
                None => (&given, equals_key(item, &given)),
            };
            row.blind_answer = answer.to_string();
            if agrees { "yes" } else { "no" }.clone_into(&mut row.agrees);
        }
        Ok(unknown)
    }

    /// What is not in step with the items, or recorded otherwise than the rules say.
    pub(crate) fn differences(&self, items: &[MadeItem]) -> Vec<String> {
        let listed: BTreeMap<&str, &Row> = self
            .rows
            .iter()
            .map(|row| (row.content_hash.as_str(), row))
            .collect();
        let made: BTreeMap<&str, &MadeItem> = items.iter().map(|item| (item.hash.as_str(), item)).collect();
        let mut findings = Vec::new();
        for (hash, item) in &made {
            match listed.get(hash) {
                None => findings.push(format!(
                    "{hash}: new or changed item of {}, not in the list",
                    item.handout
                )),
                Some(row) if row.blind_answer.is_empty() => {
                    findings.push(format!("{hash}: not answered yet"));
                }
                Some(row) => findings.extend(contradiction(row, item)),
            }
        }
        let gone = listed.keys().filter(|hash| !made.contains_key(**hash));
        findings.extend(gone.map(|hash| format!("{hash}: listed, but no longer made")));
        findings
    }

    /// By text, then by kind.
    pub(crate) fn tallies(&self, items: &[MadeItem]) -> BTreeMap<String, Tally> {
        let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
        for item in items {
            for name in [
                format!("text {}", item.handout),
                format!("kind {}", item.content.body.kind().as_str()),
            ] {
                self.count(tallies.entry(name).or_default(), item);
            }
        }
        tallies
    }

    pub(crate) fn overall(&self, items: &[MadeItem]) -> Tally {
        let mut all = Tally::default();
        for item in items {
            self.count(&mut all, item);
        }
        all
    }

    fn count(&self, tally: &mut Tally, item: &MadeItem) {
        tally.items += 1;
        let row = self
            .rows
            .iter()
            .find(|row| row.content_hash == item.hash && !row.blind_answer.is_empty());
        if let Some(row) = row {
            tally.answered += 1;
            tally.equal += usize::from(row.agrees == "yes");
        }
    }
}

/// A row whose key or verdict is not what the current item says.
fn contradiction(row: &Row, item: &MadeItem) -> Option<String> {
    let hash = &row.content_hash;
    let key = answer_key(&item.content).to_string();
    if row.key != key {
        return Some(format!("{hash}: the key in the list is not the item's"));
    }
    let Ok(answer) = serde_json::from_str::<Value>(&row.blind_answer) else {
        return Some(format!("{hash}: the blind answer is no JSON"));
    };
    let judged = item.content.body.kind().is_text();
    let equal = equals_key(item, &answer);
    (!judged && equal != (row.agrees == "yes")).then(|| {
        format!(
            "{hash}: recorded as {:?}, but the rules say otherwise",
            row.agrees
        )
    })
}

/// Full marks by the item's own rules.
fn equals_key(item: &MadeItem, answer: &Value) -> bool {
    let marks = item.content.marks;
    match rules::score(&item.content.body, marks, Some(answer)) {
        RuleOutcome::Scored(verdict) => verdict.points == Some(marks),
        RuleOutcome::NeedsText | RuleOutcome::NeedsRunner | RuleOutcome::NeedsPerson => false,
    }
}
