//! A job of fault-test builds: it does what its payload says, and leaves a row for every time its effect is committed.
//!
//! The row is a job of the kind `faults_mark` that is due in a far century, named by job and fence: two commits of one job
//! would leave two. What `work` calls outside is counted by a server of the harness.

use std::time::Duration;

use domain::job::{JobId, JobKind, NewJob, Priority, Queue, StoreError, Timestamp};
use jobs::failpoint::setting;
use jobs::{Claim, Handler, JobError, Work, WorkContext};
use serde_json::json;
use storage::JobTx;

use crate::runtime::AppState;

const EFFECT: JobKind = JobKind {
    name: "faults_effect",
    queue: Queue::Static,
};
const MARK: JobKind = JobKind {
    name: "faults_mark",
    queue: Queue::Maintenance,
};
/// The year 2100.
const NEVER: Timestamp = Timestamp::from_micros(4_102_444_800_000_000);

pub(super) struct FaultsEffect {
    state: AppState,
    http: reqwest::Client,
    ledger: Option<String>,
}

impl FaultsEffect {
    pub(super) fn new(state: AppState) -> Self {
        // The process has chosen its cryptography already, or does it here: the ledger is asked without any.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            state,
            http: reqwest::Client::new(),
            ledger: setting("TOUCHSTONE_FAILPOINT_LEDGER"),
        }
    }

    /// Tells the ledger of this run. A ledger that does not answer is no failure: the harness counts what it saw.
    async fn tell(&self, job: &Claim) {
        if let Some(ledger) = &self.ledger {
            let call = json!({ "tag": job.id, "fence": job.fence });
            let sent = self.http.post(ledger).json(&call).send().await;
            if let Err(error) = sent {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the ledger does not answer"
                );
            }
        }
    }
}

impl Handler<JobTx> for FaultsEffect {
    const KIND: JobKind = EFFECT;
    const DEADLINE: Duration = Duration::from_secs(3);
    type Output = ();

    async fn work(&self, job: &Claim, _ctx: &WorkContext) -> Result<Work<()>, JobError> {
        if job.payload["ledger"] == true {
            self.tell(job).await;
        }
        let wait = job.payload["milliseconds"].as_u64().unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        match job.payload["do"].as_str() {
            Some("abort") => std::process::abort(),
            Some("fail") => return Err(JobError::transient("asked_to_fail")),
            // Holds its thread as long as the first claim lives: only another claim can bring the job to its end.
            Some("spin") if job.fence.0 == 1 => loop {
                std::hint::spin_loop();
            },
            _ => {}
        }
        Ok(Work::Done(()))
    }

    async fn commit(&self, tx: &mut JobTx, job: &Claim, (): &()) -> Result<(), StoreError> {
        let mark = NewJob {
            id: JobId(self.state.ids.new_uuid()),
            kind: MARK,
            dedupe_key: format!("{}:{}", job.id, job.fence.0),
            payload: json!({ "of": job.id }),
            run_at: NEVER,
            priority: Priority::Normal,
            parent: None,
            waits_for_children: false,
            owner: None,
            subject: Some(job.id.0),
            max_attempts: 1,
        };
        tx.jobs().enqueue(mark).await?;
        Ok(())
    }
}
