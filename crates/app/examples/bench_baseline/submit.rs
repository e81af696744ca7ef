//! `POST /assessments/{id}/submit`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::attempt::{Attempt, audit, instant};
use crate::connection::{Transaction, values};
use crate::given::{GivenJob, GivenRecord, GivenResolution};
use crate::items::FormItem;
use crate::save::Answers;
use crate::statements::{
    ANY_CREDENTIAL, ATTEMPT, END_ATTEMPT, INSERT_SECTION, RESPONSES, SUBMIT_SECTION, VISIBLE, insert_jobs,
    insert_records, resolve,
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
    close(&mut transaction, &attempt, now).await?;
    let items = app.bank.at(attempt.version_id, &attempt.form)?;
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

/// Closes the one section and reads what is to be judged.
async fn close(transaction: &mut Transaction, attempt: &Attempt, now: i64) -> anyhow::Result<()> {
    let (id, section) = (attempt.id, attempt.current_section);
    let row = values![id, section, now];
    transaction.execute(SUBMIT_SECTION, row).await?;
    let row = values![id, section, now];
    transaction.execute(INSERT_SECTION, row).await?;
    transaction.rows(RESPONSES, values![id]).await?;
    Ok(())
}

/// Whether there is anything to recommend, the parent job and, by a third statement, one for each text.
async fn enqueue(
    transaction: &mut Transaction,
    attempt: &Attempt,
    items: &[&FormItem],
    now: i64,
) -> anyhow::Result<Vec<Uuid>> {
    transaction.rows(ANY_CREDENTIAL, values![]).await?;
    let job = |[of_kind, in_queue, new_state]: [&'static str; 3], given: Value, of_parent| {
        let new_id = new_id();
        GivenJob {
            new_id,
            of_kind,
            in_queue,
            known_as: new_id.to_string(),
            new_state,
            due_at: now,
            tries: 5,
            given: given.to_string(),
            of_parent,
            about: attempt.id,
            by_owner: attempt.user_id,
            line: 0,
        }
    };
    let payload = json!({ "attempt_id": attempt.id, "cause": "initial" });
    let parent = job(["evaluate_attempt", "static", "waiting"], payload, None);
    let mut ids = vec![parent.new_id];
    let of_parent = Some(parent.new_id);
    transaction.rows_of(insert_jobs, &[parent], values![]).await?;
    let text = |item: &&FormItem| {
        let item = item.item_version_id;
        let payload = json!({ "attempt_id": attempt.id, "item_version_id": item, "cause": "initial" });
        job(["score_text", "llm", "ready"], payload, of_parent)
    };
    let texts: Vec<GivenJob> = items.iter().filter(|item| item.is_text()).map(text).collect();
    transaction.rows_of(insert_jobs, &texts, values![]).await?;
    ids.extend(texts.iter().map(|job| job.new_id));
    Ok(ids)
}

/// The end of taking, a verdict for each item that rules judge, and the audit row.
async fn end(
    transaction: &mut Transaction,
    attempt: &Attempt,
    items: &[&FormItem],
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
    judge(transaction, id, items, now).await?;
    let details = json!({ "state": "awaiting_async", "texts": 3 }).to_string();
    audit(transaction, [id, user], ("attempts.submitted", &details), now).await
}

/// Full marks, which count.
async fn judge(
    transaction: &mut Transaction,
    of_attempt: Uuid,
    items: &[&FormItem],
    came_at: i64,
) -> anyhow::Result<()> {
    let record = |item: &&FormItem| GivenRecord {
        new_id: new_id(),
        of_attempt,
        of_item: item.item_version_id,
        by_scorer: "rule",
        in_version: "rule-1",
        for_cause: "initial",
        got: item.hundredths(),
        of_most: item.hundredths(),
        why: "correct",
        by_criteria: "[]",
        flagged: "[]",
        came_at,
    };
    let judged = items.iter().filter(|item| !item.is_text());
    let records: Vec<GivenRecord> = judged.map(record).collect();
    transaction.rows_of(insert_records, &records, values![]).await?;
    let resolution = |record: &GivenRecord| GivenResolution {
        of_attempt,
        of_item: record.of_item,
        by_record: record.new_id,
        is_provisional: false,
        why: "rule",
        came_at,
    };
    let resolutions: Vec<GivenResolution> = records.iter().map(resolution).collect();
    transaction.rows_of(resolve, &resolutions, values![]).await?;
    Ok(())
}

fn group(items: &[&FormItem], belongs: fn(&str) -> bool) -> Group {
    let of_group = |item: &&&FormItem| !item.is_text() && belongs(&item.content.body.kind);
    let score = |item: &&FormItem| Score {
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
