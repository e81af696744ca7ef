//! Claims while little and while much is ready.

use anyhow::{Result, ensure};
use testkit::Backend;

use crate::Plan;
use crate::claimer::Claimer;
use crate::figures::Figures;
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
        few.seed(plan.jobs, PRIORITIES).await?;
        let (mut alone, mut among) = (Claimer::new(&few).await?, Claimer::new(&many).await?);
        for _ in 0..usize::try_from(plan.jobs)? / BATCH / 2 {
            for claimer in [&mut alone, &mut among] {
                ensure!(!claimer.claim().await?.is_empty(), "nothing is ready");
            }
        }
        figures.push("claims of 50, few jobs ready", "jobs/s", alone.rate());
        figures.push("claims of 50, 1,000,000 jobs ready", "jobs/s", among.rate());
        figures.push(
            "claims among 1,000,000 to among few (goal ≥ 0.9)",
            "×",
            among.rate() / alone.rate(),
        );
    }
    Ok(())
}
