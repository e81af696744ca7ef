//! Results of `touchstone jobs`: tables for people, one JSON document for programs, of the shape the API has.

use domain::job::Queue;
use serde::Serialize;
use serde_json::json;

use crate::cli::{CliError, Terminal};
use crate::http::{DeadLetterBody, JobDetailBody, ListedJobBody, OverviewBody, QueueBody, RequeuedBody};

/// Where nothing is to be told.
const NOTHING: &str = "-";

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) json: bool,
}

impl Output {
    /// What one command did.
    pub(super) fn outcome(self, document: &impl Serialize, text: &str) -> Result<(), CliError> {
        if self.json {
            return print_json(document);
        }
        Terminal::line(text)
    }

    /// Whether a queue stands still.
    pub(super) fn standing(
        self,
        queue: Queue,
        paused: bool,
        changed: bool,
        text: &str,
    ) -> Result<(), CliError> {
        let name = queue.as_str();
        let document = json!({ "queue": name, "paused": paused, "changed": changed });
        self.outcome(&document, &format!("queue {name} {text}"))
    }

    pub(super) fn overview(self, overview: &OverviewBody) -> Result<(), CliError> {
        if self.json {
            return print_json(overview);
        }
        Terminal::line(&format!("lag {}", seconds(overview.lag_seconds)))?;
        section("queues", &queues(&overview.queues))?;
        section("dead letters", &reasons(overview))?;
        section("processes", &processes(overview))?;
        section("schedules", &schedules(overview))?;
        section("leaders", &leaders(overview))
    }

    pub(super) fn jobs(self, jobs: &[ListedJobBody], total: u64) -> Result<(), CliError> {
        if self.json {
            return print_json(&json!({ "items": jobs, "total": total }));
        }
        let mut rows = vec![row(["job", "type", "queue", "status", "tries", "due", "error"])];
        rows.extend(jobs.iter().map(|listed| {
            let job = &listed.job;
            vec![
                job.job_id.to_string(),
                job.job_type.clone(),
                listed.queue.to_owned(),
                job.status.to_owned(),
                format!("{}/{}", job.attempts, job.max_attempts),
                listed.run_at.to_rfc3339(),
                told(job.error_code.as_ref()),
            ]
        }));
        table(&rows)?;
        Terminal::line(&format!("{} of {total}", jobs.len()))
    }

    pub(super) fn job(self, detail: &JobDetailBody) -> Result<(), CliError> {
        if self.json {
            return print_json(detail);
        }
        let job = &detail.job;
        let facts = [
            ("job", job.job_id.to_string()),
            ("type", job.job_type.clone()),
            ("queue", detail.queue.to_owned()),
            ("status", job.status.to_owned()),
            (
                "tries",
                format!(
                    "{} of {}, {} crashes",
                    job.attempts, job.max_attempts, detail.crashes
                ),
            ),
            ("priority", detail.priority.to_string()),
            ("created", detail.created_at.to_rfc3339()),
            ("due", detail.run_at.to_rfc3339()),
            ("ended", told(job.completed_at.map(|at| at.to_rfc3339()).as_ref())),
            (
                "retried by itself",
                told(detail.retry_at.map(|at| at.to_rfc3339()).as_ref()),
            ),
            ("works for", told(detail.subject_id.as_ref())),
            ("waited for by", told(detail.parent_id.as_ref())),
            ("error", told(detail.error.as_ref())),
        ];
        let facts: Vec<_> = facts
            .into_iter()
            .map(|(name, fact)| vec![name.to_owned(), fact])
            .collect();
        table(&facts)?;
        section("tries", &tries(detail))
    }

    pub(super) fn dead_letters(self, letters: &[DeadLetterBody], total: u64) -> Result<(), CliError> {
        if self.json {
            return print_json(&json!({ "items": letters, "total": total }));
        }
        let mut rows = vec![row([
            "job",
            "type",
            "queue",
            "failed",
            "class",
            "error",
            "retried by itself",
        ])];
        rows.extend(letters.iter().map(|letter| {
            vec![
                letter.job_id.to_string(),
                letter.job_type.clone(),
                letter.queue.to_owned(),
                told(letter.failed_at.map(|at| at.to_rfc3339()).as_ref()),
                told(letter.error_class.as_ref()),
                told(letter.error_code.as_ref()),
                told(letter.retry_at.map(|at| at.to_rfc3339()).as_ref()),
            ]
        }));
        table(&rows)?;
        Terminal::line(&format!("{} of {total}", letters.len()))
    }

    pub(super) fn requeued(self, outcome: &RequeuedBody) -> Result<(), CliError> {
        if self.json {
            return print_json(outcome);
        }
        for refused in &outcome.refused {
            let twin = refused
                .live_job_id
                .map_or_else(String::new, |twin| format!(" {twin}"));
            Terminal::line(&format!("{} stays: {}{twin}", refused.job_id, refused.reason))?;
        }
        let refused = outcome.refused.len();
        Terminal::line(&format!(
            "{} back in their queues, {refused} refused",
            outcome.requeued
        ))
    }
}

fn queues(queues: &[QueueBody]) -> Vec<Vec<String>> {
    let mut rows = vec![row([
        "queue",
        "waiting",
        "scheduled",
        "due",
        "running",
        "failed",
        "oldest due",
        "paused",
    ])];
    rows.extend(queues.iter().map(|queue| {
        vec![
            queue.queue.to_owned(),
            queue.waiting.to_string(),
            queue.scheduled.to_string(),
            queue.due.to_string(),
            queue.running.to_string(),
            queue.failed.to_string(),
            queue
                .oldest_due_seconds
                .map_or_else(|| NOTHING.to_owned(), seconds),
            told(queue.paused.as_ref().map(|paused| &paused.reason)),
        ]
    }));
    rows
}

fn reasons(overview: &OverviewBody) -> Vec<Vec<String>> {
    let mut rows = vec![row(["error", "type", "queue", "count", "last"])];
    rows.extend(overview.dead_letters.iter().map(|reason| {
        vec![
            told(reason.error_code.as_ref()),
            reason.job_type.clone(),
            reason.queue.to_owned(),
            reason.count.to_string(),
            told(reason.last_failed_at.map(|at| at.to_rfc3339()).as_ref()),
        ]
    }));
    rows
}

fn processes(overview: &OverviewBody) -> Vec<Vec<String>> {
    let mut rows = vec![row(["process", "host", "running", "last beat", "state"])];
    rows.extend(overview.processes.iter().map(|process| {
        vec![
            process.process_id.to_string(),
            process.host.clone(),
            process.running.to_string(),
            process.last_beat_at.to_rfc3339(),
            if process.healthy { "healthy" } else { "unhealthy" }.to_owned(),
        ]
    }));
    rows
}

fn schedules(overview: &OverviewBody) -> Vec<Vec<String>> {
    let mut rows = vec![row(["schedule", "next", "late"])];
    rows.extend(overview.schedules.iter().map(|schedule| {
        vec![
            schedule.name.clone(),
            schedule.next_at.to_rfc3339(),
            seconds(schedule.late_seconds),
        ]
    }));
    rows
}

fn leaders(overview: &OverviewBody) -> Vec<Vec<String>> {
    let mut rows = vec![row(["service", "process", "state"])];
    rows.extend(overview.leaders.iter().map(|leader| {
        let state = if leader.held { "held" } else { "nobody" };
        vec![
            leader.service.clone(),
            leader.process_id.to_string(),
            state.to_owned(),
        ]
    }));
    rows
}

fn tries(detail: &JobDetailBody) -> Vec<Vec<String>> {
    let mut rows = vec![row(["claim", "try", "worker", "began", "outcome", "error"])];
    rows.extend(detail.history.iter().map(|claim| {
        vec![
            claim.fence.to_string(),
            claim.attempt.to_string(),
            claim.worker.to_string(),
            claim.started_at.to_rfc3339(),
            claim.outcome.clone(),
            told(claim.error.as_ref().or(claim.error_code.as_ref())),
        ]
    }));
    rows
}

/// A table under its name; nothing for one that has only a header.
fn section(name: &str, rows: &[Vec<String>]) -> Result<(), CliError> {
    if rows.len() < 2 {
        return Terminal::line(&format!("\n{name}: none"));
    }
    Terminal::line(&format!("\n{name}"))?;
    table(rows)
}

fn table(rows: &[Vec<String>]) -> Result<(), CliError> {
    aligned(rows).iter().try_for_each(|line| Terminal::line(line))
}

/// Columns as wide as their widest entry, two blanks apart. What comes from outside stays on its line.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let clean = |entry: &String| entry.replace(char::is_control, " ");
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(clean).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let entries = rows.iter().filter_map(|row| row.get(column));
        entries.map(|entry| entry.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let entries = row.iter().zip(&widths);
        let padded: Vec<_> = entries.map(|(entry, width)| format!("{entry:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

fn told(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), ToString::to_string)
}

fn seconds(span: f64) -> String {
    format!("{span:.1} s")
}

fn print_json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::Output(error.into()))?;
    Terminal::line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_entries_stay_on_their_line() {
        let rows = [
            row(["queue", "reason"]),
            row(["llm", "down\nfor good"]),
            row(["static", "-"]),
        ];
        assert_eq!(
            aligned(&rows),
            ["queue   reason", "llm     down for good", "static  -"]
        );
        assert_eq!(aligned(&[]), Vec::<String>::new());
    }
}
