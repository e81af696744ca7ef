//! Jobs a second, and what one costs.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use jobs::{CancellationToken, Dispatch, Relay};
use outbound::bullmq::{BullMq, BullMqSettings};
use testkit::Backend;

use crate::figures::{Figures, number};
use crate::ground::{Ground, new_id};
use crate::{Plan, raw, worked};

/// Figures of one way of working jobs off.
struct Names {
    rate: &'static str,
    cpu: &'static str,
    in_database: &'static str,
}

const RAW: Names = Names {
    rate: "bare loop",
    cpu: "bare loop, a job",
    in_database: "bare loop, a job, in PostgreSQL",
};
const WORKER: Names = Names {
    rate: "whole worker",
    cpu: "whole worker, a job",
    in_database: "whole worker, a job, in PostgreSQL",
};
const BY_REDIS: Names = Names {
    rate: "whole worker, dispatch by Redis",
    cpu: "whole worker, dispatch by Redis, a job",
    in_database: "whole worker, dispatch by Redis, a job, in PostgreSQL",
};

pub(crate) async fn measure(plan: &Plan, backend: Backend, figures: &mut Figures) -> Result<()> {
    let ground = Ground::new(backend).await?;
    let redis = match backend {
        Backend::Postgres => testkit::redis::shared_url().ok(),
        Backend::Sqlite => None,
    };
    let mut unused = Figures::default();
    for round in 0..=plan.rounds {
        let figures = if round == 0 { &mut unused } else { &mut *figures };
        let limit = timed(&ground, plan, figures, &RAW, raw::work_off(&ground)).await?;
        let reached = timed(
            &ground,
            plan,
            figures,
            &WORKER,
            worked::work_off(&ground, None, plan.jobs),
        )
        .await?;
        figures.push("whole worker to bare loop (goal ≥ 0.6)", "×", reached / limit);
        if let Some(url) = &redis {
            let working = by_redis(&ground, url.clone(), plan.jobs);
            let reached = timed(&ground, plan, figures, &BY_REDIS, working).await?;
            figures.push("dispatch by Redis to bare loop", "×", reached / limit);
        }
    }
    Ok(())
}

/// Fills the table, lets `working` empty it and returns the jobs a second.
async fn timed<Kept>(
    ground: &Ground,
    plan: &Plan,
    figures: &mut Figures,
    names: &Names,
    working: impl Future<Output = Result<Kept>>,
) -> Result<f64> {
    ground.seed(plan.jobs, 1).await?;
    let (cpu, begun) = (ground.cpu().await?, Instant::now());
    // Its connections, if it has some of its own: what a backend has used is not known any more when it has ended.
    let kept = working.await?;
    let rate = number(plan.jobs) / begun.elapsed().as_secs_f64();
    let (process, database) = ground.cpu().await?.since(&cpu);
    drop(kept);
    ground.require_completed(plan.jobs).await?;
    figures.push(names.rate, "jobs/s", rate);
    figures.push(names.cpu, "CPU µs", process / number(plan.jobs));
    if ground.backend == Backend::Postgres {
        figures.push(names.in_database, "CPU µs", database / number(plan.jobs));
    }
    Ok(rate)
}

/// The jobs are published while they are worked off.
async fn by_redis(ground: &Ground, url: String, jobs: i64) -> Result<()> {
    let store = &ground.database.store;
    let settings = BullMqSettings {
        url,
        prefix: testkit::redis::key_prefix(),
    };
    let dispatch: Arc<dyn Dispatch> = Arc::new(BullMq::start(settings, store.wake()));
    let (relay, announcer) = Relay::new(
        Arc::clone(&dispatch),
        Arc::new(store.clone()),
        ground.clock.clone(),
    );
    announcer.announce(Vec::new());
    let stop = CancellationToken::new();
    let relaying = tokio::spawn(relay.run(new_id(), stop.clone()));
    worked::work_off(ground, Some(dispatch), jobs).await?;
    stop.cancel();
    relaying.await?;
    Ok(())
}
