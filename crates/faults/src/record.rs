//! What has run so far, so that a long run can go on where it was interrupted, and the report of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// How a case ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Numbers of the faults.
    pub(crate) rows: Vec<String>,
    pub(crate) about: String,
    pub(crate) seconds: f64,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) failure: Option<String>,
}

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) seed: u64,
    pub(crate) full: bool,
    /// By the names of cases.
    pub(crate) cases: BTreeMap<String, Ended>,
    /// Names in the order in which they ended.
    pub(crate) order: Vec<String>,
}

impl Record {
    /// The one in the file, if there is one of the same form.
    pub(crate) fn load(file: &Path, full: bool) -> Option<Self> {
        let text = fs::read_to_string(file).ok()?;
        let record: Self = serde_json::from_str(&text).ok()?;
        (record.full == full).then_some(record)
    }

    pub(crate) fn save(&self, file: &Path) -> Result<()> {
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory)?;
        }
        let text = serde_json::to_string_pretty(self)?;
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
    }

    pub(crate) fn note(&mut self, name: &str, ended: Ended) {
        self.order.retain(|known| known != name);
        self.order.push(name.to_owned());
        self.cases.insert(name.to_owned(), ended);
    }

    /// Whether the case has run and found nothing.
    pub(crate) fn has_passed(&self, name: &str) -> bool {
        self.cases.get(name).is_some_and(|ended| ended.outcome.is_some())
    }

    /// A Markdown table of all cases.
    pub(crate) fn table(&self) -> String {
        let mut text = "| case | rows | what happens | cycles | acknowledged | lost | duplicated | recovery p50 / p99 | s | remark |\n\
                        |---|---|---|--:|--:|--:|--:|--:|--:|---|\n"
            .to_owned();
        for name in &self.order {
            if let Some(ended) = self.cases.get(name) {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{}", line(name, ended));
            }
        }
        text
    }
}

fn line(name: &str, ended: &Ended) -> String {
    let Ended {
        rows,
        about,
        seconds,
        outcome,
        failure,
    } = ended;
    let rows = rows.join(", ");
    let Some(outcome) = outcome else {
        let failure = failure.as_deref().unwrap_or_default().replace(['\n', '|'], " ");
        return format!("| `{name}` | {rows} | {about} | | | | | | {seconds:.0} | **FAILED**: {failure} |");
    };
    let Outcome {
        cycles,
        acknowledged,
        lost,
        duplicated,
        remark,
        ..
    } = outcome;
    let recovery = match (outcome.percentile(0.5), outcome.percentile(0.99)) {
        (Some(half), Some(most)) => format!("{half:.2} / {most:.2} s"),
        _ => String::new(),
    };
    format!(
        "| `{name}` | {rows} | {about} | {cycles} | {acknowledged} | {lost} | {duplicated} | {recovery} | {seconds:.0} | {remark} |"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(outcome: Option<Outcome>, failure: Option<&str>) -> Ended {
        Ended {
            rows: vec!["5".to_owned()],
            about: "it rains".to_owned(),
            seconds: 2.4,
            outcome,
            failure: failure.map(str::to_owned),
        }
    }

    #[test]
    fn what_is_saved_is_found_again_and_failures_run_again() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("state/faults.json");
        let mut record = Record {
            seed: 7,
            full: true,
            ..Record::default()
        };
        record.note("3", ended(Some(Outcome::default()), None));
        record.note("5", ended(None, Some("a | b\nc")));
        record.save(&file).unwrap();
        let found = Record::load(&file, true).unwrap();
        assert!(found.has_passed("3") && !found.has_passed("5") && !found.has_passed("6"));
        assert!(
            Record::load(&file, false).is_none(),
            "the short form is another run"
        );
        assert!(
            found
                .table()
                .contains("| `5` | 5 | it rains | | | | | | 2 | **FAILED**: a   b c |")
        );
    }
}
