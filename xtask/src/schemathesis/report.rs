//! What a run asked and was answered, from the tool's own report: one JSON object per line, one per finished scenario.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Answers that say nothing of the operation itself: who asks is unknown or asks too much, or asked for another method.
const BEFORE_THE_OPERATION: [u16; 3] = [401, 405, 429];

/// How often which status was answered, by operation.
#[derive(Debug, Default)]
pub(crate) struct Report {
    answers: BTreeMap<String, BTreeMap<u16, u64>>,
    /// Requests, those included that got no answer.
    pub(crate) requests: u64,
}

impl Report {
    /// Adds what a report file tells.
    pub(crate) fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let file = File::open(path).with_context(|| format!("no report {}", path.display()))?;
        for line in BufReader::new(file).lines() {
            let event = serde_json::from_str(&line?).context("a line of the report is not JSON")?;
            self.add(&event);
        }
        Ok(())
    }

    fn add(&mut self, event: &Value) {
        let recorder = &event["ScenarioFinished"]["recorder"];
        for (id, interaction) in recorder["interactions"].as_object().into_iter().flatten() {
            self.requests += 1;
            let case = &recorder["cases"][id]["value"];
            let (method, path) = (case["method"].as_str(), case["path"].as_str());
            let status = interaction["response"]["status_code"].as_u64();
            let status = status.and_then(|status| u16::try_from(status).ok());
            if let (Some(method), Some(path), Some(status)) = (method, path, status) {
                let operation = self.answers.entry(format!("{method} {path}")).or_default();
                *operation.entry(status).or_default() += 1;
            }
        }
    }

    /// Whether the operation itself answered, not only what stands before it.
    pub(crate) fn exercised(&self, operation: &str) -> bool {
        self.any(operation, |status| !BEFORE_THE_OPERATION.contains(&status))
    }

    /// Whether the operation did what it is there for at least once.
    pub(crate) fn succeeded(&self, operation: &str) -> bool {
        self.any(operation, |status| (200..300).contains(&status))
    }

    /// `200×4 404×2`.
    pub(crate) fn statuses(&self, operation: &str) -> String {
        let answers = self.answers.get(operation).into_iter().flatten();
        let words: Vec<String> = answers
            .map(|(status, times)| format!("{status}×{times}"))
            .collect();
        words.join(" ")
    }

    fn any(&self, operation: &str, wanted: impl Fn(u16) -> bool) -> bool {
        let answers = self.answers.get(operation);
        answers.is_some_and(|answers| answers.keys().any(|status| wanted(*status)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scenario(method: &str, statuses: &[Option<u16>]) -> String {
        let mut cases = serde_json::Map::new();
        let mut interactions = serde_json::Map::new();
        for (number, status) in statuses.iter().enumerate() {
            let case = json!({ "value": { "method": method, "path": "/a/{id}", "id": number } });
            cases.insert(number.to_string(), case);
            let response = status.map(|status| json!({ "status_code": status }));
            interactions.insert(number.to_string(), json!({ "response": response }));
        }
        let recorder = json!({ "label": "x", "cases": cases, "interactions": interactions });
        json!({ "ScenarioFinished": { "phase": "fuzzing", "recorder": recorder } }).to_string()
    }

    fn read(lines: &[String]) -> anyhow::Result<Report> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), lines.join("\n"))?;
        let mut report = Report::default();
        report.read(file.path())?;
        Ok(report)
    }

    #[test]
    fn answers_are_counted_by_operation() {
        let lines = [
            r#"{"EngineStarted":{"id":"x"}}"#.to_owned(),
            r#"{"ScenarioFinished":{"recorder":{"label":"skipped"}}}"#.to_owned(),
            scenario("GET", &[Some(200), Some(404), Some(200), None]),
            scenario("GET", &[Some(404)]),
            scenario("POST", &[Some(422), Some(401)]),
            scenario("DELETE", &[Some(401), Some(405)]),
        ];
        let report = read(&lines).unwrap();
        assert_eq!(report.requests, 9);
        assert_eq!(report.statuses("GET /a/{id}"), "200×2 404×2");
        assert!(report.exercised("GET /a/{id}") && report.succeeded("GET /a/{id}"));
        assert!(report.exercised("POST /a/{id}") && !report.succeeded("POST /a/{id}"));
        assert!(!report.exercised("DELETE /a/{id}"));
        assert!(!report.exercised("PUT /a/{id}"));
    }

    #[test]
    fn a_broken_report_is_an_error() {
        assert!(read(&["{".to_owned()]).is_err());
        assert!(
            Report::default()
                .read(Path::new("/nowhere/report.ndjson"))
                .is_err()
        );
    }
}
