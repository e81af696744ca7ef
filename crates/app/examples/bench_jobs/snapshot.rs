//! Claims and finishes beside a transaction that stays open.

use anyhow::Result;
use sea_orm::ConnectionTrait as _;
use testkit::Backend;

use crate::Plan;
use crate::claimer::Claimer;
use crate::figures::Figures;
use crate::ground::{Ground, single_connection};

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let (free, held) = (
        Ground::new(Backend::Postgres).await?,
        Ground::new(Backend::Postgres).await?,
    );
    let mut unused = Figures::default();
    for round in 0..=plan.rounds {
        let figures = if round == 0 { &mut unused } else { &mut *figures };
        free.seed(plan.jobs, 1).await?;
        held.seed(plan.jobs, 1).await?;
        let holder = single_connection(&held.database.url).await?;
        holder
            .execute_unprepared("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM job_attempts")
            .await?;
        let (mut without, mut beside) = (Claimer::new(&free).await?, Claimer::new(&held).await?);
        while without.work().await? & beside.work().await? {}
        holder.execute_unprepared("COMMIT").await?;
        holder.close().await?;
        for ground in [&free, &held] {
            ground.require_completed(plan.jobs).await?;
        }
        figures.push("claims and finishes of 50", "jobs/s", without.rate());
        figures.push("claim of 50, p99", "ms", without.slowest_claim());
        figures.push(
            "claims and finishes of 50, a snapshot open",
            "jobs/s",
            beside.rate(),
        );
        figures.push(
            "claim of 50, a snapshot open, p99 (goal ≤ 50)",
            "ms",
            beside.slowest_claim(),
        );
        figures.push(
            "with a snapshot open to without (goal ≥ 0.9)",
            "×",
            beside.rate() / without.rate(),
        );
    }
    Ok(())
}
