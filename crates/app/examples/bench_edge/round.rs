//! Some seconds of the same traffic, in quiet or under attack.

use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use crate::cpu::Used;
use crate::figures::quantile;
use crate::traffic::Traffic;

/// What a round came to.
pub(crate) struct Round {
    /// Ascending.
    pub(crate) times: Vec<Duration>,
    /// Requests without a good answer.
    pub(crate) failures: Vec<Error>,
    /// How often one was sent again because its connection was closed.
    pub(crate) repeated: usize,
    /// Percent of one core.
    pub(crate) server_cpu: f64,
}

impl Round {
    /// Measures for so long; `pid` is the server's.
    pub(crate) async fn measure(traffic: &Traffic, pid: u32, time: Duration) -> Result<Self> {
        let (before, started) = (Used::by_process(pid)?, Instant::now());
        let answered = traffic.run(time).await?;
        let used = Used::by_process(pid)?.since(&before);
        let server_cpu = used / 10_000.0 / started.elapsed().as_secs_f64();
        let mut round = Self {
            times: Vec::with_capacity(answered.len()),
            failures: Vec::new(),
            repeated: answered.iter().map(|one| one.repeated).sum(),
            server_cpu,
        };
        for one in answered {
            match one.after {
                Ok(after) => round.times.push(after),
                Err(error) => round.failures.push(error),
            }
        }
        round.times.sort_unstable();
        Ok(round)
    }

    /// The same in quiet, when nothing may fail.
    pub(crate) async fn quiet(traffic: &Traffic, pid: u32, time: Duration) -> Result<Self> {
        let mut round = Self::measure(traffic, pid, time).await?;
        match round.failures.pop() {
            Some(failure) => Err(failure.context("a request failed though nobody attacked")),
            None => Ok(round),
        }
    }

    /// The latency that so many percent keep below.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        quantile(&self.times, percent)
    }
}
