//! `touchstone jobs`: what is stuck and what puts it right, without HTTP. It works while the service runs, and while it
//! does not.

mod print;

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use domain::audit::Actor;
use domain::job::{JobId, JobStatus, Queue};
use domain::operations::{
    CancelJob, DeadLetterFilter, DeadLetters, Operator, PauseQueue, RequeueDeadLetters, Requeued,
    ResumeQueue, RetryJob,
};
use domain::reports::PageRequest;
use domain::store::UseCase;
use jobs::views::JobFilter;
use serde_json::json;
use uuid::Uuid;

use super::{CliError, Common};
use crate::http::{DeadLetterBody, JobDetailBody, ListedJobBody, OverviewBody, RequeuedBody};
use crate::process::ProcessError;
use crate::runtime::AppState;
use crate::{telemetry, wiring};
use print::Output;

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    command: JobsCommand,
    /// Print JSON instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// What is stuck and who works on it: queues, dead letters, processes, schedules, leaders.
    Overview,
    /// Jobs, newest first.
    List(ListArgs),
    /// One job with everything that happened to it.
    Show { job_id: Uuid },
    /// Put a failed or cancelled job back into its queue.
    Retry { job_id: Uuid },
    /// End a job before it is done; a worker that has it stops within seconds.
    Cancel { job_id: Uuid },
    /// Jobs that have failed and that nobody has put back, latest first.
    DeadLetters(DeadLettersArgs),
    /// Put dead letters back into their queues; needs job ids, a filter or --all.
    Requeue(RequeueArgs),
    /// Keep workers from the jobs of a queue; those that run go on.
    Pause {
        queue: QueueArg,
        /// For whoever wonders.
        #[arg(long, value_parser = reason)]
        reason: String,
    },
    /// Let workers take the jobs of a queue again.
    Resume { queue: QueueArg },
}

#[derive(Debug, Args)]
struct PageArgs {
    /// From 1.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=2_147_483_647))]
    page: u32,
    /// Entries on a page.
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(10..=100))]
    page_size: u32,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only with this status.
    #[arg(long)]
    status: Option<StatusArg>,
    /// Only of this queue.
    #[arg(long)]
    queue: Option<QueueArg>,
    /// Only of this kind, as score_text.
    #[arg(long)]
    job_type: Option<String>,
    /// Only for this: an attempt, an assessment.
    #[arg(long)]
    subject: Option<Uuid>,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Args)]
struct FilterArgs {
    /// Only of this queue.
    #[arg(long)]
    queue: Option<QueueArg>,
    /// Only of this kind, as score_text.
    #[arg(long, value_parser = stable_name)]
    job_type: Option<String>,
    /// Only those that died of this.
    #[arg(long, value_parser = stable_name)]
    error_code: Option<String>,
}

#[derive(Debug, Args)]
struct DeadLettersArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true)
    .args(["job_ids", "queue", "job_type", "error_code", "all"]))]
struct RequeueArgs {
    /// These jobs.
    #[arg(conflicts_with_all = ["queue", "job_type", "error_code", "all"])]
    job_ids: Vec<Uuid>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Every dead letter there is.
    #[arg(long, conflicts_with_all = ["queue", "job_type", "error_code"])]
    all: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatusArg {
    Queued,
    #[value(name = "in_progress")]
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum QueueArg {
    Static,
    Llm,
    Coding,
    Rag,
    Webhooks,
    Generation,
    Maintenance,
}

pub(super) async fn run(common: &Common, JobsArgs { command, json }: JobsArgs) -> Result<(), CliError> {
    let config = common.load(Vec::new())?;
    telemetry::init(&config.logging, "jobs");
    let state = wiring::open(config).await?.state;
    // What an operator does beside a running service changes neither its schema nor its secrets.
    let pending = wiring::pending_migrations(&state).await?;
    if !pending.is_empty() {
        return Err(ProcessError::OldSchema(pending).into());
    }
    wiring::load_audit_key(&state).await?;
    let output = Output { json };
    match command {
        JobsCommand::Overview => overview(&state, output).await,
        JobsCommand::List(arguments) => list(&state, arguments, output).await,
        JobsCommand::Show { job_id } => show(&state, JobId(job_id), output).await,
        JobsCommand::DeadLetters(arguments) => dead_letters(&state, arguments, output).await,
        JobsCommand::Retry { job_id } => {
            let (operator, job_id) = (Operator::of_command_line(), JobId(job_id));
            act(&state, &RetryJob { operator, job_id }).await?;
            let text = format!("{job_id} is queued");
            output.outcome(
                &json!({ "job_id": job_id, "status": "queued", "was_running": false }),
                &text,
            )
        }
        JobsCommand::Cancel { job_id } => cancel(&state, JobId(job_id), output).await,
        JobsCommand::Requeue(arguments) => requeue(&state, arguments, output).await,
        JobsCommand::Pause { queue, reason } => pause(&state, queue.into(), reason, output).await,
        JobsCommand::Resume { queue } => resume(&state, queue.into(), output).await,
    }
}

async fn overview(state: &AppState, output: Output) -> Result<(), CliError> {
    let overview = state.store.operations_overview(state.now()).await?;
    let lease = Duration::from_secs(state.config.jobs.lease_seconds);
    output.overview(&OverviewBody::new(overview, lease))
}

async fn list(state: &AppState, arguments: ListArgs, output: Output) -> Result<(), CliError> {
    let filter = JobFilter {
        status: arguments.status.map(JobStatus::from),
        queue: arguments.queue.map(Queue::from),
        kind: arguments.job_type,
        subject: arguments.subject,
    };
    let page = state.store.list_jobs(&filter, arguments.page.request()?).await?;
    let total = page.total;
    let jobs: Vec<_> = page.items.into_iter().map(ListedJobBody::from).collect();
    output.jobs(&jobs, total)
}

async fn show(state: &AppState, job_id: JobId, output: Output) -> Result<(), CliError> {
    let job = state.store.job_view(job_id).await?;
    let job = job.ok_or(domain::operations::OperationError::NotFound)?;
    output.job(&JobDetailBody::from(job))
}

async fn dead_letters(state: &AppState, arguments: DeadLettersArgs, output: Output) -> Result<(), CliError> {
    let page = arguments.page.request()?;
    let page = state
        .store
        .list_dead_letters(&arguments.filter.into(), page)
        .await?;
    let total = page.total;
    let letters: Vec<_> = page.items.into_iter().map(DeadLetterBody::from).collect();
    output.dead_letters(&letters, total)
}

async fn cancel(state: &AppState, job_id: JobId, output: Output) -> Result<(), CliError> {
    let operator = Operator::of_command_line();
    let was_running = act(state, &CancelJob { operator, job_id }).await?;
    let text = if was_running {
        format!("{job_id} is cancelled; the worker that had it stops within seconds")
    } else {
        format!("{job_id} is cancelled")
    };
    output.outcome(
        &json!({ "job_id": job_id, "status": "cancelled", "was_running": was_running }),
        &text,
    )
}

/// In as many transactions as it takes: other than a request, a command may take its time. What fails again meanwhile is
/// left, and a round that puts nothing back is the last, so that those that stay refused do not keep it going.
async fn requeue(state: &AppState, arguments: RequeueArgs, output: Output) -> Result<(), CliError> {
    let mut named: Vec<_> = arguments.job_ids.into_iter().map(JobId).collect();
    let filter = DeadLetterFilter {
        failed_before: Some(state.now()),
        ..arguments.filter.into()
    };
    let by_filter = named.is_empty();
    let mut outcome = Requeued::default();
    loop {
        let which = if by_filter {
            DeadLetters::Fitting(filter.clone())
        } else {
            let rest = named.split_off(named.len().min(domain::operations::BULK_LIMIT));
            DeadLetters::Named(std::mem::replace(&mut named, rest))
        };
        let operator = Operator::of_command_line();
        let round = act(state, &RequeueDeadLetters { operator, which }).await?;
        let put_back = round.requeued.len();
        outcome.requeued.extend(round.requeued);
        let known = outcome.refused.len();
        for refused in round.refused {
            if outcome.refused[..known]
                .iter()
                .all(|other| other.job_id != refused.job_id)
            {
                outcome.refused.push(refused);
            }
        }
        outcome.more = round.more || !named.is_empty();
        if !outcome.more || (by_filter && put_back == 0) {
            break;
        }
    }
    output.requeued(&RequeuedBody::from(&outcome))
}

async fn pause(state: &AppState, queue: Queue, reason: String, output: Output) -> Result<(), CliError> {
    let operator = Operator::of_command_line();
    let pause = PauseQueue {
        operator,
        queue,
        reason,
    };
    let changed = act(state, &pause).await?;
    let text = if changed { "is paused" } else { "was paused before" };
    output.standing(queue, true, changed, text)
}

async fn resume(state: &AppState, queue: Queue, output: Output) -> Result<(), CliError> {
    let operator = Operator::of_command_line();
    let changed = act(state, &ResumeQueue { operator, queue }).await?;
    let text = if changed { "goes on" } else { "was not paused" };
    output.standing(queue, false, changed, text)
}

async fn act<U: UseCase>(state: &AppState, use_case: &U) -> Result<U::Out, U::Err> {
    state
        .store
        .run(use_case, &state.ctx("command-line", Actor::System))
        .await
}

impl PageArgs {
    fn request(&self) -> Result<PageRequest, CliError> {
        Ok(PageRequest::new(Some(self.page), Some(self.page_size))?)
    }
}

impl From<FilterArgs> for DeadLetterFilter {
    fn from(arguments: FilterArgs) -> Self {
        Self {
            queue: arguments.queue.map(Queue::from),
            kind: arguments.job_type,
            error_code: arguments.error_code,
            failed_before: None,
        }
    }
}

impl From<StatusArg> for JobStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Queued => Self::Queued,
            StatusArg::InProgress => Self::InProgress,
            StatusArg::Completed => Self::Completed,
            StatusArg::Failed => Self::Failed,
            StatusArg::Cancelled => Self::Cancelled,
        }
    }
}

impl From<QueueArg> for Queue {
    fn from(queue: QueueArg) -> Self {
        match queue {
            QueueArg::Static => Self::Static,
            QueueArg::Llm => Self::Llm,
            QueueArg::Coding => Self::Coding,
            QueueArg::Rag => Self::Rag,
            QueueArg::Webhooks => Self::Webhooks,
            QueueArg::Generation => Self::Generation,
            QueueArg::Maintenance => Self::Maintenance,
        }
    }
}

/// The HTTP door asks for the same.
fn reason(text: &str) -> Result<String, String> {
    let length = text.trim().chars().count();
    if (1..=500).contains(&length) && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err("give between 1 and 500 characters on one line".to_owned())
    }
}

/// The HTTP door asks for the same: filters go into the audit log.
fn stable_name(text: &str) -> Result<String, String> {
    crate::http::stable_name(text, &())
        .map(|()| text.to_owned())
        .map_err(|error| error.message().to_owned())
}
