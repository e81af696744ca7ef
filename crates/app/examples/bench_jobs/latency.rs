//! From the due time of an insert to the start of its work.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use storage::Store;
use testkit::Backend;
use tokio::task::JoinSet;

use crate::Plan;
use crate::enqueue::enqueue;
use crate::figures::{Figures, quantile};
use crate::ground::Ground;
use crate::worked::{Serving, Started};

/// Between two inserts.
const EVERY: Duration = Duration::from_millis(1);
/// Longest wait for the last start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Names of p50 and p99.
type Names = [&'static str; 2];

const APART: Names = [
    "insert to start at 1,000/s, other connections, p50 (goal ≤ 5)",
    "insert to start at 1,000/s, other connections, p99 (goal ≤ 50)",
];
const WAKING: Names = [
    "insert to start at 1,000/s, same process, p50",
    "insert to start at 1,000/s, same process, p99",
];

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> Result<()> {
    let ground = Arc::new(Ground::new(Backend::Postgres).await?);
    let beside = ground.database.beside().await?.store;
    let own = ground.database.store.clone();
    let mut unused = Figures::default();
    for round in 0..=plan.rounds {
        let figures = if round == 0 { &mut unused } else { &mut *figures };
        for (through, [median, p99]) in [(&beside, APART), (&own, WAKING)] {
            ground.seed(0, 1).await?;
            let mut times = starts(&ground, through, plan.inserts).await?;
            figures.push(median, "ms", quantile(&mut times, 50));
            figures.push(p99, "ms", quantile(&mut times, 99));
        }
    }
    Ok(())
}

/// The time of each insert until its start, but for the first fifth: a worker that had nothing to do looks twice a second,
/// which is no property of this rate.
async fn starts(ground: &Arc<Ground>, through: &Store, inserts: u32) -> Result<Vec<Duration>> {
    let (begun, times) = (Instant::now() + EVERY * 100, Arc::new(Mutex::new(Vec::new())));
    let noted = Arc::clone(&times);
    let started: Started = Arc::new(move |job| {
        let number = job.payload["number"]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok());
        let number = number.unwrap_or(0);
        if number < inserts / 5 {
            return;
        }
        let time = Instant::now().saturating_duration_since(begun + EVERY * number);
        noted.lock().unwrap_or_else(PoisonError::into_inner).push(time);
    });
    let serving = Serving::start(ground, None, started).await?;
    let mut inserting = JoinSet::new();
    for number in 0..inserts {
        tokio::time::sleep_until((begun + EVERY * number).into()).await;
        let (ground, through) = (Arc::clone(ground), through.clone());
        inserting.spawn(async move { enqueue(&ground, &through, number).await });
    }
    while let Some(inserted) = inserting.join_next().await {
        inserted??;
    }
    let wanted = usize::try_from(inserts - inserts / 5)?;
    let count = || times.lock().unwrap_or_else(PoisonError::into_inner).len();
    let limit = Instant::now() + PATIENCE;
    while count() < wanted {
        ensure!(
            Instant::now() < limit,
            "{} of {wanted} jobs have started",
            count()
        );
        tokio::time::sleep(EVERY).await;
    }
    serving.stop().await?;
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *times))
}
