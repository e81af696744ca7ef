//! Watching attempts: one query has to say what the pages of single attempts say.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use domain::attempts::{AttemptState, ScoringState, Viewer};
use domain::authoring::Settings;
use domain::authoring::sample_answers::answer_key;
use domain::ids::AttemptId;
use domain::job::{JobId, JobStatus};
use storage::WatchedAttempt;
use testkit::{TestDatabase, both_databases};
use uuid::Uuid;

use crate::attempt_scene::Scene;
use crate::raw;

both_databases!(
    an_attempt_is_watched_as_its_status_says,
    ids_that_name_nothing_are_left_out,
);

async fn watched(scene: &Scene, ids: &[AttemptId]) -> Vec<WatchedAttempt> {
    scene.database.store.watched_attempts(ids).await.unwrap()
}

/// The one attempt, compared with what is read of it alone.
async fn compared(scene: &Scene) -> WatchedAttempt {
    let store = &scene.database.store;
    let mut found = watched(scene, &[scene.attempt_id]).await;
    assert_eq!(found.len(), 1);
    let found = found.remove(0);
    let status = store.attempt_status(scene.attempt_id, Viewer::Admin).await;
    let status = status.unwrap().unwrap();
    assert_eq!((&found.attempt, found.counts()), (&status.attempt, status.counts));
    let jobs = store.jobs_for_subject(scene.attempt_id.0).await.unwrap();
    let expected: Vec<(JobId, String, JobStatus)> = jobs
        .into_iter()
        .map(|job| (job.id, job.kind, job.status))
        .collect();
    let given: Vec<(JobId, String, JobStatus)> = found
        .jobs
        .iter()
        .map(|job| (job.id, job.kind.clone(), job.status))
        .collect();
    assert_eq!(given, expected);
    found
}

async fn an_attempt_is_watched_as_its_status_says(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let begun = compared(&scene).await;
    assert_eq!(
        (begun.attempt.state, begun.jobs.len()),
        (AttemptState::OptedIn, 0)
    );
    scene.start().await;
    scene.submit_all_sections(answer_key).await;
    scene.submit().await;
    let running = compared(&scene).await;
    assert_eq!(
        (running.attempt.scoring, running.counts().texts_done),
        (ScoringState::Running, 0)
    );
    let texts = running.counts().texts;
    assert!(texts >= 2, "{texts}");
    for (state, done, lost) in [("completed", 1, 0), ("failed", 2, 1)] {
        let one = format!(
            "UPDATE jobs SET state = '{state}' WHERE id = (
                SELECT id FROM jobs WHERE kind = 'score_text' AND state = 'ready' ORDER BY id LIMIT 1) RETURNING kind"
        );
        assert_eq!(raw::texts(&scene.database, &one).await, ["score_text"]);
        let counts = compared(&scene).await.counts();
        assert_eq!((counts.texts_done, counts.texts_lost), (done, lost));
    }
}

async fn ids_that_name_nothing_are_left_out(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let nobody = AttemptId(Uuid::nil());
    assert_eq!(watched(&scene, &[]).await, []);
    assert_eq!(watched(&scene, &[nobody]).await, []);
    let found = watched(&scene, &[nobody, scene.attempt_id, nobody]).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attempt.id, scene.attempt_id);
}
