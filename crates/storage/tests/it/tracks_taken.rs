//! A track from its making to its result, and two beginnings at once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{
    AttemptError, AttemptState, DegradedReason, Expiry, NewResponse, OptIn, ScoringState, Submit, Touched,
    Viewer,
};
use domain::authoring::item::{ItemGroup, ItemKind};
use domain::authoring::{DefinitionKind, Settings, VersionedItem, sample_answers};
use domain::ids::ItemVersionId;
use serde_json::json;
use testkit::{TestDatabase, both_databases, builders};

use crate::attempt_scene::{MINUTE, alive, finish_evaluation};
use crate::raw;
use crate::track_scene::TrackScene;

both_databases!(
    a_track_is_taken_saved_and_submitted,
    a_submitted_track_is_scored_by_rules_at_once,
    a_held_result_waits_for_release,
    taking_again_resumes,
    two_takes_at_once_give_one_attempt,
    taking_expires_what_is_overdue,
    taking_is_refused_while_another_attempt_runs,
    an_overdue_attempt_of_the_same_track_makes_room_for_the_next,
    what_is_not_assigned_cannot_be_taken,
    what_a_client_says_of_itself_is_kept_with_a_new_attempt,
    the_last_answers_of_a_submission_replace_saved_ones,
);

async fn a_track_is_taken_saved_and_submitted(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let taken = scene.try_take().await.unwrap();
    assert!(!taken.resumed);
    let attempt = taken.attempt;
    assert_eq!(
        (attempt.state, attempt.kind),
        (AttemptState::InProgress, DefinitionKind::Track)
    );
    assert_eq!(attempt.deadline_at, Some(scene.now() + 45 * MINUTE));
    assert_eq!(scene.stored(attempt.id).await, attempt);
    let answers = scene.answers(&scene.items(attempt.id).await, sample_answers::answer_key);
    let (saved, last) = answers.split_at(5);
    let acknowledged = scene.save(attempt.id, saved).await;
    assert_eq!(
        acknowledged.iter().map(|saved| saved.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    scene.advance(20 * MINUTE);
    let submitted = scene.submit(attempt.id, last.to_vec()).await;
    assert_eq!(submitted.submitted_at, scene.now());
    assert_eq!(
        (submitted.degraded_reasons.as_slice(), submitted.held),
        ([].as_slice(), false)
    );
    let stored = scene.stored(attempt.id).await;
    assert_eq!(
        (stored.state, stored.scoring),
        (AttemptState::AwaitingAsync, ScoringState::Running)
    );
    assert_eq!(
        (stored.current_section, stored.response_seq),
        (1, i64::from(attempt.item_count))
    );
}

async fn a_submitted_track_is_scored_by_rules_at_once(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    let items = scene.items(attempt.id).await;
    let answers = scene.answers(&items, sample_answers::answer_key);
    let submitted = scene.submit(attempt.id, answers).await;
    let is_essay = |item: &&VersionedItem| item.content.body.kind().group() == ItemGroup::Essay;
    let essays = items.iter().filter(is_essay).count();
    assert_eq!(submitted.texts, essays);
    finish_evaluation(&scene.database, attempt.id, submitted.evaluation_job_id).await;
    let owner = Viewer::Owner(scene.candidate.user_id());
    let result = scene
        .database
        .store
        .attempt_result(attempt.id, owner)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (result.attempt.state, result.attempt.released_at),
        (AttemptState::Completed, Some(scene.now()))
    );
    assert_eq!(result.title, "Track backend");
    let shown: Vec<ItemVersionId> = result
        .items
        .iter()
        .map(|item| item.item.item_version_id)
        .collect();
    assert_eq!(
        shown,
        items.iter().map(|item| item.item_version_id).collect::<Vec<_>>()
    );
    assert!(
        result
            .items
            .iter()
            .all(|item| item.response.is_some() && item.counts.is_some())
    );
    // Rules and profiles have full marks; nobody has judged the essays.
    assert_eq!(
        (result.total().percent, result.total().ungraded as usize),
        (Some(100.0), essays)
    );
    assert_eq!(result.profile_total().percent, Some(100.0));
}

async fn a_held_result_waits_for_release(database: TestDatabase) {
    let settings = Settings {
        hold_results: true,
        ..Settings::for_tracks()
    };
    let scene = TrackScene::new(database, settings).await;
    let attempt = scene.take().await;
    let submitted = scene.submit(attempt.id, Vec::new()).await;
    assert!(submitted.held);
    assert_eq!(submitted.degraded_reasons, [DegradedReason::Unanswered]);
    finish_evaluation(&scene.database, attempt.id, submitted.evaluation_job_id).await;
    let held = scene.stored(attempt.id).await;
    assert_eq!(
        (held.scoring, held.scored_at, held.released_at),
        (ScoringState::Done, Some(scene.now()), None)
    );
    let release = |hold| domain::attempts::Release {
        staff: scene.advisor,
        attempt_id: attempt.id,
        hold,
    };
    scene.advance(MINUTE);
    let released = scene.run(&release(false)).await.unwrap();
    assert_eq!(
        (released.released_at, released.revision),
        (Some(scene.now()), held.revision + 1)
    );
    assert_eq!(scene.stored(attempt.id).await, released);
    // Releasing again changes nothing; holding takes it back.
    assert_eq!(scene.run(&release(false)).await.unwrap(), released);
    assert_eq!(scene.run(&release(true)).await.unwrap().released_at, None);
    assert_eq!(scene.stored(attempt.id).await.released_at, None);
}

async fn taking_again_resumes(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let first = scene.try_take().await.unwrap();
    scene.advance(10 * MINUTE);
    let again = scene.try_take().await.unwrap();
    assert!(again.resumed);
    assert_eq!(again.attempt, first.attempt);
    // What was opted in by the other door is started by this one.
    scene.submit(first.attempt.id, Vec::new()).await;
    let opt_in = OptIn {
        candidate: scene.candidate,
        definition_id: scene.track.definition.id,
    };
    let opted_in = alive(scene.run(&opt_in).await);
    let started = scene.try_take().await.unwrap();
    assert_eq!((started.attempt.id, started.resumed), (opted_in.id, false));
    assert_eq!(started.attempt.form, opted_in.form);
    assert_eq!(scene.stored(opted_in.id).await, started.attempt);
}

async fn two_takes_at_once_give_one_attempt(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    for _ in 0..5 {
        let (one, two) = tokio::join!(scene.try_take(), scene.try_take());
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.attempt, two.attempt);
        assert_ne!(one.resumed, two.resumed);
        assert_eq!(
            raw::count(&scene.database, "attempts WHERE state = 'in_progress'").await,
            1
        );
        scene.submit(one.attempt.id, Vec::new()).await;
    }
    assert_eq!(raw::count(&scene.database, "attempts").await, 5);
}

async fn taking_expires_what_is_overdue(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let other = builders::publish_sample(&scene.database, Settings::default())
        .await
        .unwrap();
    let mut take_other = scene.take_it();
    take_other.definition_id = other.definition_id;
    let running = scene.take_as(&take_other).await.unwrap().attempt;
    scene.advance(31 * MINUTE);
    let taken = scene.try_take().await.unwrap();
    assert!(!taken.resumed);
    let expired = scene.stored(running.id).await;
    assert_eq!(
        (expired.state, expired.ended_at),
        (AttemptState::Expired, Some(scene.now()))
    );
    assert_eq!(
        expired.degraded_reasons,
        [DegradedReason::Unanswered, DegradedReason::Expired]
    );
    assert_eq!(
        raw::count(&scene.database, "attempts WHERE state = 'in_progress'").await,
        1
    );
}

async fn taking_is_refused_while_another_attempt_runs(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let running = scene.take().await;
    let other = builders::publish_sample(&scene.database, Settings::default())
        .await
        .unwrap();
    let mut take_other = scene.take_it();
    take_other.definition_id = other.definition_id;
    let refusal = scene.take_as(&take_other).await.unwrap_err();
    assert!(
        matches!(refusal, AttemptError::OtherInProgress { running: id } if id == running.id),
        "{refusal}"
    );
    assert_eq!(raw::count(&scene.database, "attempts").await, 1);
}

async fn an_overdue_attempt_of_the_same_track_makes_room_for_the_next(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let first = scene.take().await;
    scene.advance(45 * MINUTE);
    let second = scene.try_take().await.unwrap();
    assert!(!second.resumed);
    assert_ne!(second.attempt.id, first.id);
    assert_eq!(scene.stored(first.id).await.state, AttemptState::Expired);
    let late = Submit {
        candidate: scene.candidate,
        attempt_id: first.id,
        answers: Vec::new(),
    };
    let refusal = scene.run(&late).await.unwrap_err();
    assert!(matches!(refusal, AttemptError::Expired { .. }), "{refusal}");
}

async fn what_is_not_assigned_cannot_be_taken(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let (user, definition) = (scene.candidate.user_id(), scene.track.definition.id);
    let everyone = domain::identity::EVERYONE;
    crate::repository::in_tx!(scene.database, tx => tx.cohorts().unassign(everyone, definition)).unwrap();
    let refusal = scene.try_take().await.unwrap_err();
    assert!(matches!(refusal, AttemptError::NoSuchAssessment), "{refusal}");
    builders::cohort(&scene.database, "own", &[user], &[definition])
        .await
        .unwrap();
    assert!(scene.try_take().await.is_ok());
}

async fn what_a_client_says_of_itself_is_kept_with_a_new_attempt(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    for agent in ["first", "second"] {
        let mut take = scene.take_it();
        take.metadata = Some(json!({ "agent": agent }));
        scene.take_as(&take).await.unwrap();
    }
    let said = raw::texts(&scene.database, "SELECT metadata FROM attempts").await;
    assert_eq!(said, ["{\"agent\":\"first\"}"]);
}

async fn the_last_answers_of_a_submission_replace_saved_ones(database: TestDatabase) {
    let scene = TrackScene::new(database, Settings::for_tracks()).await;
    let attempt = scene.take().await;
    let items = scene.items(attempt.id).await;
    scene
        .save(attempt.id, &scene.answers(&items, sample_answers::wrong_answer))
        .await;
    scene.advance(MINUTE);
    let right: Vec<NewResponse> = scene.answers(&items, sample_answers::answer_key);
    let submitted = scene.submit(attempt.id, right).await;
    let result = scene
        .database
        .store
        .attempt_result(attempt.id, Viewer::Admin)
        .await
        .unwrap()
        .unwrap();
    for item in &result.items {
        let expected = sample_answers::answer_key(&item.item.content);
        assert_eq!(
            item.response.as_ref().map(|response| &response.answer),
            Some(&expected)
        );
    }
    assert_eq!(submitted.degraded_reasons, []);
    assert!(
        items
            .iter()
            .any(|item| item.content.body.kind() == ItemKind::Profile)
    );
    // What comes too late for the deadline expires the attempt and is not kept.
    let next = scene.take().await;
    scene.advance(46 * MINUTE);
    let late = Submit {
        candidate: scene.candidate,
        attempt_id: next.id,
        answers: scene.answers(&scene.items(next.id).await, sample_answers::answer_key),
    };
    assert_eq!(
        scene.run(&late).await.unwrap(),
        Touched::Expired(Expiry::Inactivity)
    );
    assert_eq!(scene.stored(next.id).await.response_seq, 0);
}
