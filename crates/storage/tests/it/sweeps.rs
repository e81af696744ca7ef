//! The sweep: expires what nobody comes back to, a batch at a time, and never for time the service owes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::attempts::{
    Attempt, AttemptState, DegradedReason, MarkServing, OPT_IN_LIFETIME, SWEEP_BATCH, ScoringState, Sweep,
};
use domain::authoring::Settings;
use domain::ids::AttemptId;
use domain::store::{Ctx, StoreError, Tx, UseCase};
use testkit::{TestDatabase, both_databases, builders};
use uuid::Uuid;

use crate::attempt_scene::MINUTE;
use crate::raw;
use crate::repository::in_tx;
use crate::track_scene::TrackScene;

both_databases!(
    a_sweep_expires_what_is_overdue_and_nothing_else,
    a_full_batch_is_followed_by_another,
    an_expired_attempt_is_scored_only_if_its_assessment_says_so,
    a_sweep_after_downtime_gives_time_back_first,
    two_sweeps_at_once_expire_each_attempt_once,
);

struct SweepOnce;

#[async_trait]
impl UseCase for SweepOnce {
    const NAME: &'static str = "test.sweep";
    type Out = u32;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<u32, StoreError> {
        Sweep.apply(ctx, tx).await.map(|swept| swept.expired)
    }
}

/// Copies of an attempt for candidates of their own.
async fn copies(scene: &TrackScene, attempt: &Attempt, numbers: std::ops::Range<u32>) -> Vec<AttemptId> {
    let mut ids = Vec::new();
    for number in numbers {
        let user_id = builders::candidate(&scene.database, number)
            .await
            .unwrap()
            .user_id();
        let copy = Attempt {
            id: AttemptId(Uuid::from_u128(u128::from(number))),
            user_id,
            ..attempt.clone()
        };
        ids.push(copy.id);
        in_tx!(scene.database, tx => tx.attempts().insert(&copy, None)).unwrap();
    }
    ids
}

async fn a_sweep_expires_what_is_overdue_and_nothing_else(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let running = scene.take().await;
    let opened = Attempt {
        state: AttemptState::OptedIn,
        started_at: None,
        last_activity_at: None,
        deadline_at: None,
        ..running.clone()
    };
    let opened = copies(&scene, &opened, 2..3).await[0];
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 0);
    scene.advance(31 * MINUTE);
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 1);
    let expired = scene.stored(running.id).await;
    assert_eq!(
        (expired.state, expired.scoring),
        (AttemptState::Expired, ScoringState::Running)
    );
    assert_eq!(expired.ended_at, Some(scene.now()));
    assert!(expired.evaluation_job_id.is_some());
    assert_eq!(scene.stored(opened).await.state, AttemptState::OptedIn);
    scene.advance(OPT_IN_LIFETIME);
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 1);
    let gone = scene.stored(opened).await;
    // What was never started is not scored.
    assert_eq!(
        (gone.state, gone.scoring),
        (AttemptState::Expired, ScoringState::None)
    );
    assert_eq!(gone.degraded_reasons, [DegradedReason::Expired]);
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 0);
}

async fn a_full_batch_is_followed_by_another(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    copies(&scene, &attempt, 2..SWEEP_BATCH + 4).await;
    let all = i64::from(SWEEP_BATCH) + 3;
    scene.advance(31 * MINUTE);
    for (found, left) in [(SWEEP_BATCH, 3), (3, 0), (0, 0)] {
        assert_eq!(scene.run(&SweepOnce).await.unwrap(), found);
        assert_eq!(
            raw::count(&scene.database, "attempts WHERE state = 'in_progress'").await,
            left
        );
    }
    assert_eq!(
        raw::count(&scene.database, "attempts WHERE state = 'expired'").await,
        all
    );
    assert_eq!(
        raw::count(&scene.database, "jobs WHERE kind = 'evaluate_attempt'").await,
        all
    );
}

async fn an_expired_attempt_is_scored_only_if_its_assessment_says_so(database: TestDatabase) {
    let settings = Settings {
        score_on_expiry: false,
        ..Settings::for_tracks()
    };
    let scene = TrackScene::new(database, settings).await;
    let attempt = scene.take().await;
    scene.advance(31 * MINUTE);
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 1);
    let expired = scene.stored(attempt.id).await;
    assert_eq!(
        (expired.scoring, expired.evaluation_job_id),
        (ScoringState::None, None)
    );
    assert_eq!(raw::count(&scene.database, "jobs").await, 0);
}

async fn a_sweep_after_downtime_gives_time_back_first(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let late = scene.take().await;
    scene.advance(20 * MINUTE);
    let started = scene.now();
    let attempt = Attempt {
        started_at: Some(started),
        last_activity_at: Some(started),
        deadline_at: Some(started + 45 * MINUTE),
        ..late.clone()
    };
    let in_time = copies(&scene, &attempt, 2..4).await;
    scene.advance(11 * MINUTE);
    // The last sign of life: one attempt is overdue by then, two are not.
    scene.run(&MarkServing).await.unwrap();
    scene.advance(120 * MINUTE);
    assert_eq!(scene.run(&SweepOnce).await.unwrap(), 1);
    assert_eq!(scene.stored(late.id).await.state, AttemptState::Expired);
    for id in in_time {
        let stored = scene.stored(id).await;
        assert_eq!(
            (stored.state, stored.deadline_at),
            (AttemptState::InProgress, Some(started + 165 * MINUTE))
        );
        assert_eq!(stored.last_activity_at, Some(started + 120 * MINUTE));
    }
    let marked = in_tx!(scene.database, tx => tx.timekeeping().last_served()).unwrap();
    assert_eq!(marked, Some(scene.now()));
}

async fn two_sweeps_at_once_expire_each_attempt_once(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    let ids: BTreeSet<AttemptId> = copies(&scene, &attempt, 2..12).await.into_iter().collect();
    scene.advance(31 * MINUTE);
    let (one, two) = tokio::join!(scene.run(&SweepOnce), scene.run(&SweepOnce));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.max(two) == 11, "{one} {two}");
    assert_eq!(
        raw::count(&scene.database, "attempts WHERE state = 'expired'").await,
        11
    );
    assert_eq!(
        raw::count(&scene.database, "audit_log WHERE action = 'attempts.expired'").await,
        11
    );
    assert_eq!(
        raw::count(&scene.database, "jobs WHERE kind = 'evaluate_attempt'").await,
        11
    );
    assert_eq!(ids.len(), 10);
}
