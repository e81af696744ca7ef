//! Graded answers as a text scorer learns from them.

use std::fmt::Write as _;

use domain::authoring::item::ItemContent;
use domain::ids::{ItemId, ItemVersionId};
use domain::points::Points;
use domain::scoring::asks_the_same;
use domain::scoring::calibration::{GradedAnswer, MOST_EXEMPLARS};
use domain::store::StoreError;

use crate::sql::{Row, fetch_all, values};
use crate::store::Store;

impl Store {
    /// Answers to a question that people have graded, newest first, at most [`MOST_EXEMPLARS`]: those graded in a version
    /// that asks the same as `content`.
    pub async fn graded_answers(
        &self,
        item: ItemId,
        content: &ItemContent,
    ) -> Result<Vec<GradedAnswer>, StoreError> {
        let versions = self.versions_that_teach(item, content).await?;
        if versions.is_empty() {
            return Ok(Vec::new());
        }
        let mut places = String::new();
        for place in 0..versions.len() {
            let separator = if place == 0 { "" } else { ", " };
            let _ = write!(places, "{separator}${}", place + 2);
        }
        let text = format!(
            "SELECT answer, points, max_points FROM exemplars WHERE item_id = $1 AND item_version_id IN ({places})
             ORDER BY created_at DESC, id DESC LIMIT {MOST_EXEMPLARS}"
        );
        let mut values = values![item.0];
        for version in versions {
            values.extend(values![version.0]);
        }
        let rows = fetch_all(self.database().read(), &text, values).await?;
        rows.iter().map(graded_answer).collect()
    }

    /// Versions with exemplars whose grades hold for `content` too.
    async fn versions_that_teach(
        &self,
        item: ItemId,
        content: &ItemContent,
    ) -> Result<Vec<ItemVersionId>, StoreError> {
        let text = "SELECT id, content FROM item_versions
             WHERE id IN (SELECT item_version_id FROM exemplars WHERE item_id = $1) ORDER BY version";
        let mut versions = Vec::new();
        for row in fetch_all(self.database().read(), text, values![item.0]).await? {
            let graded: ItemContent = row.json("item_versions", "content")?;
            if asks_the_same(&graded, content) {
                versions.push(ItemVersionId(row.get("id")?));
            }
        }
        Ok(versions)
    }
}

fn graded_answer(row: &Row) -> Result<GradedAnswer, StoreError> {
    Ok(GradedAnswer {
        answer: row.json("exemplars", "answer")?,
        points: Points::from_hundredths(row.get("points")?),
        max_points: Points::from_hundredths(row.get("max_points")?),
    })
}
