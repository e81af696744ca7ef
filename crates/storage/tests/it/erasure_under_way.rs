//! Erasure while something is under way for its subject: attempts end, jobs end, and what comes late is refused or found.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use domain::attempts::{AttemptState, ScoringState, VoidedBy};
use domain::authoring::Settings;
use domain::authoring::item::ItemKind;
use domain::authoring::sample_answers::answer_key;
use domain::ids::{AttemptId, IdSource as _};
use domain::job::{Claim, Queue};
use domain::points::Points;
use domain::privacy::jobs::EraseAgainPayload;
use domain::privacy::{EraseAgain, Erased};
use domain::rate_limits::SignInSubject;
use domain::scoring::jobs::ScoreAnswerPayload;
use domain::scoring::{CriterionVerdict, Quote, Reason, Scorer, Subject, Verdict, record_verdict};
use domain::store::{Ctx, StoreError, Tx, UseCase};
use jobs::views::JobStatus;
use jobs::{ClaimRequest, Effect, Finish, Finished, JobStore, Process, Transition};
use serde_json::json;
use storage::JobTx;
use testkit::{TestDatabase, both_databases};

use crate::attempt_scene::{MINUTE, Scene, ctx};
use crate::erasure_scene::{MARK, REQUESTS_END, erase, execute, marks_left};
use crate::raw;

both_databases!(
    an_attempt_that_is_taken_ends_and_takes_no_answer,
    an_attempt_that_was_opted_into_ends,
    scoring_that_waits_never_runs,
    a_verdict_that_comes_late_is_refused,
    verdicts_that_race_with_the_erasure_leave_nothing,
    an_answer_that_races_with_the_erasure_leaves_nothing,
    a_second_walk_finds_what_requests_left,
    a_second_walk_still_knows_the_address_and_then_forgets_it,
);

async fn an_attempt_that_is_taken_ends_and_takes_no_answer(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    let answer = [scene.answer(ItemKind::TrueFalse, format!("{MARK}answer"))];
    assert!(scene.save(0, &answer).await.is_some());

    let erased = erase(&scene.database, scene.candidate.user_id()).await.unwrap();

    assert_eq!((erased.attempts_voided, erased.jobs_cancelled), (1, 0));
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.voided_by, attempt.ended_at),
        (AttemptState::Voided, Some(VoidedBy::Staff), Some(scene.now()))
    );
    assert_eq!(scene.save(0, &answer).await, None);
    assert_eq!(marks_left(&scene.database).await, Vec::<String>::new());
    let voided = "audit_log WHERE action = 'attempts.voided' AND actor_role = 'admin'";
    assert_eq!(raw::count(&scene.database, voided).await, 1);
}

async fn an_attempt_that_was_opted_into_ends(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let erased = erase(&scene.database, scene.candidate.user_id()).await.unwrap();
    assert_eq!(erased.attempts_voided, 1);
    assert_eq!(scene.attempt().await.state, AttemptState::Voided);
}

async fn scoring_that_waits_never_runs(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let waiting = scene
        .database
        .store
        .jobs_for_subject(scene.attempt_id.0)
        .await
        .unwrap();
    assert!(waiting.len() >= 3, "two texts and the evaluation");

    let erased = erase(&scene.database, scene.candidate.user_id()).await.unwrap();

    assert_eq!(erased.attempts_voided, 1);
    assert_eq!(erased.jobs_cancelled, u64::try_from(waiting.len()).unwrap());
    let attempt = scene.attempt().await;
    assert_eq!(
        (attempt.state, attempt.scoring),
        (AttemptState::Voided, ScoringState::None)
    );
    assert!(claims(&scene).await.is_empty());
    for job in scene
        .database
        .store
        .jobs_for_subject(scene.attempt_id.0)
        .await
        .unwrap()
    {
        assert_eq!(
            (job.status, job.finished_at),
            (JobStatus::Cancelled, Some(scene.now()))
        );
    }
}

/// Claims whatever is due of the scoring of texts.
async fn claims(scene: &Scene) -> Vec<Claim> {
    let database = &scene.database;
    let process = Process {
        id: database.ids.new_uuid(),
        host: "test".to_owned(),
    };
    database
        .store
        .register_process(&process, scene.now())
        .await
        .unwrap();
    let request = ClaimRequest {
        slots: vec![(Queue::Llm, 10)],
        suspect: false,
        owner: process.id,
        now: scene.now(),
        lease: Duration::from_secs(15),
        unclaimed_since: None,
    };
    database.store.claim(&request).await.unwrap()
}

/// A verdict that quotes what the candidate wrote.
struct Quoting {
    ctx: Ctx,
    payload: ScoreAnswerPayload,
}

impl Quoting {
    fn of(scene: &Scene, claim: &Claim) -> Self {
        Self {
            ctx: ctx(&scene.database),
            payload: serde_json::from_value(claim.payload.clone()).unwrap(),
        }
    }
}

#[async_trait]
impl Effect<JobTx> for Quoting {
    async fn apply(&self, tx: &mut JobTx) -> Result<(), StoreError> {
        let subject = Subject {
            attempt_id: self.payload.attempt_id,
            item_version_id: self.payload.item_version_id,
            cause: self.payload.cause.clone(),
            job_id: None,
        };
        record_verdict(&self.ctx, tx, &subject, quoting(), 0.0).await
    }
}

fn quoting() -> Verdict {
    let text = format!("{MARK}evidence");
    Verdict {
        scorer: Scorer::Local,
        scorer_version: "test-1".to_owned(),
        points: Some(Points::whole(1)),
        max_points: Points::whole(4),
        reason: Reason::Judged,
        criteria: vec![CriterionVerdict {
            criterion: "clarity".to_owned(),
            score: 50.0,
            weight: 1.0,
            level: None,
            evidence: vec![Quote {
                start: 0,
                end: 5,
                text,
            }],
            rationale: String::new(),
        }],
        confidence: Some(0.5),
        flags: Vec::new(),
    }
}

async fn finish(scene: &Scene, claim: &Claim) -> Finished {
    let done = Finish {
        at: scene.now(),
        transition: Transition::Complete {
            result: Some(json!({})),
        },
        failure: None,
    };
    let effect = Quoting::of(scene, claim);
    scene
        .database
        .store
        .finish(claim, &done, Some(&effect))
        .await
        .unwrap()
}

async fn a_verdict_that_comes_late_is_refused(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let claimed = claims(&scene).await;
    let before = raw::count(&scene.database, "score_records").await;
    assert!(claimed.len() >= 2, "{claimed:?}");

    erase(&scene.database, scene.candidate.user_id()).await.unwrap();

    for claim in &claimed {
        assert_eq!(finish(&scene, claim).await, Finished::Stale);
        let job = scene.database.store.job_view(claim.id).await.unwrap().unwrap();
        assert_eq!(
            (job.status, job.attempts[0].outcome.as_str()),
            (JobStatus::Cancelled, "stale")
        );
    }
    assert_eq!(raw::count(&scene.database, "score_records").await, before);
    assert_eq!(marks_left(&scene.database).await, Vec::<String>::new());
    assert_eq!(scene.attempt().await.state, AttemptState::Voided);
}

/// Whoever is first, no quotation is left: a verdict is recorded and then emptied, or it is refused.
async fn verdicts_that_race_with_the_erasure_leave_nothing(database: TestDatabase) {
    let scene = Scene::submitted(database, answer_key).await;
    let claimed = claims(&scene).await;
    let (first, rest) = claimed.split_first().unwrap();
    let user = scene.candidate.user_id();

    let (one, erased, others) = tokio::join!(finish(&scene, first), erase(&scene.database, user), async {
        let mut ends = Vec::new();
        for claim in rest {
            ends.push(finish(&scene, claim).await);
        }
        ends
    });

    erased.unwrap();
    assert_eq!(marks_left(&scene.database).await, Vec::<String>::new());
    for (claim, end) in claimed.iter().zip([vec![one], others].concat()) {
        let job = scene.database.store.job_view(claim.id).await.unwrap().unwrap();
        let expected = match end {
            Finished::Applied => JobStatus::Completed,
            Finished::Stale => JobStatus::Cancelled,
        };
        assert_eq!(job.status, expected);
    }
    let kept = "score_records WHERE scorer_version = 'test-1' AND criteria <> '[]'";
    assert_eq!(raw::count(&scene.database, kept).await, 0);
}

async fn an_answer_that_races_with_the_erasure_leaves_nothing(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    let answer = [scene.answer(ItemKind::TrueFalse, format!("{MARK}answer"))];
    let user = scene.candidate.user_id();

    let (saved, erased) = tokio::join!(scene.save(0, &answer), erase(&scene.database, user));

    let erased = erased.unwrap();
    assert_eq!(erased.rows["responses"], u64::from(saved.is_some()));
    assert_eq!(marks_left(&scene.database).await, Vec::<String>::new());
}

struct Again(EraseAgain);

#[async_trait]
impl UseCase for Again {
    const NAME: &'static str = "test.erase_again";
    type Out = Erased;
    type Err = StoreError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Erased, StoreError> {
        self.0.apply(ctx, tx).await
    }
}

async fn a_second_walk_finds_what_requests_left(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    scene.start().await;
    let (database, user_id) = (&scene.database, scene.candidate.user_id());
    erase(database, user_id).await.unwrap();
    let due = scene.now() + REQUESTS_END;
    let job = format!(
        "jobs WHERE kind = 'erase_again' AND state = 'ready' AND run_at = {}",
        due.as_micros()
    );
    assert_eq!(raw::count(database, &job).await, 1);
    let again = Again(EraseAgain {
        user_id,
        address: None,
    });
    assert!(scene.run(&again).await.unwrap().is_nothing());

    // Requests that were let in before keep a reply, and begin an attempt with what the client said of itself.
    let backend = database.store.database().backend();
    let (attempt, fresh) = (raw::id(backend, scene.attempt_id.0), database.ids.new_uuid());
    execute(
        database,
        &format!(
            "INSERT INTO idempotency_keys (principal, route, key, request_hash, status, reply, created_at)
             VALUES ('{user_id}', 'POST /x', '{MARK}key', 'h', 201, '\"{MARK}reply\"', 1)"
        ),
    )
    .await;
    execute(
        database,
        &format!(
            "INSERT INTO attempts (id, user_id, definition_id, definition_version_id, state, scoring, current_section,
                section_count, response_seq, opted_in_at, inactivity_limit, degraded_reasons, metadata, revision, updated_at)
             SELECT {}, user_id, definition_id, definition_version_id, 'opted_in', 'none', 0, section_count, 0, opted_in_at,
                inactivity_limit, '[]', '\"{MARK}metadata\"', 0, updated_at FROM attempts WHERE id = {attempt}",
            raw::id(backend, fresh)
        ),
    )
    .await;
    scene.advance(MINUTE);

    let found = scene.run(&again).await.unwrap();

    assert_eq!(found.attempts_voided, 1);
    assert_eq!((found.rows["idempotency_keys"], found.rows["attempts"]), (1, 1));
    assert_eq!(marks_left(database).await, Vec::<String>::new());
    let late = crate::attempt_scene::stored(database, AttemptId(fresh)).await;
    assert_eq!(late.state, AttemptState::Voided);
    let noted = "audit_log WHERE action = 'privacy.erased' AND actor_role = 'system'";
    assert_eq!(raw::count(database, noted).await, 1);
}

/// Whoever tries to sign in while the account is being erased leaves rows by an address that no account has any more.
async fn a_second_walk_still_knows_the_address_and_then_forgets_it(database: TestDatabase) {
    let scene = Scene::new(database, Settings::default()).await;
    let (database, user_id) = (&scene.database, scene.candidate.user_id());
    let account = database.store.find_user(user_id).await.unwrap().unwrap();
    let address = SignInSubject::of(&account.email);
    erase(database, user_id).await.unwrap();
    let payloads = "SELECT payload FROM jobs WHERE kind = 'erase_again'";
    let payload: EraseAgainPayload = serde_json::from_str(&raw::texts(database, payloads).await[0]).unwrap();
    assert_eq!(payload.address.as_ref(), Some(&address));
    let hash = address.as_str();
    for late in [
        format!("INSERT INTO sign_in_failures (subject, failures, last_failed_at) VALUES ('{hash}', 1, 1)"),
        format!("INSERT INTO rate_limits (bucket, full_at, granted) VALUES ('login_account:{hash}', 1, 1)"),
    ] {
        execute(database, &late).await;
    }

    let again = Again(EraseAgain {
        user_id,
        address: payload.address,
    });
    let found = scene.run(&again).await.unwrap();

    assert_eq!(
        (found.rows["sign_in_failures"], found.rows["rate_limits"]),
        (1, 1)
    );
    for left in [
        format!("sign_in_failures WHERE subject = '{hash}'"),
        format!("rate_limits WHERE bucket LIKE '%{hash}'"),
        format!("jobs WHERE payload LIKE '%{hash}%'"),
    ] {
        assert_eq!(raw::count(database, &left).await, 0, "{left}");
    }
}
