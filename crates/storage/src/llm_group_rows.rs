//! The statements of a group of entries: each is one, whatever the number of entries.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{AttemptId, LlmCallId};
use domain::llm::{Booked, CallEnd, Day, MicroDollars};
use domain::store::StoreError;
use uuid::Uuid;

use crate::dialect::{Column, json_rows, rows_of_json};
use crate::llm_group::{Reservation, Settlement, least};
use crate::sql::{execute, fetch_all, to_json, values};
use crate::transaction::SqlTx;

json_rows! {
    /// A call that is about to be made.
    struct NewRow<'a> {
        new_id: Uuid,
        new_digest: &'a str,
        new_purpose: &'a str,
        of_attempt: Option<Uuid>,
        of_item: Option<Uuid>,
        of_job: Option<Uuid>,
        new_provider: &'a str,
        new_model: &'a str,
        new_prompt_version: &'a str,
        new_sample: i32,
        new_round: i32,
        new_day: i64,
        new_at_most: i64,
        new_asked_at: i64,
    }
}

json_rows! {
    /// The end of a call.
    struct EndRow<'a> {
        of_call: Uuid,
        new_state: &'a str,
        new_cost: Option<i64>,
        new_answer: Option<String>,
        new_finish: Option<&'a str>,
        new_input: Option<i64>,
        new_output: Option<i64>,
        new_code: Option<&'a str>,
        new_ended_at: i64,
    }
}

json_rows! {
    /// An amount for an attempt; a cap of none is the greatest number.
    struct AttemptRow {
        of_attempt: Uuid,
        amount: i64,
        most: i64,
    }
}

/// A call that may be settled.
pub(crate) struct OpenCall {
    pub(crate) booked: Booked,
    /// Whether another call of its name has been answered.
    pub(crate) is_superseded: bool,
}

/// Those of the calls that are not settled, locked.
pub(crate) async fn open_calls(
    tx: &SqlTx,
    ids: &[LlmCallId],
) -> Result<BTreeMap<LlmCallId, OpenCall>, StoreError> {
    let given: Vec<_> = ids
        .iter()
        .map(|id| serde_json::json!({ "of_call": id.0 }))
        .collect();
    let text = format!(
        "SELECT c.id, c.at_most, c.attempt_id, c.day,
            EXISTS (SELECT 1 FROM llm_calls o WHERE o.digest = c.digest AND o.state = 'answered') AS superseded
         FROM llm_calls c
         WHERE c.id IN (SELECT of_call FROM {}) AND (c.state || '') IN ('reserved', 'unknown'){}",
        rows_of_json(tx.backend, &[("of_call", Column::Uuid)]),
        crate::dialect::for_update(tx.backend)
    );
    let rows = fetch_all(&tx.connection, &text, values![to_json(&given)?]).await?;
    let open = rows.iter().map(|row| {
        let booked = Booked {
            at_most: MicroDollars(row.get("at_most")?),
            attempt_id: row.get::<Option<Uuid>>("attempt_id")?.map(AttemptId),
            day: Day(row.get("day")?),
        };
        let call = OpenCall {
            booked,
            is_superseded: row.get("superseded")?,
        };
        Ok((LlmCallId(row.get("id")?), call))
    });
    open.collect()
}

/// Writes the ends of open calls.
pub(crate) async fn write_ends(tx: &SqlTx, ends: &[&Settlement]) -> Result<(), StoreError> {
    if ends.is_empty() {
        return Ok(());
    }
    let rows: Vec<EndRow<'_>> = ends.iter().map(|end| EndRow::of(end)).collect();
    let text = format!(
        "UPDATE llm_calls SET state = new_state, cost = new_cost, answer = new_answer, finish = new_finish,
            input_tokens = new_input, output_tokens = new_output, error_code = new_code, ended_at = new_ended_at
         FROM {} WHERE id = of_call AND (state || '') IN ('reserved', 'unknown')",
        rows_of_json(tx.backend, EndRow::COLUMNS)
    );
    let written = execute(&tx.connection, &text, values![to_json(&rows)?]).await?;
    all(written, ends.len())
}

/// Adds to what is booked for attempts, or takes from it.
pub(crate) async fn correct_attempts(tx: &SqlTx, by: &BTreeMap<AttemptId, i64>) -> Result<(), StoreError> {
    if by.is_empty() {
        return Ok(());
    }
    let row = |(attempt, amount): (&AttemptId, &i64)| AttemptRow {
        of_attempt: attempt.0,
        amount: *amount,
        most: i64::MAX,
    };
    let rows: Vec<AttemptRow> = by.iter().map(row).collect();
    let text = format!(
        "UPDATE llm_attempts SET booked = booked + amount FROM {} WHERE attempt_id = of_attempt",
        rows_of_json(tx.backend, AttemptRow::COLUMNS)
    );
    execute(&tx.connection, &text, values![to_json(&rows)?]).await?;
    Ok(())
}

/// Names under which there is an answer or an older reservation.
pub(crate) async fn known_digests(
    tx: &SqlTx,
    reservations: &[&Reservation],
) -> Result<BTreeSet<String>, StoreError> {
    let digest = |one: &&Reservation| serde_json::json!({ "of_digest": one.digest });
    let given: Vec<_> = reservations.iter().map(digest).collect();
    let rows = rows_of_json(tx.backend, &[("of_digest", Column::Text)]);
    // Each by its own index.
    let text = format!(
        "SELECT digest FROM llm_calls WHERE digest IN (SELECT of_digest FROM {rows}) AND state = 'answered'
         UNION ALL
         SELECT digest FROM llm_calls WHERE digest IN (SELECT of_digest FROM {rows}) AND state = 'reserved'"
    );
    let found = fetch_all(&tx.connection, &text, values![to_json(&given)?]).await?;
    found.iter().map(|row| row.get("digest")).collect()
}

/// Models whose provider wants patience at the time of any of these.
pub(crate) async fn paused_models(
    tx: &SqlTx,
    reservations: &[&Reservation],
) -> Result<BTreeSet<String>, StoreError> {
    let earliest = reservations.iter().map(|one| one.now.as_micros()).min();
    let text = "SELECT model FROM llm_pauses WHERE until > $1";
    let found = fetch_all(&tx.connection, text, values![earliest.unwrap_or_default()]).await?;
    found.iter().map(|row| row.get("model")).collect()
}

/// Books for attempts all that they are asked, or nothing; gives the attempts for which it is booked.
pub(crate) async fn book_attempts(
    tx: &SqlTx,
    reservations: &[&Reservation],
) -> Result<BTreeSet<AttemptId>, StoreError> {
    let mut wanted = BTreeMap::new();
    for one in reservations {
        let Some(attempt) = one.call.attempt_id else {
            continue;
        };
        let (amount, cap) = wanted.entry(attempt).or_insert((0, one.caps.attempt));
        *amount += one.call.at_most.0;
        *cap = least(*cap, one.caps.attempt);
    }
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let row = |(attempt, (amount, cap)): (&AttemptId, &(i64, Option<MicroDollars>))| AttemptRow {
        of_attempt: attempt.0,
        amount: *amount,
        most: cap.map_or(i64::MAX, |cap| cap.0),
    };
    let rows: Vec<AttemptRow> = wanted.iter().map(row).collect();
    let given = rows_of_json(tx.backend, AttemptRow::COLUMNS);
    let text = format!(
        "INSERT INTO llm_attempts AS held (attempt_id, booked)
         SELECT of_attempt, amount FROM {given} WHERE amount <= most ORDER BY of_attempt
         ON CONFLICT (attempt_id) DO UPDATE SET booked = held.booked + excluded.booked
         WHERE held.booked + excluded.booked <= (SELECT most FROM {given} WHERE of_attempt = held.attempt_id)
         RETURNING attempt_id"
    );
    let booked = fetch_all(&tx.connection, &text, values![to_json(&rows)?]).await?;
    booked
        .iter()
        .map(|row| row.get("attempt_id").map(AttemptId))
        .collect()
}

/// Writes reserved calls.
pub(crate) async fn insert(tx: &SqlTx, reservations: &[&Reservation]) -> Result<(), StoreError> {
    if reservations.is_empty() {
        return Ok(());
    }
    let rows: Vec<NewRow<'_>> = reservations.iter().map(|one| NewRow::of(one)).collect();
    let text = format!(
        "INSERT INTO llm_calls (id, digest, purpose, attempt_id, item_version_id, job_id, provider, model, prompt_version,
            sample, round, state, day, at_most, asked_at)
         SELECT new_id, new_digest, new_purpose, of_attempt, of_item, of_job, new_provider, new_model, new_prompt_version,
            new_sample, new_round, 'reserved', new_day, new_at_most, new_asked_at FROM {}",
        rows_of_json(tx.backend, NewRow::COLUMNS)
    );
    let written = execute(&tx.connection, &text, values![to_json(&rows)?]).await?;
    all(written, reservations.len())
}

fn all(written: u64, wanted: usize) -> Result<(), StoreError> {
    if usize::try_from(written) == Ok(wanted) {
        Ok(())
    } else {
        Err(StoreError::Conflict)
    }
}

impl<'a> NewRow<'a> {
    fn of(one: &'a Reservation) -> Self {
        let (call, key) = (&one.call, &one.call.key);
        Self {
            new_id: one.id.0,
            new_digest: &one.digest,
            new_purpose: key.purpose,
            of_attempt: call.attempt_id.map(|attempt| attempt.0),
            of_item: call.item_version_id.map(|item| item.0),
            of_job: call.job_id.map(|job| job.0),
            new_provider: &key.model.provider,
            new_model: &key.model.model,
            new_prompt_version: key.prompt_version,
            new_sample: i32::try_from(key.sample).unwrap_or(i32::MAX),
            new_round: i32::try_from(key.round).unwrap_or(i32::MAX),
            new_day: Day::of(one.now).0,
            new_at_most: call.at_most.0,
            new_asked_at: one.now.as_micros(),
        }
    }
}

impl<'a> EndRow<'a> {
    fn of(end: &'a Settlement) -> Self {
        let (answer, usage, code) = match &end.end {
            CallEnd::Answered { answer, usage } => (Some(answer), *usage, None),
            CallEnd::Failed { code } | CallEnd::Unknown { code } => (None, None, Some(*code)),
        };
        Self {
            of_call: end.id.0,
            new_state: end.end.state().as_str(),
            new_cost: end.cost.map(|cost| cost.0),
            new_answer: answer.map(|answer| answer.text.replace('\0', "\u{fffd}")),
            new_finish: answer.map(|answer| answer.finish.as_str()),
            new_input: usage.map(|usage| i64::from(usage.input_tokens)),
            new_output: usage.map(|usage| i64::from(usage.output_tokens)),
            new_code: code,
            new_ended_at: end.now.as_micros(),
        }
    }
}
