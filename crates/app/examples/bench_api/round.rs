//! One round: every candidate through the five operations, each operation measured as a block.

use std::time::Instant;

use anyhow::Result;

use crate::client::{Candidate, Client, Started};
use crate::cpu::Used;
use crate::scene::Scene;
use crate::server::Server;

/// How much is done.
pub(crate) struct Plan {
    /// Samples of each server.
    pub(crate) pairs: usize,
    /// Candidates, each with one attempt per round.
    pub(crate) candidates: u32,
    /// Attempts of history in the small state; ten times as many in the large ones.
    pub(crate) history: u32,
    /// Answers saved one by one per attempt.
    saves: usize,
    /// Polls per attempt.
    polls: usize,
    /// Results read per attempt.
    reads: usize,
}

impl Plan {
    /// Two minutes for each database on two cores.
    pub(crate) const fn full() -> Self {
        Self {
            pairs: 6,
            candidates: 240,
            history: 2_000,
            saves: 5,
            polls: 5,
            reads: 3,
        }
    }

    /// A few seconds.
    pub(crate) const fn rehearsal() -> Self {
        Self {
            pairs: 1,
            candidates: 4,
            history: 40,
            ..Self::full()
        }
    }
}

/// What is measured, in the order of a round.
pub(crate) const OPERATIONS: [&str; 5] = ["start", "save", "submit of ten", "status", "result"];

/// Microseconds per request.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// CPU of the server's process.
    pub(crate) server: f64,
    /// CPU of its backends in PostgreSQL, where they can be seen.
    pub(crate) database: Option<f64>,
    /// By the clock of the client.
    pub(crate) wall: f64,
}

impl Cost {
    /// CPU of server and database together.
    pub(crate) fn whole(&self) -> f64 {
        self.server + self.database.unwrap_or(0.0)
    }
}

/// The costs of [`OPERATIONS`].
pub(crate) type Costs = [Cost; 5];

/// Runs a round and leaves the database as it was.
pub(crate) async fn run(server: &Server, scene: &Scene, plan: &Plan) -> Result<Costs> {
    let (client, meter) = (Client::new(server), Meter { server, scene });
    let candidates = scene.candidates()?;
    for candidate in &candidates {
        client.introduce(candidate).await?;
    }
    let mark = meter.mark().await?;
    let mut attempts = Vec::with_capacity(candidates.len());
    for candidate in &candidates {
        attempts.push(scene.started(&client.start(candidate, scene.slug()).await?)?);
    }
    let start = meter.cost(&mark, attempts.len()).await?;
    let sitting = Sitting {
        client,
        attempts: candidates.iter().zip(&attempts).collect(),
        meter,
    };
    let save = sitting.save(plan.saves).await?;
    let submit = sitting.submit().await?;
    let status = sitting.read("status", plan.polls).await?;
    scene.end_scoring().await?;
    let result = sitting.read("result", plan.reads).await?;
    scene.forget_round().await?;
    Ok([start, save, submit, status, result])
}

/// Candidates in the middle of their attempts.
struct Sitting<'a> {
    client: Client,
    attempts: Vec<(&'a Candidate, &'a Started)>,
    meter: Meter<'a>,
}

impl Sitting<'_> {
    async fn save(&self, times: usize) -> Result<Cost> {
        let mark = self.meter.mark().await?;
        for index in 0..times {
            for (candidate, started) in &self.attempts {
                self.client.save(candidate, started, index).await?;
            }
        }
        self.meter.cost(&mark, times * self.attempts.len()).await
    }

    async fn submit(&self) -> Result<Cost> {
        let mark = self.meter.mark().await?;
        for (candidate, started) in &self.attempts {
            self.client.submit(candidate, started).await?;
        }
        self.meter.cost(&mark, self.attempts.len()).await
    }

    async fn read(&self, what: &str, times: usize) -> Result<Cost> {
        let mark = self.meter.mark().await?;
        for _ in 0..times {
            for (candidate, started) in &self.attempts {
                self.client.read(candidate, started, what).await?;
            }
        }
        self.meter.cost(&mark, times * self.attempts.len()).await
    }
}

/// Reads clocks.
struct Meter<'a> {
    server: &'a Server,
    scene: &'a Scene,
}

/// Clocks before a block.
struct Mark {
    server: Used,
    database: Option<Used>,
    at: Instant,
}

impl Meter<'_> {
    async fn mark(&self) -> Result<Mark> {
        Ok(Mark {
            database: self.database().await?,
            server: Used::by_process(self.server.pid())?,
            at: Instant::now(),
        })
    }

    /// What each of `requests` cost since the mark.
    async fn cost(&self, mark: &Mark, requests: usize) -> Result<Cost> {
        let wall = mark.at.elapsed().as_secs_f64() * 1e6;
        let server = Used::by_process(self.server.pid())?.since(&mark.server);
        let database = self.database().await?;
        let database = database
            .zip(mark.database.as_ref())
            .map(|(now, then)| now.since(then));
        let requests = f64::from(u32::try_from(requests)?);
        Ok(Cost {
            server: server / requests,
            database: database.map(|microseconds| microseconds / requests),
            wall: wall / requests,
        })
    }

    async fn database(&self) -> Result<Option<Used>> {
        let backends = self.scene.backends(self.server.application).await?;
        Ok(backends.and_then(|pids| Used::by_backends(&pids)))
    }
}
