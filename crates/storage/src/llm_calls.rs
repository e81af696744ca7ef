//! `llm_calls` and the books beside it.

use async_trait::async_trait;
use domain::ids::{AttemptId, LlmCallId};
use domain::llm::{
    Booked, BookedCall, CallEnd, CallJournal, CallState, Day, Finish, MicroDollars, SettledCall, StoredAnswer,
};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use crate::dialect::for_update;
use crate::sql::{execute, fetch_optional, values};
use crate::store::Store;
use crate::transaction::SqlTx;

/// What an answer is settled as when another call of its name has given one before.
const SUPERSEDED: &str = "superseded";

#[async_trait]
impl CallJournal for SqlTx {
    async fn answer(&mut self, digest: &str) -> Result<Option<StoredAnswer>, StoreError> {
        answer(&self.connection, digest).await
    }

    async fn paused_until(&mut self, model: &str) -> Result<Option<Timestamp>, StoreError> {
        let text = "SELECT until FROM llm_pauses WHERE model = $1";
        let row = fetch_optional(&self.connection, text, values![model]).await?;
        row.map(|row| row.timestamp("until")).transpose()
    }

    async fn pause(&mut self, model: &str, until: Timestamp) -> Result<(), StoreError> {
        let text = "INSERT INTO llm_pauses AS held (model, until) VALUES ($1, $2)
             ON CONFLICT (model) DO UPDATE SET until = excluded.until WHERE held.until < excluded.until";
        execute(&self.connection, text, values![model, until.as_micros()]).await?;
        Ok(())
    }

    async fn give_up_reservations(&mut self, digest: &str, now: Timestamp) -> Result<(), StoreError> {
        let text = "UPDATE llm_calls SET state = 'unknown', error_code = 'abandoned', ended_at = $2
             WHERE digest = $1 AND state = 'reserved'";
        execute(&self.connection, text, values![digest, now.as_micros()]).await?;
        Ok(())
    }

    async fn insert(&mut self, booked: &BookedCall<'_>) -> Result<(), StoreError> {
        let (call, key) = (booked.call, &booked.call.key);
        let text = "INSERT INTO llm_calls (id, digest, purpose, attempt_id, item_version_id, job_id, provider, model,
                prompt_version, sample, round, state, day, at_most, asked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'reserved', $12, $13, $14)";
        let values = values![
            booked.id.0,
            booked.digest.as_str(),
            key.purpose,
            call.attempt_id.map(|attempt| attempt.0),
            call.item_version_id.map(|item| item.0),
            call.job_id.map(|job| job.0),
            key.model.provider.as_str(),
            key.model.model.as_str(),
            key.prompt_version,
            i32::try_from(key.sample).unwrap_or(i32::MAX),
            i32::try_from(key.round).unwrap_or(i32::MAX),
            booked.day.0,
            call.at_most.0,
            booked.now.as_micros(),
        ];
        execute(&self.connection, text, values).await?;
        Ok(())
    }

    async fn book_attempt(
        &mut self,
        attempt: AttemptId,
        amount: MicroDollars,
        cap: Option<MicroDollars>,
    ) -> Result<bool, StoreError> {
        let text = "INSERT INTO llm_attempts AS held (attempt_id, booked) SELECT $1, $2 WHERE $2 <= $3
             ON CONFLICT (attempt_id) DO UPDATE SET booked = held.booked + $2 WHERE held.booked + $2 <= $3";
        book(self, text, attempt.0.into(), amount, cap).await
    }

    async fn book_day(
        &mut self,
        day: Day,
        amount: MicroDollars,
        cap: Option<MicroDollars>,
    ) -> Result<bool, StoreError> {
        let text = "INSERT INTO llm_days AS held (day, booked) SELECT $1, $2 WHERE $2 <= $3
             ON CONFLICT (day) DO UPDATE SET booked = held.booked + $2 WHERE held.booked + $2 <= $3";
        book(self, text, day.0.into(), amount, cap).await
    }

    async fn correct_attempt(&mut self, attempt: AttemptId, by: MicroDollars) -> Result<(), StoreError> {
        let text = "UPDATE llm_attempts SET booked = booked + $2 WHERE attempt_id = $1";
        execute(&self.connection, text, values![attempt.0, by.0]).await?;
        Ok(())
    }

    async fn correct_day(&mut self, day: Day, by: MicroDollars) -> Result<(), StoreError> {
        let text = "UPDATE llm_days SET booked = booked + $2 WHERE day = $1";
        execute(&self.connection, text, values![day.0, by.0]).await?;
        Ok(())
    }

    async fn settle(&mut self, call: &SettledCall<'_>) -> Result<Option<Booked>, StoreError> {
        let text = format!(
            "SELECT digest, at_most, attempt_id, day FROM llm_calls WHERE id = $1 AND state IN ('reserved', 'unknown'){}",
            for_update(self.backend)
        );
        let Some(row) = fetch_optional(&self.connection, &text, values![call.id.0]).await? else {
            return Ok(None);
        };
        let digest: String = row.get("digest")?;
        let superseded = call.state == CallState::Answered && self.answer(&digest).await?.is_some();
        let ended = end(self, call, superseded).await;
        match ended {
            // Another answer of this name came between: look again.
            Err(StoreError::Constraint { name }) if name == "llm_calls_answered" => Err(StoreError::Conflict),
            Err(error) => Err(error),
            Ok(()) => Ok(Some(Booked {
                at_most: MicroDollars(row.get("at_most")?),
                attempt_id: row.get::<Option<Uuid>>("attempt_id")?.map(AttemptId),
                day: Day(row.get("day")?),
            })),
        }
    }
}

async fn book(
    tx: &SqlTx,
    text: &str,
    subject: Value,
    amount: MicroDollars,
    cap: Option<MicroDollars>,
) -> Result<bool, StoreError> {
    let cap = cap.map_or(i64::MAX, |cap| cap.0);
    let values = vec![subject, amount.0.into(), cap.into()];
    Ok(execute(&tx.connection, text, values).await? > 0)
}

async fn end(tx: &SqlTx, call: &SettledCall<'_>, superseded: bool) -> Result<(), StoreError> {
    let (state, answer, usage, code) = match call.end {
        CallEnd::Answered { usage, .. } if superseded => (CallState::Failed, None, *usage, Some(SUPERSEDED)),
        CallEnd::Answered { answer, usage } => (CallState::Answered, Some(answer), *usage, None),
        CallEnd::Failed { code } | CallEnd::Unknown { code } => (call.state, None, None, Some(*code)),
    };
    let text = "UPDATE llm_calls SET state = $2, cost = $3, answer = $4, finish = $5, input_tokens = $6, output_tokens = $7,
            error_code = $8, ended_at = $9
         WHERE id = $1 AND state IN ('reserved', 'unknown')";
    let values = values![
        call.id.0,
        state.as_str(),
        call.cost.map(|cost| cost.0),
        answer.map(|answer| answer.text.replace('\0', "\u{fffd}")),
        answer.map(|answer| answer.finish.as_str()),
        usage.map(|usage| i64::from(usage.input_tokens)),
        usage.map(|usage| i64::from(usage.output_tokens)),
        code,
        call.now.as_micros(),
    ];
    match execute(&tx.connection, text, values).await? {
        0 => Err(StoreError::Conflict),
        _ => Ok(()),
    }
}

async fn answer(connection: &impl ConnectionTrait, digest: &str) -> Result<Option<StoredAnswer>, StoreError> {
    let text = "SELECT id, answer, finish FROM llm_calls WHERE digest = $1 AND state = 'answered'";
    let row = fetch_optional(connection, text, values![digest]).await?;
    let answer = row.map(|row| {
        Ok(StoredAnswer {
            text: row.get("answer")?,
            finish: row.parse("llm_calls", "finish", Finish::parse)?,
        })
    });
    answer.transpose()
}

impl Store {
    /// The kept answer of a call with this name.
    pub async fn llm_answer(&self, digest: &str) -> Result<Option<StoredAnswer>, StoreError> {
        answer(self.database().read(), digest).await
    }

    /// What is booked for the calls of a day, in micro-dollars.
    pub async fn llm_booked(&self, day: Day) -> Result<MicroDollars, StoreError> {
        let text = "SELECT booked FROM llm_days WHERE day = $1";
        let row = fetch_optional(self.database().read(), text, values![day.0]).await?;
        row.map_or(Ok(MicroDollars(0)), |row| row.get("booked").map(MicroDollars))
    }

    /// Whether a call has ended, and how; none if there is no such call.
    pub async fn llm_call_state(&self, id: LlmCallId) -> Result<Option<CallState>, StoreError> {
        let text = "SELECT id, state FROM llm_calls WHERE id = $1";
        let row = fetch_optional(self.database().read(), text, values![id.0]).await?;
        row.map(|row| row.parse("llm_calls", "state", CallState::parse))
            .transpose()
    }
}
