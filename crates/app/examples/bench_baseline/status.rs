//! `GET /assessments/{id}/status`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::attempt::{Attempt, instant};
use crate::connection::{Row, values};
use crate::statements::{self, JOBS};
use crate::{App, Failure, User};

#[derive(Serialize)]
pub(crate) struct StatusBody {
    assessment_id: Uuid,
    status: String,
    submitted_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    degraded: bool,
    degraded_reasons: Vec<String>,
    overall_progress: i64,
    stages: [StageBody; 4],
    jobs: Vec<JobBody>,
}

#[derive(Serialize)]
struct StageBody {
    name: &'static str,
    status: &'static str,
    percentage: i64,
    done: i64,
    total: i64,
}

#[derive(Serialize)]
struct JobBody {
    job_id: Uuid,
    job_type: String,
    status: String,
    attempts: i32,
    max_attempts: i32,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    error_code: Option<String>,
}

pub(crate) async fn status(
    State(app): State<Arc<App>>,
    User(user): User,
    Path(id): Path<Uuid>,
) -> Result<Json<StatusBody>, Failure> {
    let text = statements::status();
    let row = app
        .database
        .row(&text, values![id, Some(user), None::<Uuid>])
        .await?;
    let attempt = Attempt::of(&row)?;
    let (answered, texts): (i64, i64) = (row.get("answered")?, row.get("texts")?);
    let (done, lost): (i64, i64) = (row.get("texts_done")?, row.get("texts_lost")?);
    let rows = app.database.rows(JOBS, values![id]).await?;
    Ok(Json(StatusBody {
        assessment_id: id,
        status: attempt.state,
        submitted_at: attempt.submitted_at.and_then(instant),
        completed_at: attempt.scored_at.and_then(instant),
        degraded: lost > 0,
        degraded_reasons: attempt.degraded_reasons,
        overall_progress: 100 * answered / i64::from(attempt.item_count).max(1),
        stages: [
            stage("rule_score", "completed", (answered - texts, answered - texts)),
            stage("gpt", "in_progress", (done, texts)),
            stage("rag", "skipped", (0, 0)),
            stage("fusion", "pending", (0, 1)),
        ],
        jobs: rows.iter().map(job).collect::<anyhow::Result<_>>()?,
    }))
}

fn stage(name: &'static str, status: &'static str, (done, total): (i64, i64)) -> StageBody {
    StageBody {
        name,
        status,
        percentage: 100 * done / total.max(1),
        done,
        total,
    }
}

fn job(row: &Row) -> anyhow::Result<JobBody> {
    Ok(JobBody {
        job_id: row.get("id")?,
        job_type: row.get("kind")?,
        status: row.get("state")?,
        attempts: row.get("attempt")?,
        max_attempts: row.get("max_attempts")?,
        started_at: row.get::<Option<i64>>("started_at")?.and_then(instant),
        completed_at: row.get::<Option<i64>>("finished_at")?.and_then(instant),
        error_code: row.get("error_code")?,
    })
}
