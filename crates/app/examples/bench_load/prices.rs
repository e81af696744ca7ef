//! What each operation costs by itself: blocks of one operation at a steady rate, before the load, by candidates who do nothing
//! else. The sum over operations of rate × price predicts what a load costs.
//!
//! Between start and the first block there is a pause as in a load, where candidates come back after a minute. Submitting includes all its jobs. Not in the prices: what requests of different kinds
//! do to each other. Submissions come as often as in the load of 20,000, because their jobs share statements when there are many.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::check::drain;
use crate::connections::{Connections, Reply};
use crate::meter::{Cpu, Meter};
use crate::paper::Paper;
use crate::stage::{get, post};
use crate::tally::Operation;
use crate::world::World;

/// Who is asked for what by the blocks.
pub(crate) const PRICED_USERS: u32 = 2000;
/// Those of them who submit.
const SUBMITTING: usize = 600;
const PER_SECOND: f64 = 250.0;
const SUBMISSIONS_PER_SECOND: f64 = 17.0;
/// Longer than a sign-in is believed, so that the processes have asked for it again.
const THINKING: Duration = Duration::from_secs(61);
const DRAIN: Duration = Duration::from_mins(2);

/// CPU microseconds of each operation.
pub(crate) struct Prices(Vec<(Operation, Cpu)>);

/// Where blocks are sent.
pub(crate) struct Till<'a> {
    pub(crate) world: &'a World,
    pub(crate) meter: &'a Meter,
    pub(crate) connections: Rc<Connections>,
    /// Used in a second of rest.
    pub(crate) rest: Cpu,
}

impl Prices {
    /// Of one operation; a stream costs what a poll does, and waiting costs nothing.
    pub(crate) fn of(&self, operation: Operation) -> Option<&Cpu> {
        let priced = match operation {
            Operation::Stream => Operation::Status,
            other => other,
        };
        self.0.iter().find(|(of, _)| *of == priced).map(|(_, cpu)| cpu)
    }

    /// Measures all of them. Runs within a `LocalSet`.
    pub(crate) async fn measure(till: &Till<'_>, tokens: &[String]) -> Result<Self> {
        let body = json!({ "role_slug": till.world.slug });
        let starts = tokens
            .iter()
            .map(|token| post("/assessments/start", token, &body));
        let mut prices = Vec::new();
        let replies = till
            .block(Operation::Start, starts.collect(), &mut prices)
            .await?;
        let mut papers = Vec::with_capacity(replies.len());
        for reply in &replies {
            papers.push(Paper::of(&reply.body, &till.world.answers)?);
        }
        sleep(THINKING).await;
        for (operation, is_text) in [(Operation::Save, false), (Operation::Autosave, true)] {
            let saves = tokens.iter().zip(&mut papers);
            let saves = saves.map(|(token, paper)| save(token, paper, is_text)).collect();
            till.block(operation, saves, &mut prices).await?;
        }
        let about = |end: &'static str| {
            let papers = tokens.iter().zip(&papers);
            papers.map(move |(token, paper)| (token.as_str(), paper.attempt, end))
        };
        let beats = about("heartbeat")
            .map(|(token, id, end)| post(&format!("/sessions/{id}/{end}"), token, &Value::Null));
        till.block(Operation::Heartbeat, beats.collect(), &mut prices)
            .await?;
        let submits = about("submit").take(SUBMITTING);
        let submits =
            submits.map(|(token, id, end)| post(&format!("/assessments/{id}/{end}"), token, &json!({})));
        till.block(Operation::Submit, submits.collect(), &mut prices)
            .await?;
        for (operation, end) in [(Operation::Status, "status"), (Operation::Result, "result")] {
            let reads = about(end).take(SUBMITTING);
            let reads = reads.map(|(token, id, end)| get(&format!("/assessments/{id}/{end}"), token));
            till.block(operation, reads.collect(), &mut prices).await?;
        }
        Ok(Self(prices))
    }
}

impl Till<'_> {
    /// Sends each at its time; the price is what was used above rest until everything it caused was done.
    async fn block(
        &self,
        operation: Operation,
        requests: Vec<Vec<u8>>,
        prices: &mut Vec<(Operation, Cpu)>,
    ) -> Result<Vec<Reply>> {
        let count = u32::try_from(requests.len())?;
        let rate = match operation {
            Operation::Submit => SUBMISSIONS_PER_SECOND,
            _ => PER_SECOND,
        };
        let (before, began) = (self.meter.cpu()?, Instant::now());
        let mut sent = JoinSet::new();
        for (number, request) in (0_u32..).zip(requests) {
            sleep_until(began + Duration::from_secs_f64(f64::from(number) / rate)).await;
            let connections = Rc::clone(&self.connections);
            sent.spawn_local(async move { (number, connections.send(&request).await) });
        }
        let mut replies = Vec::with_capacity(sent.len());
        while let Some(reply) = sent.join_next().await {
            let (number, reply) = reply?;
            let reply = reply?;
            ensure!(
                (200..300).contains(&reply.status),
                "{} was answered {}: {}",
                operation.name(),
                reply.status,
                String::from_utf8_lossy(&reply.body)
            );
            replies.push((number, reply));
        }
        if operation == Operation::Submit {
            drain(self.world, DRAIN).await?;
        }
        let rested = self.rest.times(began.elapsed().as_secs_f64());
        let used = self.meter.cpu()?.since(&before).since(&rested);
        prices.push((operation, used.times(1.0 / f64::from(count))));
        replies.sort_by_key(|(number, _)| *number);
        Ok(replies.into_iter().map(|(_, reply)| reply).collect())
    }
}

/// A save of the first question of that sort.
fn save(token: &str, paper: &mut Paper, is_text: bool) -> Vec<u8> {
    let attempt = paper.attempt;
    let mut questions = paper.questions.iter_mut();
    let answer = questions
        .find(|question| question.is_text == is_text)
        .map(|question| question.write(0));
    let body = json!({ "responses": [answer] });
    post(&format!("/assessments/{attempt}/responses"), token, &body)
}
