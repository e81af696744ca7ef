//! Claims and finishes beside a transaction that stays open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use jobs::{Finish, JobStore as _, Transition};
use sea_orm::ConnectionTrait as _;
use testkit::Backend;

use crate::Plan;
use crate::figures::{Figures, number, quantile};
use crate::ground::{Ground, single_connection};

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let ground = Ground::new(Backend::Postgres).await?;
    let mut unused = Figures::default();
    for round in 0..=plan.rounds {
        let figures = if round == 0 { &mut unused } else { &mut *figures };
        ground.seed(plan.jobs, 1).await?;
        let (free, mut claims) = work_off(&ground, plan.jobs).await?;
        figures.push("claims and finishes of 50", "jobs/s", free);
        figures.push("claim of 50, p99", "ms", quantile(&mut claims, 99));
        ground.seed(plan.jobs, 1).await?;
        let holder = single_connection(&ground.database.url).await?;
        holder
            .execute_unprepared("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM job_attempts")
            .await?;
        let (held, mut claims) = work_off(&ground, plan.jobs).await?;
        holder.execute_unprepared("COMMIT").await?;
        holder.close().await?;
        figures.push("claims and finishes of 50, a snapshot open", "jobs/s", held);
        figures.push(
            "claim of 50, a snapshot open, p99 (goal ≤ 50)",
            "ms",
            quantile(&mut claims, 99),
        );
        figures.push("with a snapshot open to without (goal ≥ 0.9)", "×", held / free);
    }
    Ok(())
}

/// Works off what is ready and returns the jobs a second and the time of each claim.
async fn work_off(ground: &Ground, jobs: i64) -> Result<(f64, Vec<Duration>)> {
    let owner = ground.process().await?;
    let (mut claims, begun) = (Vec::new(), Instant::now());
    loop {
        let claiming = Instant::now();
        let claimed = ground.database.store.claim(&ground.request(owner.id)).await?;
        claims.push(claiming.elapsed());
        if claimed.is_empty() {
            break;
        }
        let at = ground.now();
        let finish = |claim| {
            let transition = Transition::Complete { result: None };
            let finish = Finish {
                at,
                transition,
                failure: None,
            };
            (Arc::new(claim), finish)
        };
        let endings: Vec<_> = claimed.into_iter().map(finish).collect();
        ground.database.store.finish_many(&endings).await?;
    }
    let rate = number(jobs) / begun.elapsed().as_secs_f64();
    ground.require_completed(jobs).await?;
    Ok((rate, claims))
}
