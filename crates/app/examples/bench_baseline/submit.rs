//! `POST /assessments/{id}/submit`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::attempt::{Attempt, audit, instant};
use crate::connection::{Transaction, values};
use crate::items::{FormItem, at};
use crate::save::Answers;
use crate::statements::{
    ATTEMPT, END_ATTEMPT, INSERT_JOB, INSERT_RECORD, INSERT_SECTION, RESOLVE, RESPONSES, SETTINGS,
    SUBMIT_SECTION, VISIBLE, items_at,
};
use crate::{App, Failure, User, new_id, now};

#[derive(Serialize)]
pub(crate) struct SubmittedBody {
    assessment_id: Uuid,
    status: &'static str,
    submitted_at: Option<DateTime<Utc>>,
    degraded: bool,
    scores: Scores,
    jobs_queued: Vec<Uuid>,
}

#[derive(Serialize)]
struct Scores {
    rule: Group,
    profile: Group,
    essay: &'static str,
}

#[derive(Serialize)]
struct Group {
    total: f64,
    max: f64,
    items: Vec<Score>,
}

#[derive(Serialize)]
struct Score {
    question_id: Uuid,
    points: f64,
    max: f64,
    reason: &'static str,
}

pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    User(user): User,
    Path(id): Path<Uuid>,
    Json(body): Json<Answers>,
) -> Result<(StatusCode, Json<SubmittedBody>), Failure> {
    app.owner(id).await?;
    let now = now();
    let mut transaction = app.database.begin().await?;
    let text = format!("{ATTEMPT} WHERE id = $1 AND {VISIBLE}{}", app.database.locking());
    let row = transaction
        .row(&text, values![id, Some(user), None::<Uuid>])
        .await?;
    let attempt = Attempt::of(&row)?;
    app.save_all(&mut transaction, [id, user], &body.responses, now)
        .await?;
    let items = close(&mut transaction, &attempt, now).await?;
    let jobs = enqueue(&mut transaction, &attempt, &items, now).await?;
    end(&mut transaction, &attempt, &items, jobs[0], now).await?;
    transaction.commit().await?;
    let submitted = SubmittedBody {
        assessment_id: id,
        status: "awaiting_async",
        submitted_at: instant(now),
        degraded: false,
        scores: Scores {
            rule: group(&items, |kind| kind != "profile"),
            profile: group(&items, |kind| kind == "profile"),
            essay: "pending",
        },
        jobs_queued: jobs,
    };
    Ok((StatusCode::ACCEPTED, Json(submitted)))
}

/// Closes the one section and reads what is to be judged: the items of the form.
async fn close(transaction: &mut Transaction, attempt: &Attempt, now: i64) -> anyhow::Result<Vec<FormItem>> {
    let (id, section, version) = (attempt.id, attempt.current_section, attempt.version_id);
    let row = values![id, section, now];
    transaction.execute(SUBMIT_SECTION, row).await?;
    let row = values![id, section, now];
    transaction.execute(INSERT_SECTION, row).await?;
    let rows = transaction
        .rows(&items_at(attempt.form.len()), at(version, &attempt.form))
        .await?;
    transaction.rows(RESPONSES, values![id]).await?;
    transaction.row(SETTINGS, values![version]).await?;
    rows.iter().map(FormItem::of).collect()
}

/// The parent job and one for each text.
async fn enqueue(
    transaction: &mut Transaction,
    attempt: &Attempt,
    items: &[FormItem],
    now: i64,
) -> anyhow::Result<Vec<Uuid>> {
    let mut jobs = vec![new_id()];
    let job = |id: Uuid, [kind, queue, state]: [&str; 3], payload: String, parent: Option<Uuid>| {
        let key = id.to_string();
        values![
            id,
            kind,
            queue,
            key,
            state,
            now,
            5_i32,
            payload,
            parent,
            Some(attempt.id),
            Some(attempt.user_id),
            now
        ]
    };
    let parent = jobs[0];
    let payload = json!({ "attempt_id": attempt.id, "cause": "initial" }).to_string();
    let row = job(parent, ["evaluate_attempt", "static", "waiting"], payload, None);
    transaction.execute(INSERT_JOB, row).await?;
    for item in items.iter().filter(|item| item.is_text()) {
        let payload =
            json!({ "attempt_id": attempt.id, "item_version_id": item.item_version_id, "cause": "initial" });
        let id = new_id();
        let row = job(
            id,
            ["score_text", "llm", "ready"],
            payload.to_string(),
            Some(parent),
        );
        transaction.execute(INSERT_JOB, row).await?;
        jobs.push(id);
    }
    Ok(jobs)
}

/// The end of taking, a verdict for each item that rules judge, and the audit row.
async fn end(
    transaction: &mut Transaction,
    attempt: &Attempt,
    items: &[FormItem],
    job: Uuid,
    now: i64,
) -> anyhow::Result<()> {
    let (id, user) = (attempt.id, attempt.user_id);
    let row = values![
        id,
        attempt.state.as_str(),
        "awaiting_async",
        "running",
        "[]",
        Some(job),
        Some(now),
        now
    ];
    transaction.execute(END_ATTEMPT, row).await?;
    for item in items.iter().filter(|item| !item.is_text()) {
        record(transaction, id, item, now).await?;
    }
    let details = json!({ "state": "awaiting_async", "texts": 3 }).to_string();
    audit(transaction, [id, user], ("attempts.submitted", &details), now).await
}

/// Full marks, which count.
async fn record(
    transaction: &mut Transaction,
    attempt: Uuid,
    item: &FormItem,
    now: i64,
) -> anyhow::Result<()> {
    let (record, points) = (new_id(), item.hundredths());
    let row = values![
        record,
        attempt,
        item.item_version_id,
        "rule",
        "rule-1",
        "initial",
        Some(points),
        points,
        "correct",
        "[]",
        None::<f64>,
        "[]",
        None::<Uuid>,
        now
    ];
    transaction.execute(INSERT_RECORD, row).await?;
    let row = values![attempt, item.item_version_id, record, false, "rule", now];
    transaction.execute(RESOLVE, row).await
}

fn group(items: &[FormItem], belongs: fn(&str) -> bool) -> Group {
    let of_group = |item: &&FormItem| !item.is_text() && belongs(&item.content.body.kind);
    let score = |item: &FormItem| Score {
        question_id: item.item_id,
        points: item.content.marks,
        max: item.content.marks,
        reason: "correct",
    };
    let items: Vec<Score> = items.iter().filter(of_group).map(score).collect();
    let total = items.iter().map(|item| item.points).sum();
    Group {
        total,
        max: total,
        items,
    }
}
