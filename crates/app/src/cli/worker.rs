//! `touchstone worker`

use clap::Args;
use domain::job::Queue;
use tokio_util::sync::CancellationToken;

use super::{CliError, Common};
use crate::process::{self, ProcessError};
use crate::wiring::Opened;

#[derive(Debug, Default, Args)]
pub(super) struct WorkerArgs {
    /// Work on these queues only, separated by commas; otherwise on all that the settings give jobs to.
    #[arg(long, value_name = "QUEUES", value_delimiter = ',', value_parser = queue)]
    queues: Vec<Queue>,
    /// Jobs at once of a queue, several separated by commas: llm=16,static=8.
    #[arg(long, value_name = "QUEUE=JOBS", value_delimiter = ',', value_parser = jobs_at_once)]
    concurrency: Vec<(Queue, u16)>,
}

impl WorkerArgs {
    /// As settings; a queue that is not named among the queues gets no jobs.
    fn flags(&self) -> Vec<(&'static str, String)> {
        let named = |queue: &Queue| self.queues.is_empty() || self.queues.contains(queue);
        let given = |queue: Queue| self.concurrency.iter().rev().find(|(other, _)| *other == queue);
        let setting = |queue: Queue| {
            if !named(&queue) {
                return Some((setting_of(queue), "0".to_owned()));
            }
            given(queue).map(|(_, jobs)| (setting_of(queue), jobs.to_string()))
        };
        Queue::ALL.into_iter().filter_map(setting).collect()
    }

    /// What was asked for and cannot be.
    fn check(&self, opened: &Opened) -> Result<(), CliError> {
        let concurrency = &opened.state.config.jobs.concurrency;
        let unnamed = |(queue, _): &&(Queue, u16)| !self.queues.is_empty() && !self.queues.contains(queue);
        if let Some((queue, _)) = self.concurrency.iter().find(unnamed) {
            return Err(CliError::QueueNotNamed(queue.as_str()));
        }
        let contradiction = |queue: &&Queue| concurrency.of(**queue) == 0;
        match self.queues.iter().find(contradiction) {
            Some(queue) => Err(CliError::NoJobsAtOnce(queue.as_str())),
            None => Ok(()),
        }
    }
}

const fn setting_of(queue: Queue) -> &'static str {
    match queue {
        Queue::Static => "jobs.concurrency.static",
        Queue::Llm => "jobs.concurrency.llm",
        Queue::Coding => "jobs.concurrency.coding",
        Queue::Rag => "jobs.concurrency.rag",
        Queue::Webhooks => "jobs.concurrency.webhooks",
        Queue::Generation => "jobs.concurrency.generation",
        Queue::Maintenance => "jobs.concurrency.maintenance",
    }
}

fn queue(text: &str) -> Result<Queue, String> {
    let names = || Queue::ALL.map(Queue::as_str).join(", ");
    Queue::parse(text).ok_or_else(|| format!("the queues are {}", names()))
}

fn jobs_at_once(text: &str) -> Result<(Queue, u16), String> {
    let (name, jobs) = text.split_once('=').ok_or("must be like llm=16")?;
    let jobs = jobs
        .parse()
        .ok()
        .filter(|jobs| (1..=1000).contains(jobs))
        .ok_or("the number of jobs must be 1 to 1000")?;
    Ok((queue(name)?, jobs))
}

pub(super) async fn run(common: &Common, arguments: WorkerArgs) -> Result<(), CliError> {
    let opened = common.open("worker", arguments.flags()).await?;
    arguments.check(&opened)?;
    let Opened { state, clock } = opened;
    let stop = CancellationToken::new();
    process::stop_on_signal(stop.clone()).map_err(ProcessError::Signals)?;
    tokio::spawn(process::refresh_clock(clock, state.clone(), stop.clone()));
    tracing::info!(queues = state.config.jobs.served(), "working on jobs");
    process::work(&state, stop).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_that_are_not_named_get_no_jobs() {
        let arguments = WorkerArgs {
            queues: vec![Queue::Llm, Queue::Static],
            concurrency: vec![(Queue::Llm, 16)],
        };
        let flags = arguments.flags();
        let value = |queue| {
            let mut found = flags.iter().filter(|(key, _)| *key == setting_of(queue));
            found.next().map(|(_, value)| value.as_str())
        };
        assert_eq!(value(Queue::Llm), Some("16"));
        assert_eq!(value(Queue::Static), None);
        assert_eq!(value(Queue::Maintenance), Some("0"));
        assert_eq!(flags.len(), 6);
        assert!(WorkerArgs::default().flags().is_empty());
    }

    #[test]
    fn names_and_numbers_that_cannot_be_are_refused_with_what_can() {
        assert!(queue("lmm").unwrap_err().contains("static, llm"));
        assert_eq!(jobs_at_once("llm=16"), Ok((Queue::Llm, 16)));
        for wrong in ["llm", "llm=0", "llm=1001", "llm=many", "lmm=1"] {
            assert!(jobs_at_once(wrong).is_err(), "{wrong}");
        }
    }
}
