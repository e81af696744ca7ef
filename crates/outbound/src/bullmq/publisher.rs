//! Puts jobs onto the queues.

use std::collections::BTreeMap;

use bullmq::options::RedisConnectionOptions;
use bullmq::redis_connection::RedisConnection;
use bullmq::types::RemoveOnFinish;
use bullmq::{BulkJob, JobOptions, QueueOptions};
use domain::job::Priority;
use futures::future::try_join_all;
use jobs::{Queue, Ready};
use redis::Pipeline;

use super::BullMqSettings;

/// Jobs of a queue that may wait in Redis. The rest waits in the database, where the order of priorities is kept and memory
/// is cheaper; a worker is never short of work with so many.
const WINDOW: usize = 2_000;
/// Jobs of one pipeline.
const AT_ONCE: usize = 250;
/// What bull-board shows as the job's name.
const NAME: &str = "job";
/// Behind everything that has no BullMQ priority.
const BEHIND: u32 = 1;

pub(super) struct Publisher {
    connection: RedisConnection,
    queues: BTreeMap<Queue, bullmq::Queue>,
    mark: String,
}

pub(super) fn connection_options(settings: &BullMqSettings) -> RedisConnectionOptions {
    RedisConnectionOptions::new().url(settings.url.clone())
}

impl Publisher {
    /// One connection for all queues. Takes for ever, with pauses, while there is no Redis.
    pub(super) async fn open(settings: &BullMqSettings) -> Result<Self, bullmq::Error> {
        let connection = RedisConnection::new_managed_only(&connection_options(settings)).await?;
        let mut queues = BTreeMap::new();
        for queue in Queue::ALL {
            let options = QueueOptions::new().prefix(settings.prefix.clone());
            let opened = bullmq::Queue::with_connection(queue.as_str(), connection.clone(), options).await?;
            queues.insert(queue, opened);
        }
        Ok(Self {
            connection,
            queues,
            mark: format!("{}:dispatch", settings.prefix),
        })
    }

    /// True if the mark was not there: Redis is new, or has forgotten what it had.
    pub(super) async fn leave_mark(&self) -> Result<bool, bullmq::Error> {
        let mut command = redis::cmd("SET");
        command.arg(&self.mark).arg(1).arg("NX");
        let set: Option<String> = self.connection.cmd(&mut command).await?;
        Ok(set.is_some())
    }

    pub(super) async fn room(&self) -> Result<BTreeMap<Queue, usize>, bullmq::Error> {
        let mut lengths = Pipeline::new();
        for queue in self.queues.values() {
            lengths.cmd("LLEN").arg(queue.keys().wait());
            lengths.cmd("ZCARD").arg(queue.keys().prioritized());
        }
        let lengths: Vec<usize> = self.connection.pipe(&lengths).await?;
        let waiting = lengths.chunks(2).map(|lengths| lengths.iter().sum());
        let room = waiting.map(|waiting: usize| WINDOW.saturating_sub(waiting));
        Ok(self.queues.keys().copied().zip(room).collect())
    }

    pub(super) async fn publish(&self, jobs: &[Ready]) -> Result<(), bullmq::Error> {
        for batch in jobs.chunks(AT_ONCE) {
            let adding = self.queues.iter().map(|(queue, opened)| {
                let jobs = batch.iter().filter(|ready| ready.queue == *queue);
                opened.add_bulk(jobs.map(entry).collect())
            });
            try_join_all(adding).await?;
        }
        Ok(())
    }
}

fn entry(ready: &Ready) -> BulkJob {
    let options = JobOptions {
        job_id: Some(format!("{}-{}", ready.id, ready.fence.0)),
        attempts: Some(1),
        remove_on_complete: Some(RemoveOnFinish::Bool(true)),
        remove_on_fail: Some(RemoveOnFinish::Bool(true)),
        lifo: (ready.priority == Priority::Urgent).then_some(true),
        priority: (ready.priority == Priority::Bulk).then_some(BEHIND),
        ..JobOptions::default()
    };
    BulkJob::with_options(NAME, serde_json::json!({ "job": ready.id }), options)
}
