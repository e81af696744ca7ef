//! `POST /assessments/start`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::attempt::{audit, instant};
use crate::connection::{Transaction, values};
use crate::items::{FormItem, QuestionBody};
use crate::statements::{
    ATTEMPT, IN_PROGRESS, INSERT_ATTEMPT, IS_ASSIGNED, OPEN, OPEN_VERSION, SITTINGS, TIME_FACTOR, TRACK,
};
use crate::{App, Failure, User, new_id, now};

/// How many are drawn: scored by rules, texts, profile.
const MIX: [usize; 3] = [3, 3, 4];
const MINUTE: i64 = 60_000_000;

#[derive(Deserialize)]
pub(crate) struct Start {
    role_slug: String,
    metadata: Option<Value>,
}

#[derive(Serialize)]
pub(crate) struct StartedBody {
    assessment_id: Uuid,
    status: &'static str,
    expires_at: Option<DateTime<Utc>>,
    server_time: Option<DateTime<Utc>>,
    questions: Vec<QuestionBody>,
}

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    User(user): User,
    Json(body): Json<Start>,
) -> Result<(StatusCode, Json<StartedBody>), Failure> {
    let track = app.database.row(TRACK, values![body.role_slug]).await?;
    let definition: Uuid = track.get("id")?;
    let mut transaction = app.database.begin().await?;
    let locking = app.database.locking();
    let version = look(&mut transaction, locking, user, definition).await?;
    let (attempt, now) = (new_id(), now());
    let form = draw(app.bank.of_version(version)?, attempt);
    let ids = [attempt, user, definition, version];
    insert(&mut transaction, ids, (&form, body.metadata), now).await?;
    transaction.commit().await?;
    let items = app.bank.at(version, &form)?;
    let started = StartedBody {
        assessment_id: attempt,
        status: "in_progress",
        expires_at: instant(now + 30 * MINUTE),
        server_time: instant(now),
        questions: items.into_iter().map(QuestionBody::from).collect(),
    };
    Ok((StatusCode::CREATED, Json(started)))
}

/// All that the program looks at before it lets somebody begin; gives the version.
async fn look(
    transaction: &mut Transaction,
    locking: &str,
    user: Uuid,
    definition: Uuid,
) -> anyhow::Result<Uuid> {
    let open = format!("{ATTEMPT} WHERE {OPEN}{locking}");
    let running = format!("{ATTEMPT} WHERE {IN_PROGRESS}{locking}");
    transaction.rows(&open, values![user, definition]).await?;
    let version = transaction.row(OPEN_VERSION, values![definition]).await?;
    let version = version.get("id")?;
    transaction.row(IS_ASSIGNED, values![user, definition]).await?;
    transaction.row(SITTINGS, values![user, definition]).await?;
    transaction.row(SITTINGS, values![user, definition]).await?;
    transaction.rows(&running, values![user]).await?;
    transaction.rows(TIME_FACTOR, values![user]).await?;
    Ok(version)
}

/// The attempt with its audit row; `ids` are attempt, user, definition and version.
async fn insert(
    transaction: &mut Transaction,
    ids: [Uuid; 4],
    (form, metadata): (&[u16], Option<Value>),
    now: i64,
) -> anyhow::Result<()> {
    let [attempt, user, definition, version] = ids;
    let row = values![
        attempt,
        user,
        definition,
        version,
        "track",
        now,
        serde_json::to_string(form)?,
        10_i32,
        "in_progress",
        "none",
        0_i32,
        1_i32,
        0_i64,
        now,
        Some(now),
        Some(now + 45 * MINUTE),
        Some(now),
        30 * MINUTE,
        100_i32,
        0_i64,
        "[]",
        metadata.map(|metadata| metadata.to_string()),
        2_i64,
        now
    ];
    transaction.execute(INSERT_ATTEMPT, row).await?;
    audit(transaction, [attempt, user], ("attempts.started", "{}"), now).await
}

/// Neighbours of each group, from a place that the attempt's id decides.
fn draw(items: &[FormItem], attempt: Uuid) -> Vec<u16> {
    let mut groups = [const { Vec::new() }; 3];
    for (item, place) in items.iter().zip(0_u16..) {
        let group = match item.content.body.kind.as_str() {
            "short_answer" | "essay" => 1,
            "profile" => 2,
            _ => 0,
        };
        groups[group].push(place);
    }
    let chance = usize::from(attempt.as_bytes()[15]) * 7 + usize::from(attempt.as_bytes()[14]);
    let drawn = groups.iter().zip(MIX).flat_map(|(group, count)| {
        group
            .iter()
            .cycle()
            .skip(chance % group.len().max(1))
            .take(count.min(group.len()))
            .copied()
    });
    drawn.collect()
}
