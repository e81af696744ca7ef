//! Reads of tracks and the questions of their banks outside a transaction.

use domain::authoring::{BankItem, Exemplar, QuestionDetail, QuestionFilter, TrackView};
use domain::ids::{DefinitionId, ExemplarId, ItemId, ItemVersionId, UserId};
use domain::points::Points;
use domain::reports::{Page, PageRequest};
use domain::store::StoreError;

use crate::authoring::DEFINITION_COLUMNS;
use crate::bank::{Standing, bank_item, find_current_item, track};
use crate::sql::{Row, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

impl Store {
    /// Live tracks by slug.
    pub async fn list_tracks(&self) -> Result<Vec<TrackView>, StoreError> {
        let text = format!("{} ORDER BY slug", tracks());
        let rows = fetch_all(self.database().read(), &text, Vec::new()).await?;
        rows.iter().map(track_view).collect()
    }

    /// The live track with that slug.
    pub async fn find_track(&self, slug: &str) -> Result<Option<TrackView>, StoreError> {
        let text = format!("{} AND slug = $1", tracks());
        let row = fetch_optional(self.database().read(), &text, values![slug]).await?;
        row.as_ref().map(track_view).transpose()
    }

    /// The live track of that definition (the `role_id` of the HTTP contract).
    pub async fn find_track_by_id(&self, id: DefinitionId) -> Result<Option<TrackView>, StoreError> {
        let text = format!("{} AND id = $1", tracks());
        let row = fetch_optional(self.database().read(), &text, values![id.0]).await?;
        row.as_ref().map(track_view).transpose()
    }

    /// Whether there ever was a track.
    pub async fn has_had_tracks(&self) -> Result<bool, StoreError> {
        let text = "SELECT count(*) AS count FROM tracks";
        Ok(fetch_count(self.database().read(), text, Vec::new()).await? > 0)
    }

    /// Questions of the banks with their keys, newest first.
    pub async fn list_questions(
        &self,
        filter: &QuestionFilter,
        page: PageRequest,
    ) -> Result<Page<BankItem>, StoreError> {
        let read = self.database().read();
        let from = "FROM items i JOIN item_versions v ON v.item_id = i.id
             WHERE i.deleted_at IS NULL
                AND v.version = (SELECT max(latest.version) FROM item_versions latest WHERE latest.item_id = i.id)
                AND (CAST($1 AS TEXT) IS NULL OR v.kind = $1)
                AND EXISTS (SELECT 1 FROM definition_items d JOIN tracks t ON t.definition_id = d.definition_id
                    WHERE d.item_id = i.id AND t.deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR t.slug = $2))";
        let mut values = values![
            filter.kind.map(|kind| kind.as_str().to_owned()),
            filter.track.clone()
        ];
        let count = format!("SELECT count(*) AS count {from}");
        let total = fetch_count(read, &count, values.clone()).await?;
        let text = format!(
            "SELECT v.id, v.item_id, v.version, v.content, i.created_at, v.created_at AS changed_at
             {from} ORDER BY i.created_at DESC, i.id DESC LIMIT $3 OFFSET $4"
        );
        values.extend(values![page.limit(), page.offset()]);
        let mut items = Vec::new();
        for row in fetch_all(read, &text, values).await? {
            let id = ItemId(row.get("item_id")?);
            let slugs =
                "SELECT t.slug FROM definition_items d JOIN tracks t ON t.definition_id = d.definition_id
                 WHERE d.item_id = $1 AND t.deleted_at IS NULL ORDER BY t.slug";
            let slugs = fetch_all(read, slugs, values![id.0]).await?;
            let slugs = slugs
                .iter()
                .map(|row| row.get("slug"))
                .collect::<Result<_, _>>()?;
            items.push(bank_item(&row, slugs)?);
        }
        Ok(page.of(items, total))
    }

    /// A question of a bank with its versions.
    pub async fn question(&self, id: ItemId) -> Result<Option<QuestionDetail>, StoreError> {
        let read = self.database().read();
        let Some(item) = find_current_item(read, id, Standing::InBank).await? else {
            return Ok(None);
        };
        let text = "SELECT count(*) AS count FROM exemplars WHERE item_id = $1";
        let exemplars = fetch_count(read, text, values![id.0]).await?;
        Ok(Some(QuestionDetail {
            item,
            versions: self.item_versions(id).await?,
            exemplars: u32::try_from(exemplars).unwrap_or(u32::MAX),
        }))
    }

    /// A question of a bank or of a generated assessment in its current version, if it is not deleted.
    pub async fn current_item(&self, id: ItemId) -> Result<Option<BankItem>, StoreError> {
        find_current_item(self.database().read(), id, Standing::Anywhere).await
    }

    /// Graded answers that were brought to a question, newest first. Candidates' answers that reviews have graded calibrate
    /// as well, but are shown to those alone who may see their attempts.
    pub async fn list_exemplars(&self, id: ItemId, page: PageRequest) -> Result<Page<Exemplar>, StoreError> {
        let read = self.database().read();
        let text = "SELECT count(*) AS count FROM exemplars WHERE item_id = $1 AND attempt_id IS NULL";
        let total = fetch_count(read, text, values![id.0]).await?;
        let text = "SELECT id, item_id, item_version_id, answer, answer_hash, points, max_points, note, added_by, created_at
             FROM exemplars WHERE item_id = $1 AND attempt_id IS NULL ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3";
        let rows = fetch_all(read, text, values![id.0, page.limit(), page.offset()]).await?;
        Ok(page.of(rows.iter().map(exemplar).collect::<Result<_, _>>()?, total))
    }
}

/// Live tracks with the size of their banks.
fn tracks() -> String {
    format!(
        "SELECT {DEFINITION_COLUMNS}, slug, description, skills,
            (SELECT count(*) FROM definition_items i WHERE i.definition_id = assessment_definitions.id) AS questions
         FROM assessment_definitions JOIN tracks ON tracks.definition_id = assessment_definitions.id
         WHERE deleted_at IS NULL"
    )
}

fn track_view(row: &Row) -> Result<TrackView, StoreError> {
    Ok(TrackView {
        track: track(row)?,
        questions: row.count("questions")?,
    })
}

fn exemplar(row: &Row) -> Result<Exemplar, StoreError> {
    Ok(Exemplar {
        id: ExemplarId(row.get("id")?),
        item_id: ItemId(row.get("item_id")?),
        item_version_id: ItemVersionId(row.get("item_version_id")?),
        answer: row.json("exemplars", "answer")?,
        answer_hash: row.get("answer_hash")?,
        points: Points::from_hundredths(row.get("points")?),
        max_points: Points::from_hundredths(row.get("max_points")?),
        note: row.get("note")?,
        attempt_id: None,
        added_by: UserId(row.get("added_by")?),
        created_at: row.timestamp("created_at")?,
    })
}
