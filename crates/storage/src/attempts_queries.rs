//! Saving answers in one statement, and reads of attempts outside a transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::attempts::{
    Attempt, AttemptResult, AttemptStatus, AttemptVersion, CountingRecord, DegradedReason, NewResponse,
    ResultItem, SavedResponse, StageCounts, TextAnswer, Viewer,
};
use domain::authoring::Settings;
use domain::ids::{AttemptId, DefinitionVersionId, ItemVersionId, UserId};
use domain::job::JobStatus;
use domain::scoring::ResolutionReason;
use domain::scoring::llm::Thresholds;
use domain::store::StoreError;
use domain::time::Timestamp;

use crate::attempts::{ATTEMPT, VISIBLE, attempt, response, visible_to};
use crate::attempts_form::{form, form_items};
use crate::attempts_saving::{SaveGuard, count, upsert_responses, written_at};
use crate::authoring::versioned_item;
use crate::database::Backend;
use crate::scoring::{RECORD_COLUMNS, record};
use crate::sql::{Row, fetch_all, fetch_optional, to_json, values};
use crate::store::{Store, retrying};

/// Placeholders per answer behind the guard's six.
const VALUES_PER_RESPONSE: usize = 4;

impl Store {
    /// Saves answers of one section. `None` when the guard refuses; [`domain::attempts::ResolveRefusedSave`] says why.
    ///
    /// On PostgreSQL this is one autocommit statement: a guarding update whose row the inserts select from; saves that come at
    /// the same moment share one.
    pub async fn save_responses(
        &self,
        owner: &AttemptVersion,
        section_index: i32,
        responses: &[NewResponse],
        now: Timestamp,
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        let guard = SaveGuard {
            attempt_id: owner.attempt_id,
            user_id: owner.user_id,
            section_index,
            count: count(responses),
            now,
        };
        retrying(|| self.save_once(&guard, responses)).await
    }

    async fn save_once(
        &self,
        guard: &SaveGuard,
        responses: &[NewResponse],
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        match self.database().backend() {
            Backend::Postgres if fits_one_statement(responses) => {
                self.save_among_others(guard, responses).await
            }
            Backend::Postgres | Backend::Sqlite => self.save_in_a_transaction(guard, responses).await,
        }
    }

    async fn save_in_a_transaction(
        &self,
        guard: &SaveGuard,
        responses: &[NewResponse],
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        let tx = self.begin().await?;
        let Some(first) = guard.update(&tx.connection).await? else {
            tx.roll_back().await?;
            return Ok(None);
        };
        let saved = upsert_responses(
            (&tx.connection, tx.backend),
            guard.attempt_id,
            first,
            responses,
            guard.now,
        )
        .await?;
        self.commit(tx).await?;
        Ok(Some(saved))
    }

    pub(crate) async fn save_in_one_statement(
        &self,
        guard: &SaveGuard,
        responses: &[NewResponse],
    ) -> Result<Option<Vec<SavedResponse>>, StoreError> {
        let text = one_statement(responses.len());
        let mut values = guard.values();
        for (response, offset) in responses.iter().zip(0_i64..) {
            let row = values![
                response.item_version_id.0,
                offset,
                to_json(&response.answer)?,
                written_at(response)
            ];
            values.extend(row);
        }
        let rows = fetch_all(self.database().write(), &text, values).await?;
        let Some(first) = rows.first().map(|row| row.get::<i64>("first")).transpose()? else {
            return Ok(None);
        };
        let stored = rows
            .iter()
            .map(|row| row.get::<Option<uuid::Uuid>>("item_version_id"))
            .collect::<Result<Vec<_>, _>>()?;
        let saved = responses
            .iter()
            .zip(first..)
            .map(|(response, seq)| SavedResponse {
                item_version_id: response.item_version_id,
                seq,
                stored: stored.contains(&Some(response.item_version_id.0)),
            });
        Ok(Some(saved.collect()))
    }

    /// Somebody's own attempt as it is now, without a lock.
    pub async fn own_attempt(&self, id: AttemptId, owner: UserId) -> Result<Option<Attempt>, StoreError> {
        let text = format!("{ATTEMPT} WHERE id = $1 AND user_id = $2");
        // A replica could be behind what the owner has just done.
        let row = fetch_optional(self.database().write(), &text, values![id.0, owner.0]).await?;
        row.as_ref().map(attempt).transpose()
    }

    /// Whose an attempt is and which version it takes; never changes, so it may be cached.
    pub async fn attempt_version(&self, id: AttemptId) -> Result<Option<AttemptVersion>, StoreError> {
        let text = "SELECT id, user_id, definition_version_id, seed, form FROM attempts WHERE id = $1";
        let Some(row) = fetch_optional(self.database().read(), text, values![id.0]).await? else {
            return Ok(None);
        };
        Ok(Some(AttemptVersion {
            attempt_id: id,
            user_id: UserId(row.get("user_id")?),
            definition_version_id: DefinitionVersionId(row.get("definition_version_id")?),
            seed: row.get("seed")?,
            form: form(&row)?,
        }))
    }

    /// An attempt with the counts progress is computed from, in one statement.
    pub async fn attempt_status(
        &self,
        id: AttemptId,
        viewer: Viewer,
    ) -> Result<Option<AttemptStatus>, StoreError> {
        let text = format!(
            "SELECT a.*,
                (SELECT count(*) FROM responses r WHERE r.attempt_id = a.id AND r.answer NOT IN ('null', '\"\"')) AS answered,
                (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text') AS texts,
                (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text'
                    AND j.state IN ('completed', 'failed', 'cancelled')) AS texts_done,
                (SELECT count(*) FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'score_text'
                    AND j.state IN ('failed', 'cancelled')) AS texts_lost,
                (SELECT j.state FROM jobs j WHERE j.subject_id = a.id AND j.kind = 'recommend'
                    ORDER BY j.created_at DESC, j.id DESC LIMIT 1) AS retrieval
             FROM ({ATTEMPT} WHERE id = $1 AND {VISIBLE}) a"
        );
        let mut values = values![id.0];
        values.extend(visible_to(viewer));
        let row = fetch_optional(self.database().read(), &text, values).await?;
        row.as_ref().map(status).transpose()
    }

    /// An attempt with every item, answer and counting record.
    pub async fn attempt_result(
        &self,
        id: AttemptId,
        viewer: Viewer,
    ) -> Result<Option<AttemptResult>, StoreError> {
        let read = self.database().read();
        let text = format!("{ATTEMPT} WHERE id = $1 AND {VISIBLE}");
        let mut values = values![id.0];
        values.extend(visible_to(viewer));
        let Some(row) = fetch_optional(read, &text, values).await? else {
            return Ok(None);
        };
        let attempt = attempt(&row)?;
        let text = "SELECT id, title, settings FROM definition_versions WHERE id = $1";
        let version = values![attempt.definition_version_id.0];
        let Some(version) = fetch_optional(read, text, version).await? else {
            return Ok(None);
        };
        let items = form_items(read, self.versions(), &attempt).await?;
        let text = "SELECT item_version_id, seq, answer, saved_at FROM responses WHERE attempt_id = $1";
        let responses = fetch_all(read, text, values![id.0]).await?;
        let responses = responses.iter().map(response).collect::<Result<Vec<_>, _>>()?;
        let mut counting = self.counting_records(id).await?;
        let settings: Settings = version.json("definition_versions", "settings")?;
        let mut keys = if settings.show_keys_after_release {
            self.keys_of_regrades(id).await?
        } else {
            BTreeMap::new()
        };
        let items = items.into_iter().map(|item| ResultItem {
            response: responses
                .iter()
                .find(|response| response.item_version_id == item.item_version_id)
                .cloned(),
            counts: counting
                .iter()
                .position(|counting| counting.record.item_version_id == item.item_version_id)
                .map(|index| counting.swap_remove(index)),
            regraded_by: keys.remove(&item.item_version_id),
            item,
        });
        let items = items.collect();
        Ok(Some(AttemptResult {
            attempt,
            title: version.get("title")?,
            settings,
            items,
            models: self.attempt_use(id).await?,
        }))
    }

    async fn counting_records(&self, id: AttemptId) -> Result<Vec<CountingRecord>, StoreError> {
        let text = format!(
            "SELECT {RECORD_COLUMNS}, r.item_version_id, r.provisional, r.reason AS resolution_reason
             FROM resolutions r JOIN score_records s ON s.id = r.score_record_id WHERE r.attempt_id = $1"
        );
        let counting = |row: &Row| {
            Ok(CountingRecord {
                record: record(row, id, ItemVersionId(row.get("item_version_id")?))?,
                reason: row.parse("resolutions", "resolution_reason", ResolutionReason::parse)?,
                provisional: row.get("provisional")?,
            })
        };
        fetch_all(self.database().read(), &text, values![id.0])
            .await?
            .iter()
            .map(counting)
            .collect()
    }

    /// What a text scorer needs; `None` when there is no such answer.
    pub async fn text_answer(
        &self,
        attempt: AttemptId,
        item: ItemVersionId,
    ) -> Result<Option<TextAnswer>, StoreError> {
        let text =
            "SELECT v.id, d.item_id, d.item_version_id, v.version, d.section_index, d.position, v.content,
                r.answer, dv.settings
             FROM attempts a
             JOIN definition_versions dv ON dv.id = a.definition_version_id
             JOIN definition_version_items d ON d.definition_version_id = dv.id
             JOIN item_versions v ON v.id = d.item_version_id
             JOIN responses r ON r.attempt_id = a.id AND r.item_version_id = v.id
             WHERE a.id = $1 AND v.id = $2";
        let row = fetch_optional(self.database().read(), text, values![attempt.0, item.0]).await?;
        let Some(row) = row else { return Ok(None) };
        let settings: Settings = row.json("definition_versions", "settings")?;
        Ok(Some(TextAnswer {
            item: versioned_item(&row)?,
            answer: row.json("responses", "answer")?,
            thresholds: Thresholds {
                review_below_confidence: settings.review_below_confidence,
                review_above_gap: settings.review_above_gap,
            },
            human_oversight: settings.human_oversight,
        }))
    }
}

/// A statement cannot replace one row twice, nor list no values.
fn fits_one_statement(responses: &[NewResponse]) -> bool {
    let items: BTreeSet<_> = responses
        .iter()
        .map(|response| response.item_version_id)
        .collect();
    !responses.is_empty() && items.len() == responses.len()
}

/// Guard and upsert in one text; yields the first sequence number on every row, and one row without an item when no
/// answer was newer than what was there.
fn one_statement(responses: usize) -> String {
    let mut rows = String::new();
    for index in 0..responses {
        let base = 7 + index * VALUES_PER_RESPONSE;
        let separator = if index == 0 { "" } else { ", " };
        let _ = write!(
            rows,
            "{separator}(CAST(${} AS UUID), CAST(${} AS BIGINT), CAST(${} AS TEXT), CAST(${} AS BIGINT))",
            base,
            base + 1,
            base + 2,
            base + 3
        );
    }
    let guard = SaveGuard::TEXT;
    format!(
        "WITH guard AS ({guard}),
         first AS (SELECT response_seq - CAST($4 AS BIGINT) + 1 AS first FROM guard),
         saved AS (
            INSERT INTO responses (attempt_id, item_version_id, seq, answer, written_at, saved_at)
            SELECT $1, v.item_version_id, first.first + v.place, v.answer, v.written_at, $5
            FROM first CROSS JOIN (VALUES {rows}) AS v (item_version_id, place, answer, written_at)
            ON CONFLICT (attempt_id, item_version_id) DO UPDATE SET seq = excluded.seq, answer = excluded.answer,
                written_at = excluded.written_at, saved_at = excluded.saved_at
            WHERE excluded.written_at = 0 OR excluded.written_at >=
                CASE WHEN responses.written_at = 0 THEN responses.saved_at ELSE responses.written_at END
            RETURNING item_version_id)
         SELECT first.first AS first, saved.item_version_id FROM first LEFT JOIN saved ON TRUE"
    )
}

fn status(row: &Row) -> Result<AttemptStatus, StoreError> {
    let attempt = attempt(row)?;
    let total = attempt.item_count;
    let texts = row.count("texts")?;
    let counts = StageCounts {
        state: attempt.state,
        scoring: attempt.scoring,
        rule_items: total - texts.min(total),
        texts,
        texts_done: row.count("texts_done")?,
        texts_lost: row.count("texts_lost")?,
        retrieval: retrieval(row)?,
        retrieval_failed: attempt
            .degraded_reasons
            .contains(&DegradedReason::RetrievalFailed),
    };
    Ok(AttemptStatus {
        answered: row.count("answered")?,
        total,
        counts,
        attempt,
    })
}

fn retrieval(row: &Row) -> Result<Option<JobStatus>, StoreError> {
    let state: Option<String> = row.get("retrieval")?;
    let status = |state: String| JobStatus::of_state(&state).ok_or_else(|| row.inconsistent("jobs", "state"));
    state.map(status).transpose()
}
