//! `recommendations`, `recommendation_items`, `recommendation_traces`.

use async_trait::async_trait;
use domain::catalog::Credential;
use domain::ids::{AttemptId, DefinitionId};
use domain::recommendations::{MOST_PICKS, NewRecommendation, RecommendationRepository, Selection};
use domain::store::StoreError;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::catalog::{CREDENTIAL_COLUMNS, credential};
use crate::dialect::{json_rows, rows_of_json};
use crate::sql::{execute, fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

/// Recommendations that say what is popular.
const LATEST: u32 = 1_000;

json_rows! {
    struct ItemRow<'a> {
        stands_at: i32,
        of_credential: Uuid,
        in_version: i32,
        sure: f64,
        why: &'a str,
        by_model: Option<String>,
    }
}

json_rows! {
    struct TraceRow<'a> {
        new_id: Uuid,
        stands_at: i32,
        cited_as: i32,
        of_skill: &'a str,
        called: &'a str,
        of_item: Uuid,
        said: &'a str,
        likeness: f64,
    }
}

#[async_trait]
impl RecommendationRepository for SqlTx {
    async fn exists(&mut self, attempt: AttemptId) -> Result<bool, StoreError> {
        let text = "SELECT id FROM recommendations WHERE attempt_id = $1";
        let found = fetch_optional(&self.connection, text, values![attempt.0]).await?;
        Ok(found.is_some())
    }

    async fn insert(&mut self, new: &NewRecommendation) -> Result<(), StoreError> {
        let selection = &new.selection;
        let text = "INSERT INTO recommendations (id, attempt_id, definition_id, outcome, summary, embedding_provider, took,
                made_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = values![
            new.id.0,
            new.attempt_id.0,
            new.definition_id.0,
            selection.outcome.as_str(),
            selection.summary.clone(),
            selection.embedding_provider.clone(),
            i64::try_from(new.took.as_micros()).unwrap_or(i64::MAX),
            new.made_at.as_micros()
        ];
        execute(&self.connection, text, values).await?;
        if !selection.picks.is_empty() {
            insert_items(self, new.id.0, selection).await?;
        }
        if !new.trace_ids.is_empty() {
            insert_traces(self, new).await?;
        }
        Ok(())
    }

    async fn popular(&mut self, track: DefinitionId) -> Result<Vec<Credential>, StoreError> {
        popular(&self.connection, track).await
    }
}

async fn insert_items(tx: &SqlTx, id: Uuid, selection: &Selection) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(selection.picks.len());
    for (pick, stands_at) in selection.picks.iter().zip(1..) {
        rows.push(ItemRow {
            stands_at,
            of_credential: pick.credential_id.0,
            in_version: pick.version,
            sure: pick.confidence,
            why: &pick.rationale,
            by_model: pick.worded_by.as_ref().map(ToString::to_string),
        });
    }
    let text = format!(
        "INSERT INTO recommendation_items (recommendation_id, position, credential_id, credential_version, confidence,
            rationale, worded_by)
         SELECT $2, stands_at, of_credential, in_version, sure, why, by_model FROM {}",
        rows_of_json(tx.backend, ItemRow::COLUMNS)
    );
    execute(&tx.connection, &text, values![to_json(&rows)?, id]).await?;
    Ok(())
}

async fn insert_traces(tx: &SqlTx, new: &NewRecommendation) -> Result<(), StoreError> {
    let places = new.selection.picks.iter().zip(1..);
    let cited = places.flat_map(|(pick, stands_at)| {
        let traces = pick.traces.iter().zip(1..);
        traces.map(move |(trace, cited_as)| (trace, stands_at, cited_as))
    });
    let mut rows = Vec::with_capacity(new.trace_ids.len());
    for ((trace, stands_at, cited_as), new_id) in cited.zip(&new.trace_ids) {
        rows.push(TraceRow {
            new_id: new_id.0,
            stands_at,
            cited_as,
            of_skill: &trace.skill,
            called: &trace.skill_name,
            of_item: trace.item_version_id.0,
            said: &trace.snippet,
            likeness: trace.similarity,
        });
    }
    let text = format!(
        "INSERT INTO recommendation_traces (id, recommendation_id, position, number, skill, skill_name, item_version_id,
            snippet, similarity)
         SELECT new_id, $2, stands_at, cited_as, of_skill, called, of_item, said, likeness FROM {}",
        rows_of_json(tx.backend, TraceRow::COLUMNS)
    );
    execute(&tx.connection, &text, values![to_json(&rows)?, new.id.0]).await?;
    Ok(())
}

/// What was most often recommended to the latest who took the track and know their results, of what the catalogue still has.
pub(crate) async fn popular(
    connection: &impl ConnectionTrait,
    track: DefinitionId,
) -> Result<Vec<Credential>, StoreError> {
    let text = format!(
        "SELECT {CREDENTIAL_COLUMNS} FROM credentials JOIN (
            SELECT i.credential_id, count(*) AS times FROM (
                SELECT r.id AS latest_id FROM recommendations r JOIN attempts a ON a.id = r.attempt_id
                WHERE r.definition_id = $1 AND r.outcome = 'recommended' AND a.released_at IS NOT NULL
                    AND (a.state || '') <> 'voided'
                ORDER BY r.made_at DESC LIMIT {LATEST}) latest
            JOIN recommendation_items i ON i.recommendation_id = latest.latest_id
            GROUP BY i.credential_id) chosen ON chosen.credential_id = credentials.id
         WHERE deleted_at IS NULL ORDER BY chosen.times DESC, id LIMIT {MOST_PICKS}"
    );
    let rows = fetch_all(connection, &text, values![track.0]).await?;
    rows.iter().map(credential).collect()
}
