//! Dead letters: the ones that come back by themselves, and the ones that people put back.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::job::{JobId, NewJob};
use domain::operations::{
    DeadLetterFilter, DeadLetters, OperationError, Operator, RequeueDeadLetters, Requeued, RetryJob,
};
use jobs::views::JobStatus;
use jobs::{
    DEAD_LETTER_DELAYS, FailureClass, Finished, JobStore as _, Process, Registry, Transition, WorkerConfig,
};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::bench::{Bench, LEASE, TASK};
use super::scripted::Scripted;
use crate::TestDatabase;

/// Longer than any dead letter waits.
const WEEK: Duration = Duration::from_hours(7 * 24);
const JUST: Duration = Duration::from_micros(1);

fn by_hand(job_id: JobId) -> RetryJob {
    RetryJob {
        operator: Operator::of_command_line(),
        job_id,
    }
}

async fn retried(bench: &Bench) -> Result<u64> {
    Ok(bench.store.retry_dead_letters(bench.now(), 100).await?)
}

async fn of_one_cause(bench: &Bench) -> Result<JobId> {
    let job = NewJob {
        dedupe_key: "attempt-1:initial".to_owned(),
        ..bench.job(TASK)
    };
    Ok(bench.enqueue(job).await?.id)
}

/// What may pass by itself is tried again after 15 minutes, an hour and six hours, each time from the first attempt on and
/// behind what is done for somebody now; then it is left.
pub async fn a_transient_dead_letter_comes_back_three_times(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let id = bench.task().await?;
    for delay in DEAD_LETTER_DELAYS {
        assert_eq!(bench.die(&process, FailureClass::Transient).await?, id);
        bench.advance(delay.saturating_sub(JUST));
        assert_eq!(retried(&bench).await?, 0);
        assert_eq!(bench.view(id).await?.status, JobStatus::Failed);
        bench.advance(JUST);
        assert_eq!(retried(&bench).await?, 1);
        assert_eq!(retried(&bench).await?, 0, "once");
        let view = bench.view(id).await?;
        assert_eq!(
            (view.status, view.attempt, view.finished_at, view.run_at),
            (JobStatus::Queued, 0, None, bench.now())
        );
        let fresh = bench.task().await?;
        let first = bench.claim(&process).await?;
        assert_eq!(first.id, fresh, "what is new comes first");
        bench.finish(&first, Transition::Discard).await?;
    }
    bench.die(&process, FailureClass::Transient).await?;
    bench.advance(WEEK);
    assert_eq!(retried(&bench).await?, 0);
    assert_eq!(bench.outcomes(id).await?, ["failed"; 4], "the history is kept");
    assert_eq!(
        bench.view(id).await?.last_error.as_deref(),
        Some("as the test says")
    );
    Ok(())
}

/// What will fail again stays dead, and so does what killed its process.
pub async fn permanent_and_poison_dead_letters_are_left(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    for class in [FailureClass::Permanent, FailureClass::Poison] {
        let id = bench.task().await?;
        bench.die(&process, class).await?;
        bench.advance(WEEK);
        assert_eq!(retried(&bench).await?, 0);
        assert_eq!(bench.view(id).await?.status, JobStatus::Failed);
    }
    Ok(())
}

/// A handler's error decides the class: transient errors that used all attempts up come back, permanent ones do not.
pub async fn the_class_is_that_of_the_last_error(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let errors: [(fn() -> jobs::JobError, u64); 2] = [
        (|| jobs::JobError::transient("provider_down"), 1),
        (|| jobs::JobError::permanent("bad_payload"), 0),
    ];
    for (error, expected) in errors {
        let once = NewJob {
            max_attempts: 1,
            ..bench.job(TASK)
        };
        let id = bench.enqueue(once).await?.id;
        let handler = Scripted::answering(move || Err(error()));
        let worker = bench
            .worker(Registry::default().with(handler), WorkerConfig::for_testing())
            .await?;
        worker.run_until_idle().await?;
        assert_eq!(bench.view(id).await?.status, JobStatus::Failed);
        bench.advance(DEAD_LETTER_DELAYS[0]);
        assert_eq!(worker.retrier().tick().await?, expected);
    }
    Ok(())
}

/// A person's word counts more than the retrier's: all attempts, no crashes, and the retrier begins again.
pub async fn a_person_puts_a_dead_letter_back(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let id = bench.task().await?;
    let claim = bench.claim(&process).await?;
    bench.advance(LEASE * 2);
    let lost = Transition::Lose {
        run_at: bench.now(),
        crashed: true,
    };
    assert_eq!(bench.finish(&claim, lost).await?, Finished::Applied);
    bench.die(&process, FailureClass::Transient).await?;
    bench.advance(DEAD_LETTER_DELAYS[0]);
    assert_eq!(retried(&bench).await?, 1);
    assert_eq!(
        bench.view(id).await?.crash_count,
        1,
        "the retrier forgets no crash"
    );

    bench.die(&process, FailureClass::Permanent).await?;
    bench.run(&by_hand(id)).await?;
    let view = bench.view(id).await?;
    assert_eq!(
        (view.status, view.attempt, view.crash_count),
        (JobStatus::Queued, 0, 0)
    );
    assert_eq!(bench.outcomes(id).await?, ["lost", "failed", "failed"]);
    assert!(matches!(
        bench.run(&by_hand(id)).await,
        Err(OperationError::NotDead(JobStatus::Queued))
    ));
    bench.die(&process, FailureClass::Transient).await?;
    bench.advance(DEAD_LETTER_DELAYS[0]);
    assert_eq!(retried(&bench).await?, 1);
    let claim = bench.claim(&process).await?;
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    assert!(matches!(
        bench.run(&by_hand(id)).await,
        Err(OperationError::NotDead(JobStatus::Completed))
    ));
    let nobody = JobId(bench.new_uuid());
    assert!(matches!(
        bench.run(&by_hand(nobody)).await,
        Err(OperationError::NotFound)
    ));
    Ok(())
}

/// While a job of the same cause lives, or after it was done, a dead one stays where it is, and the twin is named.
pub async fn a_dead_letter_with_a_live_twin_stays(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let dead = of_one_cause(&bench).await?;
    bench.die(&process, FailureClass::Transient).await?;
    let twin = of_one_cause(&bench).await?;
    assert_ne!(twin, dead);
    let refused = bench.run(&by_hand(dead)).await;
    assert!(matches!(refused, Err(OperationError::LiveTwin(id)) if id == twin));
    bench.advance(DEAD_LETTER_DELAYS[0]);
    assert_eq!(retried(&bench).await?, 0);

    bench.die(&process, FailureClass::Permanent).await?;
    bench.advance(WEEK);
    assert_eq!(retried(&bench).await?, 0, "the retrier has left it for good");
    bench.run(&by_hand(dead)).await?;
    let refused = bench.run(&by_hand(twin)).await;
    assert!(matches!(refused, Err(OperationError::LiveTwin(id)) if id == dead));
    Ok(())
}

/// Eight people put two dead letters of one cause back at once: one of them lives, once.
pub async fn putting_back_at_once_is_putting_back_once(database: TestDatabase) -> Result<()> {
    const PEOPLE: usize = 8;
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let mut dead = Vec::new();
    for _ in 0..2 {
        dead.push(of_one_cause(&bench).await?);
        bench.die(&process, FailureClass::Permanent).await?;
    }
    let start = Arc::new(Barrier::new(PEOPLE));
    let mut people = JoinSet::new();
    for number in 0..PEOPLE {
        let (bench, start, id) = (bench.clone(), Arc::clone(&start), dead[number % 2]);
        people.spawn(async move {
            start.wait().await;
            bench.run(&by_hand(id)).await
        });
    }
    let mut put_back = 0;
    while let Some(answer) = people.join_next().await {
        match answer? {
            Ok(()) => put_back += 1,
            Err(OperationError::NotDead(JobStatus::Queued) | OperationError::LiveTwin(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    assert_eq!(put_back, 1);
    assert_eq!(bench.claim_up_to(&process, 9).await?.len(), 1);
    Ok(())
}

async fn put_back_all(bench: &Bench, error_code: &str) -> Result<Requeued> {
    let filter = DeadLetterFilter {
        queue: Some(TASK.queue),
        kind: Some(TASK.name.to_owned()),
        error_code: Some(error_code.to_owned()),
        ..DeadLetterFilter::default()
    };
    Ok(bench
        .run(&RequeueDeadLetters {
            operator: Operator::of_command_line(),
            which: DeadLetters::Fitting(filter),
        })
        .await?)
}

async fn deaths(bench: &Bench, process: &Process, class: FailureClass, count: usize) -> Result<Vec<JobId>> {
    let mut dead = Vec::new();
    for _ in 0..count {
        bench.task().await?;
        dead.push(bench.die(process, class).await?);
    }
    dead.sort_unstable();
    Ok(dead)
}

/// Those that fit are put back together; what has a twin that lives does not fit.
pub async fn many_dead_letters_are_put_back_together(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let mut transient = deaths(&bench, &process, FailureClass::Transient, 3).await?;
    let permanent = deaths(&bench, &process, FailureClass::Permanent, 2).await?;
    transient.push(of_one_cause(&bench).await?);
    bench.die(&process, FailureClass::Transient).await?;
    of_one_cause(&bench).await?;

    let mut outcome = put_back_all(&bench, "transient").await?;

    outcome.requeued.sort_unstable();
    assert_eq!(
        (
            outcome.requeued.as_slice(),
            outcome.refused.as_slice(),
            outcome.more
        ),
        (&transient[..3], &[][..], false)
    );
    assert_eq!(bench.claim_up_to(&process, 9).await?.len(), 4);
    for id in permanent {
        assert_eq!(bench.view(id).await?.status, JobStatus::Failed);
    }
    Ok(())
}

/// A parent that is put back while its children run waits for them again.
pub async fn a_parent_put_back_waits_for_its_children(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let parent = bench.task().await?;
    bench.die(&process, FailureClass::Permanent).await?;
    let child = NewJob {
        parent: Some(parent),
        ..bench.job(TASK)
    };
    bench.enqueue(child.clone()).await?;
    bench.run(&by_hand(parent)).await?;
    let claim = bench.claim(&process).await?;
    assert_eq!(claim.id, child.id);
    assert!(bench.claim_up_to(&process, 9).await?.is_empty());
    bench
        .finish(&claim, Transition::Complete { result: None })
        .await?;
    assert_eq!(bench.claim(&process).await?.id, parent);
    Ok(())
}

/// Put back together, in whatever order they are named, a parent waits for its children.
pub async fn a_family_put_back_together_keeps_its_order(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let process = bench.process().await?;
    let parent = bench.task().await?;
    bench.die(&process, FailureClass::Permanent).await?;
    let child = NewJob {
        parent: Some(parent),
        ..bench.job(TASK)
    };
    bench.enqueue(child.clone()).await?;
    assert_eq!(bench.die(&process, FailureClass::Permanent).await?, child.id);
    let together = RequeueDeadLetters {
        operator: Operator::of_command_line(),
        which: DeadLetters::Named(vec![parent, child.id]),
    };
    assert_eq!(bench.run(&together).await?.requeued.len(), 2);
    let claimed = bench.claim_up_to(&process, 9).await?;
    assert_eq!(
        claimed.iter().map(|claim| claim.id).collect::<Vec<_>>(),
        [child.id]
    );
    Ok(())
}

/// One process at a time is the retrier.
pub async fn the_retrier_is_one_process(database: TestDatabase) -> Result<()> {
    let bench = Bench::new(database);
    let worker = async || {
        bench
            .worker(Registry::default(), WorkerConfig::for_testing())
            .await
    };
    let (first, second) = (worker().await?.retrier(), worker().await?.retrier());
    let process = bench.process().await?;
    bench.task().await?;
    bench.die(&process, FailureClass::Transient).await?;
    assert_eq!(first.tick().await?, 0);
    bench.advance(DEAD_LETTER_DELAYS[0].saturating_sub(JUST));
    assert_eq!(second.tick().await?, 0, "takes the lease that ended");
    bench.advance(JUST);
    assert_eq!(first.tick().await?, 0, "another process leads");
    assert_eq!(second.tick().await?, 1);
    Ok(())
}
