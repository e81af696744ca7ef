//! Statements that are refused, take too long or wait for a lock: what is lost by it, and who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;
use domain::job::{JobId, StoreError};
use domain::store::StatementTimeout;
use jobs::views::{JobStatus, JobView};
use jobs::{Finish, Finished, JobError, JobStore as _, Registry, Rescuer, Transition, WorkerConfig};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, TransactionTrait as _};
use storage::{Backend, JobTx};

use super::bench::{Bench, COMMITTED, DEAD, LEASE, SECOND};
use super::disturbed::{Call, Disturbed};
use super::scripted::Scripted;
use crate::TestDatabase;

async fn connect(bench: &Bench) -> Result<DatabaseConnection> {
    Ok(Database::connect(&bench.url).await?)
}

/// A rescuer over this store, and two jobs whose owners' leases run out in a second.
async fn about_to_expire(bench: &Bench, store: Arc<Disturbed>) -> Result<(Rescuer<JobTx>, [JobId; 2])> {
    let config = WorkerConfig::default();
    let worker = bench.worker_over(store, Registry::default(), config).await?;
    let mut rescuer = worker.rescuer();
    assert_eq!(rescuer.tick().await?, 0);
    let ids = [bench.task().await?, bench.task().await?];
    bench.advance(SECOND);
    let owner = bench.process().await?;
    assert_eq!(bench.claim_up_to(&owner, 2).await?.len(), 2);
    bench.advance(SECOND * 14);
    assert_eq!(rescuer.tick().await?, 0);
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 0);
    Ok((rescuer, ids))
}

/// A job that cannot be taken from its owner keeps no other one waiting, and the rescuer does not begin its wait anew; nor does
/// the look for parents get in the way.
pub async fn a_lost_job_in_the_way_delays_no_other(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let finishes = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&finishes);
    let store = Disturbed::new(&bench.store, move |call| match call {
        Call::Finish { .. } if seen.fetch_add(1, Ordering::SeqCst) == 0 => Err(StoreError::Conflict),
        Call::ReleaseParents => Err(StoreError::Unavailable("as the test says".into())),
        _ => Ok(()),
    });
    let (mut rescuer, ids) = about_to_expire(&bench, store).await?;
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 1, "the other one");
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 1, "at the next look");
    assert_eq!(finishes.load(Ordering::SeqCst), 3);
    for id in ids {
        assert_eq!(bench.outcomes(id).await?, ["lost"]);
    }
    Ok(())
}

/// PostgreSQL: a job whose row is locked, by a process that froze while it finished it, is left for a later look.
pub async fn a_locked_job_is_left_for_a_later_look(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (mut rescuer, [locked, free]) =
        about_to_expire(&bench, Disturbed::new(&bench.store, |_| Ok(()))).await?;
    bench.advance(SECOND);
    let frozen = connect(&bench).await?.begin().await?;
    frozen
        .execute_unprepared(&format!("SELECT id FROM jobs WHERE id = '{locked}' FOR UPDATE"))
        .await?;
    assert_eq!(rescuer.tick().await?, 1);
    assert_eq!(bench.outcomes(free).await?, ["lost"]);
    assert_eq!(bench.outcomes(locked).await?, ["running"]);
    frozen.rollback().await?;
    bench.advance(SECOND);
    assert_eq!(rescuer.tick().await?, 1);
    assert_eq!(bench.outcomes(locked).await?, ["lost"]);
    Ok(())
}

/// Parents that wait for nobody are looked for once a minute, whoever else is looked for in between.
pub async fn parents_are_looked_for_once_a_minute(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let looks = Arc::new(AtomicUsize::new(0));
    let looked = Arc::clone(&looks);
    let store = Disturbed::new(&bench.store, move |call| {
        if matches!(call, Call::ReleaseParents) {
            looked.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    });
    let worker = bench
        .worker_over(store, Registry::default(), WorkerConfig::default())
        .await?;
    let mut rescuer = worker.rescuer();
    // The wait after its start, then two minutes with both their ends.
    for _ in 0..=27 {
        rescuer.tick().await?;
        bench.advance(SECOND * 5);
    }
    assert_eq!(looks.load(Ordering::SeqCst), 3);
    Ok(())
}

/// Most looks leave out what earlier ones have seen; what they could not take is not forgotten.
pub async fn what_could_not_be_taken_for_long_is_taken_in_the_end(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (in_the_way, partial) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (fails, looks) = (Arc::clone(&in_the_way), Arc::clone(&partial));
    let store = Disturbed::new(&bench.store, move |call| match call {
        Call::Finish { .. } if fails.load(Ordering::SeqCst) => Err(StoreError::Conflict),
        Call::Expired { since } => {
            looks.fetch_add(usize::from(since.is_some()), Ordering::SeqCst);
            Ok(())
        }
        _ => Ok(()),
    });
    let (mut rescuer, _) = about_to_expire(&bench, store).await?;
    for _ in 0..60 {
        bench.advance(SECOND * 5);
        assert_eq!(rescuer.tick().await?, 0);
    }
    assert!(partial.load(Ordering::SeqCst) > 50);
    in_the_way.store(false, Ordering::SeqCst);
    let mut taken = 0;
    for _ in 0..12 {
        bench.advance(SECOND * 5);
        taken += rescuer.tick().await?;
    }
    assert_eq!(taken, 2, "within a minute");
    Ok(())
}

/// Runs one job over this store until nothing is due.
async fn run_over(bench: &Bench, store: Arc<Disturbed>, handler: Scripted) -> Result<JobView> {
    let id = bench.task().await?;
    let registry = Registry::default().with(handler);
    let worker = bench
        .worker_over(store, registry, WorkerConfig::for_testing())
        .await?;
    assert_eq!(worker.run_until_idle().await?, 1);
    bench.view(id).await
}

/// The end of a failed attempt that the database refuses is written with a fixed text: the attempt counts, and what is dead is
/// dead.
pub async fn a_refused_end_counts_all_the_same(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let refusing = || {
        Disturbed::new(&bench.store, |call| match call {
            Call::Finish { finish, .. } => match &finish.failure {
                Some(failure) if failure.code == "end_refused" => Ok(()),
                _ => Err(StoreError::Rejected("as the test says".into())),
            },
            _ => Ok(()),
        })
    };
    let transient = Scripted::answering(|| Err(JobError::transient("provider_down")));
    let view = run_over(&bench, refusing(), transient).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Queued, 1));
    assert_eq!(view.error_code.as_deref(), Some("end_refused"));
    let permanent = Scripted::answering(|| Err(JobError::permanent("bad_payload")));
    let view = run_over(&bench, refusing(), permanent).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Failed, 1));
    assert_eq!(view.last_error.as_deref(), Some("end_refused"));
    assert_eq!(bench.markers(DEAD, view.id).await?, 0);
    Ok(())
}

/// What no database keeps in a text is replaced before it gets there.
pub async fn an_error_with_a_zero_in_it_is_kept(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let handler = Scripted::answering(|| Err(JobError::transient("bad_reply").because("a\0b")));
    let view = run_over(&bench, Disturbed::new(&bench.store, |_| Ok(())), handler).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Queued, 1));
    assert_eq!(view.last_error.as_deref(), Some("bad_reply: a\u{fffd}b"));
    Ok(())
}

/// A commit that the database gives up every time is a failed attempt: it would hold its slot for ever.
pub async fn a_commit_that_takes_too_long_is_a_failed_attempt(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let slow = Disturbed::new(&bench.store, |call| match call {
        Call::Finish {
            with_effect: true, ..
        } => Err(StoreError::Unavailable(Box::new(StatementTimeout(
            "as the test says".into(),
        )))),
        _ => Ok(()),
    });
    let view = run_over(&bench, slow, Scripted::done()).await?;
    assert_eq!((view.status, view.attempt), (JobStatus::Queued, 1));
    assert_eq!(view.error_code.as_deref(), Some("commit_refused"));
    assert_eq!(bench.markers(COMMITTED, view.id).await?, 0);
    Ok(())
}

/// An outage is waited for, longer than a statement that takes too long.
pub async fn an_outage_costs_no_attempt(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let tries = AtomicUsize::new(0);
    let away = Disturbed::new(&bench.store, move |call| match call {
        Call::Finish { .. } if tries.fetch_add(1, Ordering::SeqCst) < 6 => {
            Err(StoreError::Unavailable("as the test says".into()))
        }
        _ => Ok(()),
    });
    let view = run_over(&bench, away, Scripted::done()).await?;
    assert_eq!(view.status, JobStatus::Completed);
    assert_eq!(bench.markers(COMMITTED, view.id).await?, 1);
    Ok(())
}

/// A finish that waits for a lock renews its claim between two tries: beats pass over a row that is locked.
pub async fn a_finish_in_somebodys_way_keeps_its_lease(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let (finishes, renewals) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (clock, renewed) = (Arc::clone(&bench.clock), Arc::clone(&renewals));
    let store = Disturbed::new(&bench.store, move |call| match call {
        Call::Finish { .. } if finishes.fetch_add(1, Ordering::SeqCst) == 0 => {
            clock.advance(LEASE * 2);
            Err(StoreError::Conflict)
        }
        Call::Finish { claim, .. } => {
            assert_eq!(claim.attempt, 1);
            Ok(())
        }
        Call::Renew => {
            renewed.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        Call::Claim { .. } | Call::Expired { .. } | Call::ReleaseParents => Ok(()),
    });
    let view = run_over(&bench, store, Scripted::done()).await?;
    assert_eq!(view.status, JobStatus::Completed);
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
    Ok(())
}

/// One claim is renewed by its fence as long as it runs, expired or not, and neither lost nor buried then.
pub async fn a_claim_renews_itself(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let id = bench.task().await?;
    let claim = bench.claim(&bench.process().await?).await?;
    bench.advance(LEASE * 2);
    assert_eq!(bench.store.expired(None, bench.now(), LEASE, 9).await?.len(), 1);
    let since = Some(bench.now() - SECOND * 10);
    assert!(
        bench
            .store
            .expired(since, bench.now(), LEASE, 9)
            .await?
            .is_empty(),
        "seen before"
    );
    assert!(bench.store.renew(&claim, bench.now() + LEASE).await?);
    assert!(bench.store.expired(None, bench.now(), LEASE, 9).await?.is_empty());
    assert_eq!(
        bench.finish(&claim, Transition::OverdueAndDead).await?,
        Finished::Stale
    );
    assert_eq!(bench.outcomes(id).await?, ["running"]);

    bench.advance(LEASE + SECOND);
    assert_eq!(
        bench.finish(&claim, Transition::OverdueAndDead).await?,
        Finished::Applied
    );
    assert_eq!(bench.view(id).await?.status, JobStatus::Failed);
    assert_eq!(bench.outcomes(id).await?, ["lost"]);
    assert!(!bench.store.renew(&claim, bench.now() + LEASE).await?);
    Ok(())
}

/// A late result that cannot be noted does not make a batch unwritten that is committed.
pub async fn a_late_result_that_cannot_be_noted_is_let_go(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let (stale, done) = (bench.task().await?, bench.task().await?);
    let claims = bench.claim_up_to(&process, 2).await?;
    let refusal = match bench.store.database().backend() {
        Backend::Sqlite => {
            "CREATE TRIGGER refusing BEFORE UPDATE ON job_attempts WHEN new.outcome = 'stale'
             BEGIN SELECT raise(ABORT, 'as the test says'); END"
        }
        Backend::Postgres => "ALTER TABLE job_attempts ADD CONSTRAINT refusing CHECK (outcome <> 'stale')",
    };
    connect(&bench).await?.execute_unprepared(refusal).await?;
    for claim in claims.iter().filter(|claim| claim.id == stale) {
        bench.advance(LEASE + SECOND);
        let run_at = bench.now();
        let lost = Transition::Lose {
            run_at,
            crashed: false,
        };
        assert_eq!(bench.finish(claim, lost).await?, Finished::Applied);
    }
    let finish = Finish {
        at: bench.now(),
        transition: Transition::Complete { result: None },
        failure: None,
    };
    let endings: Vec<_> = claims
        .into_iter()
        .map(|claim| (Arc::new(claim), finish.clone()))
        .collect();
    let finished = bench.store.finish_many(&endings).await?;
    let expected = endings.iter().map(|(claim, _)| {
        if claim.id == done {
            Finished::Applied
        } else {
            Finished::Stale
        }
    });
    assert_eq!(finished, expected.collect::<Vec<_>>());
    assert_eq!(bench.outcomes(stale).await?, ["lost"]);
    assert_eq!(bench.view(done).await?.status, JobStatus::Completed);
    Ok(())
}
