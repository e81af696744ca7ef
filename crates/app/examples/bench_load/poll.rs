//! `poll`: status polls of submitted attempts, beside a bare axum handler with the same statements (`bench_baseline`).
//!
//! The service authenticates, decides who may see what, counts the request and writes its headers; the other believes a header
//! and runs the statements. Rounds alternate; both have a pool of twenty connections to the same PostgreSQL.

use std::process::{Child, Command};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::LocalSet;

use crate::connections::Connections;
use crate::options::{Comparison, Options};
use crate::programs::started;
use crate::rounds::{Asking, Figures, round};
use crate::stage::{Candidate, Stage, Turns, post};

/// Runs it.
pub(crate) async fn run(options: &Options, comparison: &Comparison) -> Result<bool> {
    let figures = Box::pin(LocalSet::new().run_until(measure(options, comparison))).await?;
    figures.print();
    Ok(true)
}

async fn measure(options: &Options, comparison: &Comparison) -> Result<Figures> {
    let stage = Stage::set(options, comparison).await?;
    for candidate in stage.sitting.iter() {
        let path = format!("/assessments/{}/submit", candidate.id);
        let reply = stage
            .connections
            .send(&post(&path, &candidate.token, &json!({})))
            .await?;
        ensure!(reply.status == 202, "a submission was answered {}", reply.status);
    }
    let mut command = Command::new(&comparison.other);
    command.arg(&stage.world.url);
    let log = tempfile::tempfile()?;
    let (child, address) = started(&mut command, &log)?;
    let bare = Bare(child);
    let other = Rc::new(Connections::to(&[address], usize::try_from(comparison.clients)?));
    let asking: Rc<dyn Asking> = Rc::new(Polling {
        sitting: Rc::clone(&stage.sitting),
        turns: Turns::new(),
    });
    let time = Duration::from_secs(comparison.seconds);
    let mut figures = Figures::default();
    for number in 0..=comparison.rounds {
        let before = stage.meter.cpu()?;
        let ours = round(&stage.connections, &asking, comparison.clients, time).await?;
        let between = stage.meter.cpu()?;
        let bare_before = bare.cpu()?;
        let theirs = round(&other, &asking, comparison.clients, time).await?;
        let after = stage.meter.cpu()?;
        let bare_used = bare.cpu()? - bare_before;
        if number == 0 {
            continue;
        }
        let cpu = between.since(&before).times(1.0 / ours.requests).0;
        let database = after.since(&between).0[2] / theirs.requests;
        let mut push = |name: &str, unit, sample| figures.push(&format!("poll: {name}"), unit, sample);
        push("service", "per s", ours.rate);
        push("service, p99", "ms", ours.latency.milliseconds_at(990));
        push("service, its process", "CPU µs each", cpu[0]);
        push("service, PostgreSQL", "CPU µs each", cpu[2]);
        push("bare handler", "per s", theirs.rate);
        push(
            "bare handler, its process",
            "CPU µs each",
            bare_used / theirs.requests,
        );
        push("bare handler, PostgreSQL", "CPU µs each", database);
        push("load tool", "CPU µs each", cpu[4]);
        push(
            "service to bare handler (goal ≥ 0.60)",
            "×",
            ours.rate / theirs.rate,
        );
    }
    Ok(figures)
}

/// The other program; stopped when dropped.
struct Bare(Child);

impl Bare {
    fn cpu(&self) -> Result<f64> {
        crate::meter::process_cpu(self.0.id())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Everybody polls in turn.
struct Polling {
    sitting: Rc<Vec<Candidate>>,
    turns: Turns,
}

impl Asking for Polling {
    fn next(&self) -> Vec<u8> {
        let Ok((place, _)) = self.turns.next(self.sitting.len()) else {
            return Vec::new();
        };
        let Candidate { id, token, .. } = &self.sitting[place];
        // The header is for the bare handler.
        format!(
            "GET /api/v1/assessments/{id}/status HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\nx-user-id: {id}\r\n\r\n"
        )
        .into_bytes()
    }
}
