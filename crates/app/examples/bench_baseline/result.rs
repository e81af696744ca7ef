//! `GET /assessments/{id}/result`

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::attempt::{Attempt, instant};
use crate::connection::{Row, values};
use crate::items::FormItem;
use crate::statements::{ATTEMPT, COUNTING, MODEL_USE, RECOMMENDATION, RESPONSES, VERSION, VISIBLE};
use crate::{App, Failure, User};

#[derive(Serialize)]
pub(crate) struct ResultBody {
    assessment_id: Uuid,
    status: String,
    summary: String,
    total: f64,
    max: f64,
    items: Vec<ItemOutcome>,
    token_cost_micros: i64,
    models_expected_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct ItemOutcome {
    question_id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    prompt: String,
    answer: Option<Value>,
    max_points: f64,
    verdict: Option<Verdict>,
}

#[derive(Serialize)]
struct Verdict {
    points: Option<f64>,
    reason: String,
    scorer: String,
    scorer_version: String,
    confidence: Option<f64>,
    provisional: bool,
    counts_because: String,
    criteria: Vec<CriterionBody>,
}

#[derive(Deserialize, Serialize)]
struct CriterionBody {
    criterion: String,
    score: f64,
    level: Option<String>,
    evidence: Vec<Value>,
    rationale: String,
}

pub(crate) async fn result(
    State(app): State<Arc<App>>,
    User(user): User,
    Path(id): Path<Uuid>,
) -> Result<Json<ResultBody>, Failure> {
    let database = &app.database;
    let text = format!("{ATTEMPT} WHERE id = $1 AND {VISIBLE}");
    let row = database.row(&text, values![id, Some(user), None::<Uuid>]).await?;
    let attempt = Attempt::of(&row)?;
    let version = database.row(VERSION, values![attempt.version_id]).await?;
    let title: String = version.get("title")?;
    let items = app.bank.at(attempt.version_id, &attempt.form)?;
    let answers = database.rows(RESPONSES, values![id]).await?;
    let mut answers = by_item(&answers, answer)?;
    let counting = database.rows(COUNTING, values![id]).await?;
    let mut counting = by_item(&counting, verdict)?;
    let models = database.row(MODEL_USE, values![id]).await?;
    // Nothing is recommended where the catalogue is empty.
    database.rows(RECOMMENDATION, values![id]).await?;
    let turn_at: Option<i64> = models.get("turn_at")?;
    let item = |item: &FormItem| ItemOutcome {
        question_id: item.item_id,
        kind: item.content.body.kind.clone(),
        prompt: item.content.stem.clone(),
        answer: answers.remove(&item.item_version_id),
        max_points: item.content.marks,
        verdict: counting.remove(&item.item_version_id),
    };
    let items: Vec<ItemOutcome> = items.into_iter().map(item).collect();
    let verdicts = items.iter().filter_map(|item| item.verdict.as_ref());
    let total: f64 = verdicts.filter_map(|verdict| verdict.points).sum();
    let max: f64 = items.iter().map(|item| item.max_points).sum();
    Ok(Json(ResultBody {
        assessment_id: id,
        status: attempt.state,
        summary: format!("{title}: {total} of {max} points."),
        total,
        max,
        items,
        token_cost_micros: models.get::<Option<i64>>("booked")?.unwrap_or(0),
        models_expected_at: turn_at.and_then(instant),
        completed_at: attempt.scored_at.and_then(instant),
    }))
}

fn by_item<T>(rows: &[Row], read: fn(&Row) -> anyhow::Result<T>) -> anyhow::Result<HashMap<Uuid, T>> {
    rows.iter()
        .map(|row| Ok((row.get("item_version_id")?, read(row)?)))
        .collect()
}

fn answer(row: &Row) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&row.get::<String>("answer")?)?)
}

fn verdict(row: &Row) -> anyhow::Result<Verdict> {
    #[expect(clippy::cast_precision_loss, reason = "marks are small numbers")]
    let points = row
        .get::<Option<i64>>("points")?
        .map(|hundredths| hundredths as f64 / 100.0);
    Ok(Verdict {
        points,
        reason: row.get("score_reason")?,
        scorer: row.get("scorer")?,
        scorer_version: row.get("scorer_version")?,
        confidence: row.get("confidence")?,
        provisional: row.get("provisional")?,
        counts_because: row.get("resolution_reason")?,
        criteria: serde_json::from_str(&row.get::<String>("criteria")?)?,
    })
}
