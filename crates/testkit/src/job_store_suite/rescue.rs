//! Lost leases, beats and the rescuer.

use anyhow::Result;
use domain::job::NewJob;
use jobs::views::JobStatus;
use jobs::{Finished, JobStore as _, Process, Registry, Rescuer, Transition, WorkerConfig};
use storage::JobTx;

use super::bench::{Bench, DEAD, LEASE, SECOND, TASK};
use super::scripted::Scripted;
use crate::TestDatabase;

/// A rescuer that has waited its lease after the start.
async fn rescuer(bench: &Bench) -> Result<Rescuer<JobTx>> {
    let worker = bench
        .worker(
            Registry::default().with(Scripted::done()),
            WorkerConfig::default(),
        )
        .await?;
    let mut rescuer = worker.rescuer();
    assert_eq!(rescuer.tick().await?, 0);
    bench.advance(LEASE);
    assert_eq!(rescuer.tick().await?, 0);
    Ok(rescuer)
}

/// A process dies between claim and finish: the job runs again, with a higher fence and a second attempt row.
pub async fn a_job_of_a_dead_process_is_run_again(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let mut rescuer = rescuer(&bench).await?;
    let id = bench.task().await?;
    let (dead, living) = (bench.process().await?, bench.process().await?);
    let lost = bench.claim(&dead).await?;
    bench.advance(LEASE);
    assert_eq!(rescuer.tick().await?, 0, "the lease has not ended yet");
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 1);

    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.crash_count, view.attempt),
        (JobStatus::Queued, 1, 1)
    );
    assert_eq!(view.error_code.as_deref(), Some("worker_lost"));
    bench.advance(SECOND);
    let again = bench.claim(&living).await?;
    assert_eq!((again.id, again.attempt, again.crash_count), (id, 2, 1));
    assert!(again.fence > lost.fence);
    assert_eq!(bench.outcomes(id).await?, ["lost", "running"]);
    Ok(())
}

/// A process whose first beat came while it claimed, and which then died, has crashed.
pub async fn a_beat_beside_the_claim_does_not_hide_a_crash(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let mut rescuer = rescuer(&bench).await?;
    let id = bench.task().await?;
    let owner = bench.process().await?;
    bench.claim(&owner).await?;
    bench.advance(SECOND);
    bench.beat(&owner, &[]).await?;
    for wait in [SECOND * 7, SECOND * 7 + SECOND / 2] {
        bench.advance(wait);
        assert_eq!(rescuer.tick().await?, 0);
    }
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 1);
    assert_eq!(bench.view(id).await?.crash_count, 1);
    Ok(())
}

/// A claim whose process still beats was only lost on the way: nobody crashed and no attempt is used up.
pub async fn a_lost_claim_of_a_living_process_is_no_crash(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let mut rescuer = rescuer(&bench).await?;
    let id = bench.task().await?;
    let owner = bench.process().await?;
    bench.claim(&owner).await?;
    bench.advance(SECOND * 8);
    assert_eq!(
        bench.beat(&owner, &[]).await?,
        0,
        "what is not held is not extended"
    );
    assert_eq!(rescuer.tick().await?, 0);
    bench.advance(SECOND * 8);
    assert_eq!(
        rescuer.tick().await?,
        0,
        "a beat less long ago than the claim says too little"
    );
    bench.advance(SECOND * 5);
    assert_eq!(rescuer.tick().await?, 1);
    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.crash_count, view.attempt),
        (JobStatus::Queued, 0, 0)
    );
    assert_eq!(bench.outcomes(id).await?, ["lost"]);
    Ok(())
}

/// A process beats but no longer renews a claim whose work has outlived its deadline: no thread of it is left to notice.
/// The job is taken from it, counts as tried, and is dead after its last attempt.
pub async fn overdue_work_of_a_living_process_is_taken_from_it(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let mut rescuer = rescuer(&bench).await?;
    let owner = bench.process().await?;
    let twice = NewJob {
        max_attempts: 2,
        ..bench.job(TASK)
    };
    let id = bench.enqueue(twice).await?.id;
    for (attempt, status) in [(1, JobStatus::Queued), (2, JobStatus::Failed)] {
        let claim = bench.claim(&owner).await?;
        assert_eq!(claim.attempt, attempt);
        // As long as the deadline of the suite's handlers.
        for _ in 0..6 {
            bench.advance(SECOND * 10);
            assert_eq!(bench.beat(&owner, &[&claim]).await?, 1);
            assert_eq!(rescuer.tick().await?, 0);
        }
        for rescued in [0, 0, 1] {
            bench.advance(SECOND * 8);
            bench.beat(&owner, &[]).await?;
            assert_eq!(rescuer.tick().await?, rescued);
        }
        let view = bench.view(id).await?;
        assert_eq!(
            (view.status, view.attempt, view.crash_count),
            (status, attempt, 0)
        );
        assert_eq!(view.error_code.as_deref(), Some("deadline"));
        assert_eq!(
            bench
                .finish(&claim, Transition::Complete { result: None })
                .await?,
            Finished::Stale
        );
        bench.advance(SECOND * 2);
    }
    assert_eq!(bench.markers(DEAD, id).await?, 1);
    Ok(())
}

/// A beat renews a lease that ended while nobody claimed the job, and a rescue decided before that comes too late.
pub async fn a_beat_renews_an_expired_unclaimed_lease(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let owner = bench.process().await?;
    let claim = bench.claim(&owner).await?;
    bench.advance(LEASE * 2);
    let expired = bench.store.expired(None, bench.now(), LEASE, 9).await?;
    assert_eq!(
        expired
            .iter()
            .map(|found| (found.claim.clone(), found.owner_gone))
            .collect::<Vec<_>>(),
        [(claim.clone(), true)]
    );

    assert_eq!(bench.beat(&owner, &[&claim]).await?, 1);

    let lose = Transition::Lose {
        run_at: bench.now(),
        crashed: true,
    };
    assert_eq!(bench.finish(&claim, lose).await?, Finished::Stale);
    assert_eq!(bench.outcomes(id).await?, ["running"]);
    assert!(
        bench
            .store
            .expired(None, bench.now() + LEASE, LEASE, 9)
            .await?
            .is_empty()
    );
    assert_eq!(
        bench
            .finish(&claim, Transition::Complete { result: None })
            .await?,
        Finished::Applied
    );
    Ok(())
}

/// A job that was running in three dying processes is a dead letter, and whoever waits for it is told.
pub async fn three_crashes_are_poison(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let mut rescuer = rescuer(&bench).await?;
    let id = bench.task().await?;
    for crashes in 1..=3 {
        bench.claim(&bench.process().await?).await?;
        // In steps that a rescuer awake would take.
        bench.advance(SECOND * 10);
        assert_eq!(rescuer.tick().await?, 0);
        bench.advance(SECOND * 10);
        assert_eq!(rescuer.tick().await?, 1);
        assert_eq!(bench.view(id).await?.crash_count, crashes);
        bench.advance(SECOND * 4);
    }
    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.error_code.as_deref()),
        (JobStatus::Failed, Some("poison"))
    );
    assert_eq!(bench.outcomes(id).await?, ["lost", "lost", "lost"]);
    assert_eq!(bench.markers(DEAD, id).await?, 1);
    assert!(bench.claim_up_to(&bench.process().await?, 9).await?.is_empty());
    Ok(())
}

/// Jobs that may have killed their process are claimed one at a time, besides the others.
pub async fn suspects_run_in_a_lane_of_one(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for _ in 0..3 {
        bench.task().await?;
    }
    for claim in bench.claim_up_to(&process, 9).await? {
        bench.advance(LEASE * 2);
        bench
            .finish(
                &claim,
                Transition::Lose {
                    run_at: bench.now(),
                    crashed: true,
                },
            )
            .await?;
    }
    for _ in 0..3 {
        bench.task().await?;
    }
    let crash_counts: Vec<_> = bench
        .claim_up_to(&process, 9)
        .await?
        .iter()
        .map(|claim| claim.crash_count)
        .collect();
    assert_eq!(crash_counts, [1, 0, 0, 0]);
    Ok(())
}

/// An outage is not a crash: after its start, and after it was frozen, the rescuer gives everybody one lease of time.
pub async fn the_rescuer_waits_before_it_judges(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    bench.task().await?;
    bench.claim(&bench.process().await?).await?;
    bench.advance(LEASE * 2);
    let worker = bench.worker(Registry::default(), WorkerConfig::default()).await?;
    let mut rescuer = worker.rescuer();
    assert_eq!(rescuer.tick().await?, 0, "just started");
    bench.advance(SECOND * 14);
    assert_eq!(rescuer.tick().await?, 0, "not yet one lease");
    bench.advance(LEASE + SECOND);
    assert_eq!(rescuer.tick().await?, 0, "was frozen itself");
    bench.advance(LEASE);
    assert_eq!(rescuer.tick().await?, 1);
    Ok(())
}

/// One holder at a time; a lease that ended may be taken.
pub async fn a_service_has_one_leader(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (first, second) = (bench.process().await?, bench.process().await?);
    let acquire = async |holder: &Process| {
        bench
            .store
            .acquire_service_lease("suite", holder.id, bench.now(), LEASE)
            .await
    };
    assert!(acquire(&first).await?);
    assert!(!acquire(&second).await?);
    bench.advance(LEASE);
    assert!(acquire(&first).await?, "renews");
    bench.advance(LEASE);
    assert!(!acquire(&second).await?);
    bench.advance(SECOND);
    assert!(acquire(&second).await?);
    assert!(!acquire(&first).await?);
    Ok(())
}
