//! What is stuck and what puts it right: jobs listed, retried, cancelled; dead letters; queues that are paused; the
//! overview; the same from the command line.

mod command_line;
mod dead_letters;
mod queues;

use async_trait::async_trait;
use domain::identity::Role;
use domain::ids::IdSource as _;
use domain::job::{JobId, NewJob, Priority, StoreError};
use domain::rate_limits::jobs::PRUNE;
use domain::store::{Ctx, Tx, UseCase};
use domain::time::Clock as _;
use serde_json::{Value, json};
use testkit::{Backend, TestDatabase};
use uuid::Uuid;

use super::support::{Client, TestApp, picked};

on_both_databases!(
    jobs_are_listed_by_what_is_asked_of_them,
    a_failed_job_is_tried_again_once,
    a_job_with_a_live_twin_is_refused_with_its_id,
    what_has_ended_is_not_cancelled,
    a_running_job_is_cancelled_and_its_worker_has_no_effect,
    advisors_operate_what_they_asked_for,
);

/// Inserts jobs that do nothing but clean up.
struct Enqueue {
    jobs: Vec<NewJob>,
}

#[async_trait]
impl UseCase for Enqueue {
    const NAME: &'static str = "test.enqueue";
    type Out = ();
    type Err = StoreError;

    async fn run(&self, _ctx: &Ctx, tx: &mut dyn Tx) -> Result<(), StoreError> {
        for job in &self.jobs {
            assert!(!tx.jobs().enqueue(job.clone()).await?.deduplicated);
        }
        Ok(())
    }
}

fn job(database: &TestDatabase, dedupe_key: String) -> NewJob {
    NewJob {
        id: JobId(database.ids.new_uuid()),
        kind: PRUNE,
        dedupe_key,
        payload: json!({}),
        run_at: database.clock.now(),
        priority: Priority::Normal,
        parent: None,
        waits_for_children: false,
        owner: None,
        subject: None,
        max_attempts: 5,
    }
}

/// This many jobs, each of its own cause, which begins with `cause`.
async fn enqueue(app: &TestApp, cause: &str, count: usize) -> Vec<JobId> {
    let jobs: Vec<_> = (0..count)
        .map(|number| job(&app.database, format!("{cause}:{number}")))
        .collect();
    let ids = jobs.iter().map(|job| job.id).collect();
    app.run(Enqueue { jobs }).await;
    ids
}

/// As if the jobs of a cause had failed for good.
async fn bury(app: &TestApp, cause: &str, error_code: &str) -> usize {
    let text = format!(
        "UPDATE jobs SET state = 'failed', finished_at = run_at, attempt = max_attempts, error_class = 'permanent',
            owner = NULL, lease_until = NULL, error_code = '{error_code}', last_error = '{error_code}: it was so'
        WHERE dedupe_key LIKE '{cause}:%' RETURNING kind"
    );
    app.rows.texts(&text, &[]).await.len()
}

/// As if a worker had the job.
async fn begin(app: &TestApp, id: JobId) {
    let worker = Uuid::from_u128(7);
    let claim =
        "UPDATE jobs SET state = 'running', fence = fence + 1, attempt = attempt + 1, started_at = run_at,
            lease_until = run_at + 15000000, owner = $2
        WHERE id = $1 RETURNING kind";
    assert_eq!(app.rows.texts(claim, &[id.0, worker]).await.len(), 1);
    let note = "INSERT INTO job_attempts (job_id, fence, attempt, owner, started_at, outcome)
        SELECT id, fence, attempt, $2, run_at, 'running' FROM jobs WHERE id = $1 RETURNING outcome";
    assert_eq!(app.rows.texts(note, &[id.0, worker]).await, ["running"]);
}

async fn audited(admin: &Client, action: &str, id: JobId) -> u64 {
    let path = format!("/audit?action={action}&resource_id={id}");
    admin.get(&path).await.is(200)["total"].as_u64().unwrap()
}

async fn total(client: &Client, path: &str) -> u64 {
    client.get(path).await.is(200)["total"].as_u64().unwrap()
}

async fn jobs_are_listed_by_what_is_asked_of_them(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    enqueue(&app, "dead", 12).await;
    assert_eq!(bury(&app, "dead", "no_answer").await, 12);
    let live = enqueue(&app, "live", 1).await[0];
    for (query, count) in [
        ("", 13),
        ("?status=failed", 12),
        ("?status=queued", 1),
        ("?status=in_progress", 0),
        ("?queue=maintenance&job_type=prune", 13),
        ("?queue=llm", 0),
        ("?job_type=score_text", 0),
        ("?subject_id=0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21", 0),
    ] {
        assert_eq!(total(&admin, &format!("/jobs{query}")).await, count, "{query}");
    }
    let second = admin.get("/jobs?page=2&page_size=10").await.is(200);
    assert_eq!(second["items"].as_array().map(Vec::len), Some(3));
    let newest = &admin.get("/jobs?status=queued").await.is(200)["items"][0];
    let told = picked(
        newest,
        &["job_id", "job_type", "queue", "status", "attempts", "retry_at"],
    );
    assert_eq!(told, json!([live, "prune", "maintenance", "queued", 0, null]));
    assert_eq!(admin.get("/jobs?job_type=Score").await.pointers(), ["/job_type"]);
    admin.get("/jobs?status=stuck").await.is(400);
    app.student(1).await.get("/jobs").await.is(403);
    app.student(1).await.get(&format!("/jobs/{live}")).await.is(404);
    app.drain_jobs().await;
}

async fn a_failed_job_is_tried_again_once(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let id = enqueue(&app, "dead", 1).await[0];
    begin(&app, id).await;
    let ended = "UPDATE job_attempts SET outcome = 'failed', error_code = 'no_answer', error = 'no_answer: after 30 s'
        WHERE job_id = $1 RETURNING outcome";
    assert_eq!(app.rows.texts(ended, &[id.0]).await, ["failed"]);
    bury(&app, "dead", "no_answer").await;
    let path = format!("/jobs/{id}");
    let dead = admin.get(&path).await.is(200);
    assert_eq!(
        picked(&dead, &["status", "error_code", "error", "attempts", "priority"]),
        json!(["failed", "no_answer", "no_answer: it was so", 5, 0])
    );
    let claim = picked(&dead["history"][0], &["fence", "outcome", "error_code", "error"]);
    assert_eq!(claim, json!([1, "failed", "no_answer", "no_answer: after 30 s"]));
    let retry = format!("{path}/retry");
    let first = admin.post_with_key(&retry, "k-1", &json!({})).await.is(200);
    assert_eq!(
        first,
        json!({ "job_id": id, "status": "queued", "was_running": false })
    );
    let again = admin.post_with_key(&retry, "k-1", &json!({})).await;
    assert_eq!(
        (again.is(200), again.header("idempotency-replayed")),
        (first, Some("true"))
    );
    let refused = admin.post(&retry, &json!({})).await.is(409);
    assert_eq!(
        picked(&refused, &["type", "job_status"]),
        json!(["/problems#job-not-dead", "queued"])
    );
    assert_eq!(audited(&admin, "operations.job_requeued", id).await, 1);
    assert_eq!(admin.get(&path).await.is(200)["attempts"], 0);
    assert_eq!(app.drain_jobs().await, 1);
    let done = admin.get(&path).await.is(200);
    assert_eq!(picked(&done, &["status", "attempts"]), json!(["completed", 1]));
    assert_eq!(done["history"].as_array().map(Vec::len), Some(2), "{done}");
}

async fn a_job_with_a_live_twin_is_refused_with_its_id(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let dead = enqueue(&app, "same", 1).await[0];
    bury(&app, "same", "no_answer").await;
    let twin = enqueue(&app, "same", 1).await[0];
    let refused = admin
        .post(&format!("/jobs/{dead}/retry"), &json!({}))
        .await
        .is(409);
    assert_eq!(
        picked(&refused, &["type", "error_code", "live_job_id"]),
        json!(["/problems#job-live-twin", "JOB_409", twin])
    );
    assert_eq!(audited(&admin, "operations.job_requeued", dead).await, 0);
    let unknown = format!("/jobs/{}/retry", Uuid::from_u128(9));
    admin.post(&unknown, &json!({})).await.is(404);
    app.drain_jobs().await;
}

async fn what_has_ended_is_not_cancelled(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let id = enqueue(&app, "live", 1).await[0];
    let cancel = format!("/jobs/{id}/cancel");
    let first = admin.post_with_key(&cancel, "k-1", &json!({})).await.is(200);
    assert_eq!(
        first,
        json!({ "job_id": id, "status": "cancelled", "was_running": false })
    );
    assert_eq!(
        admin.post_with_key(&cancel, "k-1", &json!({})).await.is(200),
        first
    );
    let refused = admin.post(&cancel, &json!({})).await.is(409);
    assert_eq!(
        picked(&refused, &["type", "job_status"]),
        json!(["/problems#job-ended", "cancelled"])
    );
    assert_eq!(app.drain_jobs().await, 0);
    assert_eq!(audited(&admin, "operations.job_cancelled", id).await, 1);
    admin.post(&format!("/jobs/{id}/retry"), &json!({})).await.is(200);
    assert_eq!(app.drain_jobs().await, 1);
    assert_eq!(
        admin.get(&format!("/jobs/{id}")).await.is(200)["status"],
        "completed"
    );
}

async fn a_running_job_is_cancelled_and_its_worker_has_no_effect(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let id = enqueue(&app, "live", 1).await[0];
    begin(&app, id).await;
    let before = admin.get("/ops/queues").await.is(200);
    assert_eq!(queue(&before, "maintenance")["running"], 1);
    let cancelled = admin
        .post(&format!("/jobs/{id}/cancel"), &json!({}))
        .await
        .is(200);
    assert_eq!(
        picked(&cancelled, &["status", "was_running"]),
        json!(["cancelled", true])
    );
    let job = admin.get(&format!("/jobs/{id}")).await.is(200);
    assert_eq!(job["history"][0]["outcome"], "cancelled", "{job}");
    // The claim's row is no longer running, which is what every ending asks for.
    let owned = "SELECT kind FROM jobs WHERE id = $1 AND (owner IS NOT NULL OR lease_until IS NOT NULL)";
    assert!(app.rows.texts(owned, &[id.0]).await.is_empty());
    assert_eq!(
        queue(&admin.get("/ops/queues").await.is(200), "maintenance")["running"],
        0
    );
}

async fn advisors_operate_what_they_asked_for(backend: Backend) {
    let app = TestApp::start(backend).await;
    let own = app.client(Role::Advisor, 1).await;
    let other = app.client(Role::Advisor, 2).await;
    let asked_for = NewJob {
        owner: Some(own.user().id),
        ..job(&app.database, "own".to_owned())
    };
    let path = format!("/jobs/{}", asked_for.id);
    app.run(Enqueue {
        jobs: vec![asked_for],
    })
    .await;
    for act in ["cancel", "retry"] {
        other.post(&format!("{path}/{act}"), &json!({})).await.is(404);
        app.student(1)
            .await
            .post(&format!("{path}/{act}"), &json!({}))
            .await
            .is(403);
        own.post(&format!("{path}/{act}"), &json!({})).await.is(200);
    }
    app.drain_jobs().await;
}

/// The one with this name.
fn queue<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let queues = answer["queues"].as_array().unwrap();
    queues.iter().find(|queue| queue["queue"] == name).unwrap()
}
