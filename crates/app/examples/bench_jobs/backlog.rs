//! Claims while little and while much is ready.

use std::time::Instant;

use anyhow::{Result, ensure};
use jobs::JobStore as _;
use testkit::Backend;

use crate::Plan;
use crate::figures::{Figures, number};
use crate::ground::{BATCH, Ground};

/// Priorities among the jobs.
const PRIORITIES: i64 = 3;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let (few, many) = (
        Ground::new(Backend::Postgres).await?,
        Ground::new(Backend::Postgres).await?,
    );
    many.seed(plan.backlog, PRIORITIES).await?;
    let mut unused = Figures::default();
    for round in 0..=plan.rounds {
        let figures = if round == 0 { &mut unused } else { &mut *figures };
        few.seed(plan.jobs / 2, PRIORITIES).await?;
        let alone = claims(&few, plan.jobs / 4).await?;
        let among = claims(&many, plan.jobs / 4).await?;
        figures.push("claims of 50, few jobs ready", "jobs/s", alone);
        figures.push("claims of 50, 1,000,000 jobs ready", "jobs/s", among);
        figures.push(
            "claims among 1,000,000 to among few (goal ≥ 0.9)",
            "×",
            among / alone,
        );
    }
    Ok(())
}

/// Claims this many jobs and returns how many a second.
async fn claims(ground: &Ground, jobs: i64) -> Result<f64> {
    let owner = ground.process().await?;
    let (mut left, begun) = (usize::try_from(jobs)?, Instant::now());
    while left > 0 {
        let claimed = ground.database.store.claim(&ground.request(owner.id)).await?;
        ensure!(!claimed.is_empty(), "nothing is ready");
        left = left.saturating_sub(claimed.len().min(BATCH));
    }
    Ok(number(jobs) / begun.elapsed().as_secs_f64())
}
