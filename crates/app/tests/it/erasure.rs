//! A person asks for what is kept of them, and then to be forgotten, while their program is being run.

use std::sync::Arc;

use async_trait::async_trait;
use domain::attempts::Release;
use domain::authoring::Settings;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::authoring::sample_answers::answer_key;
use domain::identity::Role;
use domain::ids::AttemptId;
use domain::scoring::coding::{CodeRunner, Program, RunOutcome, RunnerError, TestRun};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Backend, builders};
use tokio::sync::Notify;
use tokio::time::timeout;
use touchstone::{AppState, Services, wiring};

use super::support::events::EventStream;
use super::support::{Client, MINUTE, PASSWORD, Reply, SECOND, Sitting, Taking, TestApp, bank};

on_both_databases!(
    whoever_is_erased_while_their_program_runs_is_in_no_table,
    whoever_is_erased_is_not_let_in_any_more,
    a_stream_ends_with_the_account,
    an_erasure_that_may_not_be_is_refused,
    people_read_what_is_kept_of_them,
    an_erased_account_cannot_be_brought_back,
);

/// Stands in everything the person says, and in what is said about them.
const WORD: &str = "zaphodine";

async fn erase(app: &TestApp, user: &str) -> Reply {
    let admin = app.admin().await;
    admin.post(&format!("/users/{user}/erase"), &json!({})).await
}

/// A runner that waits until it may go on, and then repeats what the candidate wrote.
#[derive(Default)]
struct SlowRunner {
    runs: Notify,
    may_end: Notify,
}

#[async_trait]
impl CodeRunner for SlowRunner {
    async fn run(&self, program: &Program<'_>) -> Result<Vec<TestRun>, RunnerError> {
        self.runs.notify_one();
        self.may_end.notified().await;
        let run = |test: &domain::authoring::item::TestCase| TestRun {
            test_id: test.id.clone(),
            outcome: RunOutcome::CompileError {
                message: program.source.to_owned(),
            },
        };
        Ok(program.tests.iter().map(run).collect())
    }
}

/// A right answer; texts and programs with the word.
fn saying_it(item: &ItemContent) -> Value {
    let mut answer = answer_key(item);
    match item.body.kind() {
        ItemKind::Essay | ItemKind::ShortAnswer => {
            json!(format!("{WORD} thinks: {}", answer.as_str().unwrap_or_default()))
        }
        ItemKind::Coding => {
            answer["source"] = json!(format!("print('{WORD}')"));
            answer
        }
        _ => answer,
    }
}

/// Somebody whose name and address have the word, signed in: the client, the id, and the refresh token.
async fn signed_up(app: &TestApp) -> (Client, String, Value) {
    let account =
        json!({ "email": format!("{WORD}@example.org"), "password": PASSWORD, "display_name": WORD });
    let session = app.anonymous().post("/auth/register", &account).await.is(201);
    let client = app
        .anonymous()
        .with_token(session["tokens"]["access_token"].as_str().unwrap());
    let id = session["user"]["user_id"].as_str().unwrap().to_owned();
    (client, id, session["tokens"]["refresh_token"].clone())
}

/// Takes a track of every kind of question and submits it, and leaves the word wherever there is a place for it.
async fn taken(app: &TestApp, student: Client, id: &str) -> Taking {
    let settings = Settings {
        mix: None,
        ..Settings::for_tracks()
    };
    let track = app.publish_track("backend", settings, bank()).await;
    let admin = app.admin().await;
    let note = json!({ "time_factor": 1.5, "note": format!("{WORD} has a letter from a doctor") });
    let path = format!("/users/{id}/accommodations");
    Reply::to(admin.request(Method::PUT, &path).json(&note))
        .await
        .is(200);
    let mut body = track.body();
    body["metadata"] = json!({ "seat": WORD });
    let started = student
        .post_with_key("/assessments/start", WORD, &body)
        .await
        .is(201);
    let taking = Taking::of(student, &track, &started);
    let extension = json!({ "minutes": 5, "reason": format!("{WORD} came late") });
    let path = format!("/assessments/{}/extend", taking.id);
    admin.post(&path, &extension).await.is(200);
    taking.save_all(&taking.answers(saying_it)).await.is(202);
    taking.submit().await.is(202);
    taking
}

/// The cells with the word, as `table.column`.
async fn said_in(app: &TestApp) -> Vec<String> {
    let columns = if app.database.url.starts_with("sqlite") {
        "SELECT t.name || '.' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    } else {
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
    };
    let mut said = Vec::new();
    for name in app.rows.texts(columns, &[]).await {
        let (table, column) = name.split_once('.').unwrap();
        let cells = format!("{table} WHERE lower(CAST({column} AS TEXT)) LIKE '%{WORD}%'");
        if app.count(&cells, &[]).await > 0 {
            said.push(name);
        }
    }
    said.sort_unstable();
    said
}

async fn whoever_is_erased_while_their_program_runs_is_in_no_table(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (student, id, _) = signed_up(&app).await;
    let taking = taken(&app, student, &id).await;
    let said = said_in(&app).await;
    let places = [
        "accommodations.note",
        "attempt_notes.note",
        "attempts.metadata",
        "idempotency_keys.key",
        "responses.answer",
        "users.display_name",
        "users.email",
    ];
    assert_eq!(said, places);
    let runner = Arc::new(SlowRunner::default());
    let state = AppState::from(Services {
        code_runner: runner.clone(),
        ..Services::clone(&app.state)
    });
    let (worker, _) = wiring::worker(&state);
    let working = tokio::spawn(async move { worker.run_until_idle().await });
    timeout(10 * SECOND, runner.runs.notified()).await.unwrap();

    let erased = erase(&app, &id).await.is(200);
    assert_eq!(
        (&erased["user_id"], &erased["attempts_voided"]),
        (&json!(id), &json!(1))
    );
    assert_eq!(
        said_in(&app).await,
        Vec::<String>::new(),
        "while the program runs"
    );
    runner.may_end.notify_one();
    working.await.unwrap().unwrap();

    assert_eq!(
        said_in(&app).await,
        Vec::<String>::new(),
        "after the program has ended"
    );
    let job = "SELECT j.state || ' ' || a.outcome FROM jobs j JOIN job_attempts a ON a.job_id = j.id
         WHERE j.kind = 'score_code' AND j.subject_id = $1";
    assert_eq!(app.rows.texts(job, &[taking.id]).await, ["cancelled stale"]);
    assert_eq!(taking.stored(&app, "state").await, "voided");
    let anonymous = "score_records WHERE attempt_id = $1 AND points IS NOT NULL AND criteria = '[]'";
    assert!(app.count(anonymous, &[taking.id]).await >= 7, "scores stay");
    assert_eq!(app.count("score_records WHERE criteria <> '[]'", &[]).await, 0);

    app.advance(MINUTE);
    app.tick().await;
    let walked = "jobs WHERE kind = 'erase_again' AND state = 'completed'";
    assert_eq!(app.count(walked, &[]).await, 1);
    assert_eq!(said_in(&app).await, Vec::<String>::new(), "after the second walk");
    assert_the_log_verifies(&app).await;
}

async fn assert_the_log_verifies(app: &TestApp) {
    let mut faults = Vec::new();
    let verified = app
        .state
        .store
        .verify_audit(None, |fault| faults.push(fault))
        .await;
    assert!(faults.is_empty(), "{faults:?}");
    assert!(verified.unwrap().entries > 0, "the erasure is sealed");
}

async fn whoever_is_erased_is_not_let_in_any_more(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let (student, id, refresh) = signed_up(&app).await;
    let track = app.publish_track("backend", Settings::for_tracks(), bank()).await;
    let started = student.post("/assessments/start", &track.body()).await.is(201);
    let taking = Taking::of(student.clone(), &track, &started);
    let question = &taking.questions[0]["question_id"];
    let answer = answer_key(&track.item(question).content);
    taking.save(question, answer.clone()).await.is(202);

    erase(&app, &id).await.is(200);

    taking.save(question, answer).await.is(401);
    taking.submit().await.is(401);
    student.get("/auth/me").await.is(401);
    let exchange = json!({ "refresh_token": refresh });
    app.anonymous().post("/auth/refresh", &exchange).await.is(401);
    for email in [
        format!("{WORD}@example.org"),
        format!("erased-{id}@erased.invalid"),
    ] {
        for password in [PASSWORD, "!"] {
            let login = json!({ "email": email, "password": password });
            app.anonymous().post("/auth/login", &login).await.is(401);
        }
    }
    // The address is free again, and knows nothing of before.
    let (student, again, _) = signed_up(&app).await;
    assert_ne!(again, id);
    let kept = student.get(&format!("/users/{again}/export")).await.is(200);
    assert_eq!(kept["tables"]["attempts"], Value::Null);
    app.advance(MINUTE);
    app.drain_jobs().await;
    student.get("/auth/me").await.is(200);
}

async fn a_stream_ends_with_the_account(backend: Backend) {
    let app = TestApp::alone(backend).await;
    let published = app.publish_sample(Settings::default()).await;
    let sitting = Sitting::started(&app, &published, 1).await;
    let path = format!("/assessments/{}/events", sitting.id);
    let mut stream = EventStream::open(sitting.student.request(Method::GET, &path))
        .await
        .unwrap();
    assert_eq!(stream.event().await.unwrap().data["status"], "in_progress");

    erase(&app, &sitting.student.user().id.to_string()).await.is(200);

    assert_eq!(
        stream.next().await.unwrap(),
        None,
        "the sign-in by which it was opened has ended"
    );
    assert_eq!(
        app.state.progress.tick().await.unwrap(),
        0,
        "nobody follows it any more"
    );
    app.advance(MINUTE);
    app.drain_jobs().await;
}

async fn an_erasure_that_may_not_be_is_refused(backend: Backend) {
    let app = TestApp::start(backend).await;
    let admin = app.admin().await;
    let own = admin.user().id.to_string();
    let refused = erase(&app, &own).await.is(409);
    assert_eq!(refused["type"], "/problems#last-admin");
    let machine = builders::principal(&app.database, Role::Service, 1)
        .await
        .unwrap();
    erase(&app, &machine.user_id.to_string()).await.is(409);
    erase(&app, "0190d9a1-7c3e-7b5a-9f10-5b2f6f6d3a21").await.is(404);
    let student = app.student(1).await;
    let path = format!("/users/{}/erase", student.user().id);
    student.post(&path, &json!({})).await.is(403);
    assert_eq!(app.count("users WHERE erased_at IS NOT NULL", &[]).await, 0);
    assert_eq!(
        app.count("audit_log WHERE action = 'privacy.erased'", &[]).await,
        0
    );
}

async fn people_read_what_is_kept_of_them(backend: Backend) {
    let app = TestApp::start(backend).await;
    let (student, id, _) = signed_up(&app).await;
    let taking = taken(&app, student.clone(), &id).await;
    app.drain_jobs().await;
    let path = format!("/users/{id}/export");
    let release = |staff, hold| Release {
        staff,
        attempt_id: AttemptId(taking.id),
        hold,
    };
    let staff = builders::principal(&app.database, Role::Admin, 1).await.unwrap();
    app.run(release(staff.staff().unwrap(), true)).await;
    let held = student.get(&path).await.is(200);
    assert_eq!(
        held["tables"]["score_records"],
        Value::Null,
        "the result is held back"
    );
    app.run(release(staff.staff().unwrap(), false)).await;

    let reply = student.get(&path).await;

    let kept = reply.is(200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let file = format!("attachment; filename=\"personal-data-{id}.json\"");
    assert_eq!(reply.header("content-disposition"), Some(file.as_str()));
    let tables = &kept["tables"];
    assert_eq!(tables["users"][0]["email"], format!("{WORD}@example.org"));
    assert_eq!(tables["attempts"][0]["title"], "Track backend");
    assert_eq!(tables["attempts"][0]["metadata"], json!({ "seat": WORD }));
    assert_eq!(tables["accommodations"][0]["time_factor"], 150);
    assert_eq!(tables["attempt_notes"][0]["note"], format!("{WORD} came late"));
    assert_eq!(
        tables["responses"].as_array().unwrap().len(),
        taking.questions.len()
    );
    let scores = tables["score_records"].as_array().unwrap();
    assert!(
        scores.iter().any(|score| score["points"] == score["max_points"]),
        "{scores:?}"
    );
    let admin = app.admin().await;
    assert_eq!(
        admin.get(&path).await.is(200)["tables"]["responses"],
        tables["responses"]
    );
    let stranger = app.student(2).await;
    stranger.get(&path).await.is(404);
    let exports = "audit_log WHERE action = 'privacy.exported'";
    assert_eq!(app.count(exports, &[]).await, 3);
}

async fn an_erased_account_cannot_be_brought_back(backend: Backend) {
    let app = TestApp::start(backend).await;
    let student = app.student(1).await;
    let path = format!("/users/{}", student.user().id);
    erase(&app, &student.user().id.to_string()).await.is(200);
    let admin = app.admin().await;
    admin.patch(&path, &json!({ "status": "active" })).await.is(404);
    assert_eq!(admin.get(&path).await.is(200)["status"], "disabled");
    app.advance(MINUTE);
    app.drain_jobs().await;
}
