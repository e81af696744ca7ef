//! Who comes first, and that nobody comes never.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::job::{JobId, NewJob, Priority};
use jobs::Transition;

use super::bench::{Bench, SECOND, TASK};
use crate::TestDatabase;

const JUST: Duration = Duration::from_micros(1);

fn of(bench: &Bench, priority: Priority, due_in: Duration) -> NewJob {
    NewJob {
        priority,
        run_at: bench.now() + due_in,
        ..bench.job(TASK)
    }
}

/// Of what came due together the higher priority is first, whatever was inserted first.
pub async fn a_higher_priority_comes_first(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let mut expected = Vec::new();
    for priority in [Priority::Bulk, Priority::Normal, Priority::Urgent] {
        for _ in 0..2 {
            expected.push((
                priority,
                bench.enqueue(of(&bench, priority, Duration::ZERO)).await?.id,
            ));
        }
    }
    expected.sort_by_key(|(priority, id)| (std::cmp::Reverse(*priority), *id));
    for (_, id) in expected {
        assert_eq!(bench.claim(&process).await?.id, id);
    }
    Ok(())
}

/// A job overtakes those of the next higher priority that came due five minutes after it, and no others.
pub async fn an_old_job_overtakes_new_ones_of_higher_priority(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for (low, high, steps) in [
        (Priority::Normal, Priority::Urgent, 1),
        (Priority::Bulk, Priority::Normal, 1),
        (Priority::Bulk, Priority::Urgent, 2),
    ] {
        let overtaken_from = Priority::AGEING * steps;
        let old = bench.enqueue(of(&bench, low, Duration::ZERO)).await?.id;
        let before = bench
            .enqueue(of(&bench, high, overtaken_from.saturating_sub(JUST)))
            .await?
            .id;
        let after = bench.enqueue(of(&bench, high, overtaken_from + JUST)).await?.id;
        bench.advance(overtaken_from + SECOND);
        let mut order = Vec::new();
        for _ in 0..3 {
            order.push(bench.claim(&process).await?.id);
        }
        assert_eq!(order, [before, old, after], "{low:?} under {high:?}");
    }
    Ok(())
}

/// One claim may take several priorities, each in its turn.
pub async fn a_batch_is_merged_by_turns(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let minute = Duration::from_mins(1);
    let mut jobs = Vec::new();
    for number in 0..12 {
        // No two turns are the same.
        for (priority, apart) in Priority::ALL.into_iter().zip([0, 1, 2]) {
            let job = of(&bench, priority, minute * number + SECOND * apart);
            jobs.push((priority.turn(job.run_at), job.id));
            bench.enqueue(job).await?;
        }
    }
    jobs.sort_unstable();
    bench.advance(minute * 30);
    for wanted in jobs.chunks(10) {
        let mut claimed: Vec<JobId> = bench
            .claim_up_to(&process, wanted.len())
            .await?
            .into_iter()
            .map(|claim| claim.id)
            .collect();
        let mut wanted: Vec<JobId> = wanted.iter().map(|(_, id)| *id).collect();
        claimed.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(claimed, wanted);
    }
    Ok(())
}

/// Twice as many urgent jobs come as can be done. The bulk job is done when all are that came due less than ten minutes
/// after it, and not one later.
pub async fn nothing_starves(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let patient = bench
        .enqueue(of(&bench, Priority::Bulk, Duration::ZERO))
        .await?
        .id;
    bench.advance(JUST);
    let minute = Duration::from_mins(1);
    for turn in 0..40 {
        for _ in 0..2 {
            bench
                .enqueue(of(&bench, Priority::Urgent, Duration::ZERO))
                .await?;
        }
        let claim = bench.claim(&process).await?;
        bench
            .finish(&claim, Transition::Complete { result: None })
            .await?;
        if claim.id == patient {
            let before_it = 2 * Priority::AGEING.as_secs() * 2 / 60;
            assert_eq!(turn, before_it, "overtaken by whom it should have overtaken");
            return Ok(());
        }
        bench.advance(minute);
    }
    anyhow::bail!("the bulk job was never claimed")
}

/// An assessment of a thousand answers does not stand before all of those that come a moment later: of what one
/// transaction inserts, twenty jobs get the line they ask for.
pub async fn a_large_assessment_does_not_block_small_ones(database: TestDatabase) -> Result<()> {
    const SMALL: usize = 10;
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let of_assessment = |count: usize| -> Vec<NewJob> {
        let subject = Some(bench.new_uuid());
        let job = || NewJob {
            subject,
            ..bench.job(TASK)
        };
        std::iter::repeat_with(job).take(count).collect()
    };
    bench.enqueue_all(of_assessment(1_000)).await?;
    bench.advance(SECOND);
    for _ in 0..SMALL {
        bench.enqueue_all(of_assessment(2)).await?;
    }
    bench.advance(SECOND);
    let mut claimed_of = BTreeMap::<_, usize>::new();
    for claim in bench.claim_up_to(&process, 20 + SMALL * 2).await? {
        *claimed_of
            .entry(claim.subject.context("all have a subject")?)
            .or_default() += 1;
    }
    let mut shares: Vec<_> = claimed_of.into_values().collect();
    shares.sort_unstable();
    assert_eq!(shares, [vec![2; SMALL], vec![20]].concat());
    let rest = bench.claim_up_to(&process, 2_000).await?;
    assert_eq!(rest.len(), 980, "the others are done when nobody else waits");
    Ok(())
}
