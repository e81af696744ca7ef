//! A list of named steps that all run, each with its time, and one verdict at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a step ended.
pub(crate) enum Outcome {
    /// It ran and found nothing; the text is a short detail for reports, often empty.
    Passed(String),
    /// It could not run here; the text says why.
    NotRun(String),
    /// It ran and failed; the text says what.
    Failed(String),
}

/// One line of the final table.
pub(crate) struct Step {
    /// As the developer reads it.
    pub(crate) name: &'static str,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Wall time.
    pub(crate) elapsed: Duration,
}

/// The steps run so far.
#[derive(Default)]
pub(crate) struct Steps {
    /// In order of running.
    pub(crate) done: Vec<Step>,
}

impl Steps {
    /// Runs a step that either passes or fails.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> anyhow::Result<()>) {
        self.run_with_outcome(name, || work().map(|()| Outcome::Passed(String::new())));
    }

    /// Runs a step; an error is recorded and the later steps still run, so one round shows everything.
    pub(crate) fn run_with_outcome(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> anyhow::Result<Outcome>,
    ) {
        println!("== {name}");
        let started = Instant::now();
        let outcome = work().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        let step = Step {
            name,
            outcome,
            elapsed: started.elapsed(),
        };
        println!("{}", step.line());
        self.done.push(step);
    }

    /// Prints the table; fails when any step failed.
    pub(crate) fn conclude(&self) -> ExitCode {
        println!("== summary");
        for step in &self.done {
            println!("{}", step.line());
        }
        if self.passed() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Whether no step failed.
    pub(crate) fn passed(&self) -> bool {
        !self
            .done
            .iter()
            .any(|step| matches!(step.outcome, Outcome::Failed(_)))
    }
}

impl Step {
    fn line(&self) -> String {
        let (verdict, detail) = self.verdict();
        let separator = if detail.is_empty() { "" } else { ": " };
        format!(
            "{verdict:<7} {:>7.1} s  {}{separator}{detail}",
            self.elapsed.as_secs_f64(),
            self.name
        )
    }

    /// One word and the detail behind it.
    pub(crate) fn verdict(&self) -> (&'static str, &str) {
        match &self.outcome {
            Outcome::Passed(detail) => ("ok", detail),
            Outcome::NotRun(reason) => ("not run", reason),
            Outcome::Failed(reason) => ("FAILED", reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_stop_the_next_one_and_decides_the_verdict() {
        let mut steps = Steps::default();
        steps.run("first", || anyhow::bail!("broken"));
        steps.run("second", || Ok(()));
        assert_eq!(steps.done.len(), 2);
        assert!(!steps.passed());
        assert_eq!(steps.done[0].verdict(), ("FAILED", "broken"));
    }

    #[test]
    fn a_step_that_could_not_run_is_not_a_failure() {
        let mut steps = Steps::default();
        steps.run_with_outcome("tool", || Ok(Outcome::NotRun("not installed".to_owned())));
        assert!(steps.passed());
        assert!(steps.done[0].line().starts_with("not run"));
    }
}
