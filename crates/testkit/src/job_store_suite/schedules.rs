//! Recurring jobs: who ticks, what a tick makes, and what a clock that jumps does to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use domain::job::{JobId, JobKind};
use domain::time::Timestamp;
use jobs::views::JobStatus;
use jobs::{JobStore as _, Registry, Rhythm, Schedule, Transition, Work, WorkerConfig};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::bench::{Bench, SECOND, TASK, eventually};
use super::scripted::Scripted;
use super::serving::{Serving, connector};
use crate::TestDatabase;
use crate::clock::START;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

const SWEEP: Schedule = Schedule {
    name: "suite_sweep",
    rhythm: Rhythm::Every(MINUTE),
    kind: TASK,
    max_attempts: 3,
};

async fn tick(bench: &Bench, schedule: &Schedule) -> Result<Option<JobId>> {
    Ok(bench.store.tick(schedule, bench.now()).await?)
}

/// Completes all that is due and returns it.
async fn complete_due(bench: &Bench) -> Result<Vec<JobId>> {
    let claims = bench.claim_up_to(&bench.process().await?, 99).await?;
    for claim in &claims {
        bench.finish(claim, Transition::Complete { result: None }).await?;
    }
    Ok(claims.into_iter().map(|claim| claim.id).collect())
}

async fn next_is(bench: &Bench, schedule: &Schedule, next: Timestamp) -> Result<bool> {
    let (name, next) = (schedule.name, next.as_micros());
    let found = bench
        .count(&format!("schedules WHERE name = '{name}' AND next_at = {next}"))
        .await?;
    Ok(found == 1)
}

/// Twenty processes that look at once make one job of a tick, of the first one and of the one after it.
pub async fn tickers_at_once_make_one_job(database: TestDatabase) -> Result<()> {
    const TICKERS: usize = 20;
    let bench = Bench::new(database);
    for _ in 0..2 {
        let start = Arc::new(Barrier::new(TICKERS));
        let mut tickers = JoinSet::new();
        for _ in 0..TICKERS {
            let (bench, start) = (bench.clone(), Arc::clone(&start));
            tickers.spawn(async move {
                start.wait().await;
                tick(&bench, &SWEEP).await
            });
        }
        let mut made = Vec::new();
        while let Some(ticked) = tickers.join_next().await {
            made.extend(ticked??);
        }
        assert_eq!(made.len(), 1);
        assert_eq!(complete_due(&bench).await?, made);
        bench.advance(MINUTE);
    }
    Ok(())
}

/// The job of a tick is an ordinary one: due at once, with the schedule's attempts.
pub async fn a_tick_makes_a_job_that_is_due(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = tick(&bench, &SWEEP).await?;
    let claim = bench.claim(&bench.process().await?).await?;
    assert_eq!(Some(claim.id), id);
    assert_eq!(
        (claim.kind.as_str(), claim.queue, claim.max_attempts),
        (TASK.name, TASK.queue, 3)
    );
    assert_eq!(
        (claim.run_at, claim.payload),
        (bench.now(), serde_json::json!({ "schedule": "suite_sweep" }))
    );
    Ok(())
}

/// However many ticks were missed, one makes up for them, and the next one is on time again.
pub async fn missed_ticks_become_one(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    assert!(tick(&bench, &SWEEP).await?.is_some(), "due at once");
    complete_due(&bench).await?;
    bench.advance(HOUR + SECOND * 59);
    assert!(tick(&bench, &SWEEP).await?.is_some());
    assert_eq!(complete_due(&bench).await?.len(), 1);
    assert_eq!(tick(&bench, &SWEEP).await?, None);

    bench.advance(Duration::from_micros(999_999));
    assert_eq!(tick(&bench, &SWEEP).await?, None, "not before its time");
    bench.advance(Duration::from_micros(1));
    assert!(
        tick(&bench, &SWEEP).await?.is_some(),
        "a late tick does not delay the next one"
    );
    Ok(())
}

/// A job that is not done keeps later ticks from piling up, whatever it waits for; time goes on meanwhile.
pub async fn a_live_job_takes_the_place_of_the_next_tick(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let skipped = async |why: &str| -> Result<()> {
        bench.advance(MINUTE);
        assert_eq!(tick(&bench, &SWEEP).await?, None, "{why}");
        assert!(next_is(&bench, &SWEEP, bench.now() + MINUTE).await?, "{why}");
        Ok(())
    };
    let first = tick(&bench, &SWEEP).await?;
    skipped("it is ready").await?;
    let claim = bench.claim(&process).await?;
    assert_eq!(Some(claim.id), first);
    skipped("it runs").await?;
    let run_at = bench.now() + HOUR;
    bench.finish(&claim, Transition::Retry { run_at }).await?;
    skipped("it will be retried").await?;

    bench.advance(HOUR);
    let claim = bench.claim(&process).await?;
    bench.finish(&claim, Transition::Fail).await?;
    let second = tick(&bench, &SWEEP).await?;
    assert!(second.is_some() && second != first, "a dead job is not live");
    let claim = bench.claim(&process).await?;
    bench.finish(&claim, Transition::Discard).await?;
    bench.advance(MINUTE);
    assert!(tick(&bench, &SWEEP).await?.is_some(), "nor is a cancelled one");
    assert_eq!(bench.claim_up_to(&process, 99).await?.len(), 1);
    Ok(())
}

/// Schedules that share a kind, and the beginning of their names, tick by themselves; so do jobs nobody scheduled.
pub async fn schedules_do_not_disturb_each_other(database: TestDatabase) -> Result<()> {
    const HOURLY: Schedule = Schedule {
        name: "suite_sweep_all",
        rhythm: Rhythm::Every(HOUR),
        ..SWEEP
    };
    let bench = Bench::new(database);
    bench.task().await?;
    assert!(tick(&bench, &HOURLY).await?.is_some());
    assert!(
        tick(&bench, &SWEEP).await?.is_some(),
        "the live jobs are not of this schedule"
    );
    assert_eq!(complete_due(&bench).await?.len(), 3);
    let (mut hourly, mut minutely) = (0, 0);
    for _ in 0..120 {
        bench.advance(MINUTE);
        hourly += usize::from(tick(&bench, &HOURLY).await?.is_some());
        minutely += usize::from(tick(&bench, &SWEEP).await?.is_some());
        complete_due(&bench).await?;
    }
    assert_eq!((hourly, minutely), (2, 120));
    Ok(())
}

/// Wherever the clock goes, the next tick only moves forward: nothing is due before it, and it is a multiple of the
/// interval.
pub async fn the_next_tick_never_moves_back(database: TestDatabase) -> Result<()> {
    const CLOCK: [i64; 14] = [
        0, 95, 20, -3_600, 60, 61, 119, 120, 30, 7_200, 100, 7_259, 7_260, 7_261,
    ];
    let bench = Bench::new(database);
    let at = |seconds: i64| Timestamp::from_micros(START.as_micros() + seconds * 1_000_000);
    let mut next = None;
    for seconds in CLOCK {
        bench.clock.set(at(seconds));
        let due = next.is_none_or(|next| next <= seconds);
        assert_eq!(tick(&bench, &SWEEP).await?.is_some(), due, "at {seconds} s");
        complete_due(&bench).await?;
        let expected = if due {
            (seconds / 60 + 1) * 60
        } else {
            next.unwrap_or(0)
        };
        assert!(next_is(&bench, &SWEEP, at(expected)).await?, "at {seconds} s");
        assert!(next.is_none_or(|next| next <= expected));
        next = Some(expected);
    }
    Ok(())
}

/// After the clock has jumped back an hour, the next tick comes where it was set before: at most one interval after the
/// old time, which is an hour and an interval of waiting at most.
pub async fn a_clock_that_jumps_back_delays_one_tick(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    bench.advance(SECOND * 30);
    let old_time = bench.now();
    assert!(tick(&bench, &SWEEP).await?.is_some());
    complete_due(&bench).await?;

    bench.clock.set(old_time - HOUR);
    while bench.now() < START + MINUTE {
        assert_eq!(tick(&bench, &SWEEP).await?, None);
        bench.advance(SECOND * 30);
    }
    assert!(bench.now() <= old_time + MINUTE);
    assert!(tick(&bench, &SWEEP).await?.is_some());
    complete_due(&bench).await?;
    bench.advance(MINUTE);
    assert!(tick(&bench, &SWEEP).await?.is_some(), "and then as ever");
    Ok(())
}

/// A worker ticks what it has handlers for when it is asked to, not while it empties the table.
pub async fn a_worker_ticks_what_it_can_do(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let foreign = Schedule {
        name: "suite_foreign",
        kind: JobKind {
            name: "suite_unknown",
            ..TASK
        },
        ..SWEEP
    };
    let registry = Registry::default()
        .with_schedule(SWEEP)
        .with_schedule(foreign)
        .with(Scripted::done());
    let worker = bench.worker(registry, WorkerConfig::for_testing()).await?;
    assert_eq!(worker.run_until_idle().await?, 0);
    let made = worker.tick_schedules().await?;
    assert_eq!(made.len(), 1);
    assert_eq!(worker.tick_schedules().await?, []);
    assert_eq!(worker.run_until_idle().await?, 1);
    assert_eq!(bench.view(made[0]).await?.status, JobStatus::Completed);
    assert_eq!(
        bench.count("schedules").await?,
        1,
        "the foreign one is left alone"
    );
    Ok(())
}

/// A serving worker ticks by itself and is woken by its ticks; a schedule the database refuses stops no other.
pub async fn a_serving_worker_ticks(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    // Sorts before the other one, and no job may have no attempts.
    let refused = Schedule {
        name: "suite_refused",
        max_attempts: 0,
        ..SWEEP
    };
    let ran = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&ran);
    let handler = Scripted::answering(move || {
        counting.fetch_add(1, Ordering::SeqCst);
        Ok(Work::Done(()))
    });
    let registry = Registry::default()
        .with(handler)
        .with_schedule(refused)
        .with_schedule(SWEEP);
    let config = WorkerConfig {
        poll_every: HOUR,
        ..WorkerConfig::for_testing()
    };
    let serving = Serving::of(&bench, registry, config, connector(&bench)).await?;
    for ticks in 1..=3 {
        eventually("the tick's job is done", async || {
            let kind = TASK.name;
            let done = format!("jobs WHERE kind = '{kind}' AND state = 'completed'");
            Ok(bench.count(&done).await? == ticks)
        })
        .await?;
        bench.advance(MINUTE);
    }
    serving.stop().await?;
    assert!(ran.load(Ordering::SeqCst) >= 3);
    assert_eq!(
        bench.count("schedules WHERE name = 'suite_refused'").await?,
        0,
        "what was refused was rolled back"
    );
    Ok(())
}

/// A schedule that a new release ticks more often, or that was kept for the end of time, is brought forward; clocks that differ
/// by less than an interval move nothing.
pub async fn a_corrected_rhythm_does_not_wait_for_the_old_one(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let daily = Schedule {
        rhythm: Rhythm::Cron("0 3 * * *"),
        ..SWEEP
    };
    let correct = async |schedule| bench.store.correct_schedule(schedule, bench.now()).await;
    assert!(!correct(&daily).await?, "never seen");
    assert!(tick(&bench, &daily).await?.is_some());
    assert!(!correct(&daily).await?);
    assert!(correct(&SWEEP).await?);
    assert!(next_is(&bench, &SWEEP, SWEEP.next_after(bench.now())).await?);
    assert!(!correct(&SWEEP).await?);
    bench.clock.set(bench.now() - SECOND);
    assert!(!correct(&SWEEP).await?, "a clock behind by a second");
    Ok(())
}

/// It does so when it starts.
pub async fn a_serving_worker_corrects_its_schedules(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let yearly = Schedule {
        rhythm: Rhythm::Cron("0 0 1 1 *"),
        ..SWEEP
    };
    tick(&bench, &yearly).await?;
    let registry = Registry::default().with(Scripted::done()).with_schedule(SWEEP);
    let serving = Serving::of(&bench, registry, WorkerConfig::for_testing(), connector(&bench)).await?;
    eventually("the next tick is of the new rhythm", async || {
        next_is(&bench, &SWEEP, SWEEP.next_after(bench.now())).await
    })
    .await?;
    serving.stop().await
}
