//! Reads of recommendations.

use domain::authoring::Skill;
use domain::catalog::Credential;
use domain::ids::{AttemptId, CredentialId, DefinitionId, ItemId, ItemVersionId, RecommendationId, TraceId};
use domain::recommendations::{Outcome, RecommendationView, RecommendedItem, Trace, TraceView};
use domain::store::StoreError;
use uuid::Uuid;

use crate::recommendations::popular;
use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;

impl Store {
    /// What was recommended after an attempt. Whoever asks has made sure that its result may be seen.
    pub async fn recommendation(&self, attempt: AttemptId) -> Result<Option<RecommendationView>, StoreError> {
        let text = "SELECT id, outcome, summary, embedding_provider, took, made_at FROM recommendations
             WHERE attempt_id = $1";
        let Some(row) = fetch_optional(self.database().read(), text, values![attempt.0]).await? else {
            return Ok(None);
        };
        let id: Uuid = row.get("id")?;
        Ok(Some(RecommendationView {
            id: RecommendationId(id),
            outcome: row.parse("recommendations", "outcome", Outcome::parse)?,
            summary: row.get("summary")?,
            embedding_provider: row.get("embedding_provider")?,
            took: row.span("took")?,
            made_at: row.timestamp("made_at")?,
            items: self.recommended_items(id).await?,
        }))
    }

    /// What a track asks for, in its order, whether it is still in use or not; nothing where the definition is no track.
    pub async fn skills_of_track(&self, track: DefinitionId) -> Result<Vec<Skill>, StoreError> {
        let text = "SELECT definition_id AS id, skills FROM tracks WHERE definition_id = $1";
        let row = fetch_optional(self.database().read(), text, values![track.0]).await?;
        row.map_or_else(|| Ok(Vec::new()), |row| row.json("tracks", "skills"))
    }

    /// What stands in on a track where nothing can be looked for.
    pub async fn popular_credentials(&self, track: DefinitionId) -> Result<Vec<Credential>, StoreError> {
        popular(self.database().read(), track).await
    }

    async fn recommended_items(&self, id: Uuid) -> Result<Vec<RecommendedItem>, StoreError> {
        let text = "SELECT i.credential_id AS id, i.credential_version, v.content, i.confidence, i.rationale, i.worded_by
             FROM recommendation_items i
             JOIN credential_versions v ON v.credential_id = i.credential_id AND v.version = i.credential_version
             WHERE i.recommendation_id = $1 ORDER BY i.position";
        let rows = fetch_all(self.database().read(), text, values![id]).await?;
        let mut items = rows.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let text = "SELECT t.id, t.position, t.skill, t.skill_name, t.item_version_id, v.item_id, t.snippet, t.similarity
             FROM recommendation_traces t JOIN item_versions v ON v.id = t.item_version_id
             WHERE t.recommendation_id = $1 ORDER BY t.position, t.number";
        for row in fetch_all(self.database().read(), text, values![id]).await? {
            let position = row.small_count("position")?;
            let index = usize::try_from(position)
                .ok()
                .and_then(|position| position.checked_sub(1));
            let item = index.and_then(|index| items.get_mut(index));
            let item = item.ok_or_else(|| row.inconsistent("recommendation_traces", "position"))?;
            item.traces.push(trace(&row)?);
        }
        Ok(items)
    }
}

fn item(row: &Row) -> Result<RecommendedItem, StoreError> {
    Ok(RecommendedItem {
        credential_id: CredentialId(row.get("id")?),
        version: row.get("credential_version")?,
        content: row.json("credential_versions", "content")?,
        confidence: row.get("confidence")?,
        rationale: row.get("rationale")?,
        worded_by: row.get("worded_by")?,
        traces: Vec::new(),
    })
}

fn trace(row: &Row) -> Result<TraceView, StoreError> {
    Ok(TraceView {
        id: TraceId(row.get("id")?),
        question_id: ItemId(row.get("item_id")?),
        trace: Trace {
            skill: row.get("skill")?,
            skill_name: row.get("skill_name")?,
            item_version_id: ItemVersionId(row.get("item_version_id")?),
            snippet: row.get("snippet")?,
            similarity: row.get("similarity")?,
        },
    })
}
