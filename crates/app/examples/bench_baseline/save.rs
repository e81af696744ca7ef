//! `POST /assessments/{id}/responses`

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::connection::{Database, Transaction, values};
use crate::given::GivenAnswer;
use crate::statements::{ATTEMPT_VERSION, GUARD, SAVE_ONE, upsert};
use crate::{App, Failure, User, now};

/// Twice the longest a request takes: answers this late still count.
const GRACE: i64 = 5_000_000;

#[derive(Deserialize)]
pub(crate) struct Answers {
    pub(crate) responses: Vec<Answer>,
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    question_id: Uuid,
    answer: Value,
}

#[derive(Serialize)]
pub(crate) struct SavedBody {
    assessment_id: Uuid,
    status: &'static str,
    async_job_enqueued: bool,
    saved: Vec<SavedAnswer>,
    message: &'static str,
}

#[derive(Serialize)]
struct SavedAnswer {
    question_id: Uuid,
    seq: i64,
    stored: bool,
}

pub(crate) async fn save(
    State(app): State<Arc<App>>,
    User(user): User,
    Path(attempt): Path<Uuid>,
    Json(body): Json<Answers>,
) -> Result<(StatusCode, Json<SavedBody>), Failure> {
    app.owner(attempt).await?;
    let now = now();
    let seq = if let (Database::Postgres(_), [answer]) = (&app.database, body.responses.as_slice()) {
        save_one(&app, [attempt, user], answer, now).await?
    } else {
        let mut transaction = app.database.begin().await?;
        let seq = app
            .save_all(&mut transaction, [attempt, user], &body.responses, now)
            .await?;
        transaction.commit().await?;
        seq
    };
    let answers = body.responses.iter().zip(seq..);
    let saved = SavedBody {
        assessment_id: attempt,
        status: "in_progress",
        async_job_enqueued: false,
        saved: answers
            .map(|(answer, seq)| SavedAnswer {
                question_id: answer.question_id,
                seq,
                stored: true,
            })
            .collect(),
        message: "saved",
    };
    Ok((StatusCode::ACCEPTED, Json(saved)))
}

/// One answer in one statement; `ids` are attempt and user.
async fn save_one(app: &App, ids: [Uuid; 2], answer: &Answer, now: i64) -> anyhow::Result<i64> {
    let row = values![
        ids[0],
        ids[1],
        0_i32,
        1_i64,
        now,
        now - GRACE,
        app.bank.item_version(answer.question_id)?,
        0_i64,
        answer.answer.to_string(),
        now
    ];
    app.database.row(SAVE_ONE, row).await?.get("first")
}

impl App {
    /// Guard and upserts in a transaction; `ids` are attempt and user. Gives the first sequence number.
    pub(crate) async fn save_all(
        &self,
        transaction: &mut Transaction,
        ids: [Uuid; 2],
        answers: &[Answer],
        now: i64,
    ) -> anyhow::Result<i64> {
        let count = i64::try_from(answers.len())?;
        let guard = values![ids[0], ids[1], 0_i32, count, now, now - GRACE];
        let last: i64 = transaction.row(GUARD, guard).await?.get("response_seq")?;
        let first = last - count + 1;
        let row = |(answer, new_seq): (&Answer, i64)| {
            Ok(GivenAnswer {
                of_item: self.bank.item_version(answer.question_id)?,
                new_seq,
                new_answer: answer.answer.to_string(),
                was_written_at: 0,
            })
        };
        let rows = answers.iter().zip(first..).map(row);
        let rows = rows.collect::<anyhow::Result<Vec<_>>>()?;
        transaction.rows_of(upsert, &rows, values![ids[0], now]).await?;
        Ok(first)
    }

    /// Whose an attempt is, asked once.
    pub(crate) async fn owner(&self, attempt: Uuid) -> anyhow::Result<Uuid> {
        let known = self.owners().get(&attempt).copied();
        if let Some(owner) = known {
            return Ok(owner);
        }
        let row = self.database.row(ATTEMPT_VERSION, values![attempt]).await?;
        let owner = row.get("user_id")?;
        self.owners().insert(attempt, owner);
        Ok(owner)
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<Uuid, Uuid>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
