//! Reads of regrades: for their jobs, and for admins.

use std::collections::BTreeMap;

use domain::attempts::TextAnswer;
use domain::authoring::VersionedItem;
use domain::authoring::item::{ItemContent, ItemKind};
use domain::ids::{AttemptId, ItemId, ItemVersionId, RegradeId, ScoreRecordId, UserId};
use domain::points::Points;
use domain::regrades::{
    ChangeEntry, ChangeFilter, Effect, KeyVersion, Outcome, Policy, RegradeSummary, RegradedQuestion, Scope,
};
use domain::reports::{Page, PageRequest};
use domain::scoring::llm::Thresholds;
use domain::scoring::{ResolutionReason, Scorer};
use domain::store::StoreError;
use uuid::Uuid;

use crate::authoring::versioned_item;
use crate::conditions::Conditions;
use crate::regrades::{REGRADE, points, regrade, tally};
use crate::sql::{Row, fetch_all, fetch_count, fetch_optional, values};
use crate::store::Store;

/// Attempts whose scores count and can be scored again: of erased people there is nothing left to score.
const SCORED: &str = "a.scoring IN ('done', 'failed') AND a.state <> 'voided'
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = a.user_id AND u.erased_at IS NOT NULL)";

/// Assessments that have had the item `$1`, and scores of it.
const WITH_ITEM: &str = "a.definition_id IN (SELECT dv.definition_id FROM definition_version_items i
        JOIN definition_versions dv ON dv.id = i.definition_version_id WHERE i.item_id = $1)
    AND EXISTS (SELECT 1 FROM resolutions r JOIN item_versions v ON v.id = r.item_version_id
        WHERE r.attempt_id = a.id AND v.item_id = $1)";

impl Store {
    /// Scored attempts of the scope behind `after`, in the order of their ids.
    pub async fn attempts_to_regrade(
        &self,
        scope: Scope,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<AttemptId>, StoreError> {
        let (of_scope, id) = match scope {
            Scope::Item(item) => (WITH_ITEM, item.0),
            Scope::Definition(definition) => ("a.definition_id = $1", definition.0),
        };
        let text = format!(
            "SELECT a.id FROM attempts a WHERE {of_scope} AND {SCORED} AND a.id > $2 ORDER BY a.id LIMIT $3"
        );
        let after = after.map_or(Uuid::nil(), |after| after.0);
        let rows = fetch_all(
            self.database().read(),
            &text,
            values![id, after, i64::from(limit)],
        )
        .await?;
        rows.iter().map(|row| row.get("id").map(AttemptId)).collect()
    }

    /// The versions whose keys score again.
    pub async fn regrade_keys(&self, id: RegradeId) -> Result<Vec<KeyVersion>, StoreError> {
        let text = "SELECT v.id, k.item_id, v.content FROM regrade_keys k JOIN item_versions v ON v.id = k.item_version_id
             WHERE k.regrade_id = $1";
        let key = |row: &Row| {
            Ok(KeyVersion {
                item_id: ItemId(row.get("item_id")?),
                item_version_id: ItemVersionId(row.get("id")?),
                content: row.json("item_versions", "content")?,
            })
        };
        fetch_all(self.database().read(), text, values![id.0])
            .await?
            .iter()
            .map(key)
            .collect()
    }

    /// Attempts with changes behind `after`, in the order of their ids, each with the points that are proposed.
    pub async fn proposed_points(
        &self,
        id: RegradeId,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<(AttemptId, Vec<(ItemVersionId, Points)>)>, StoreError> {
        let text = "SELECT c.attempt_id, c.item_version_id, CASE WHEN c.outcome = 'proposed' THEN c.new_points END AS points
             FROM regrade_changes c WHERE c.regrade_id = $1 AND c.attempt_id IN (
                SELECT DISTINCT o.attempt_id FROM regrade_changes o WHERE o.regrade_id = $1 AND o.attempt_id > $2
                ORDER BY o.attempt_id LIMIT $3)
             ORDER BY c.attempt_id, c.item_version_id";
        let after = after.map_or(Uuid::nil(), |after| after.0);
        let rows = fetch_all(
            self.database().read(),
            text,
            values![id.0, after, i64::from(limit)],
        )
        .await?;
        let mut attempts: Vec<(AttemptId, Vec<(ItemVersionId, Points)>)> = Vec::new();
        for row in &rows {
            let attempt = AttemptId(row.get("attempt_id")?);
            if attempts.last().is_none_or(|(last, _)| *last != attempt) {
                attempts.push((attempt, Vec::new()));
            }
            let proposed = points(row, "points")?;
            if let (Some((_, items)), Some(points)) = (attempts.last_mut(), proposed) {
                items.push((ItemVersionId(row.get("item_version_id")?), points));
            }
        }
        Ok(attempts)
    }

    /// What a scorer needs to judge an answer again; none when there is nothing to judge any more.
    pub async fn regraded_question(
        &self,
        id: RegradeId,
        attempt: AttemptId,
        item: ItemVersionId,
    ) -> Result<Option<RegradedQuestion>, StoreError> {
        let text = "SELECT v.id, d.item_id, d.item_version_id, v.version, d.section_index, d.position, v.content,
                k.id AS key_id, k.content AS key_content, r.answer, dv.settings, g.policy
             FROM regrade_changes c
             JOIN regrades g ON g.id = c.regrade_id
             JOIN attempts a ON a.id = c.attempt_id
             JOIN definition_versions dv ON dv.id = a.definition_version_id
             JOIN definition_version_items d ON d.definition_version_id = dv.id AND d.item_version_id = c.item_version_id
             JOIN item_versions v ON v.id = c.item_version_id
             JOIN item_versions k ON k.id = c.key_version_id
             JOIN responses r ON r.attempt_id = c.attempt_id AND r.item_version_id = c.item_version_id
             WHERE c.regrade_id = $1 AND c.attempt_id = $2 AND c.item_version_id = $3
                AND c.outcome = 'judging' AND g.state = 'previewing'";
        let row = fetch_optional(self.database().read(), text, values![id.0, attempt.0, item.0]).await?;
        let Some(row) = row else { return Ok(None) };
        let settings: domain::authoring::Settings = row.json("definition_versions", "settings")?;
        let content: ItemContent = row.json("item_versions", "key_content")?;
        Ok(Some(RegradedQuestion {
            regrade_id: id,
            policy: row.parse("regrades", "policy", Policy::parse)?,
            answer: TextAnswer {
                item: VersionedItem {
                    item_version_id: ItemVersionId(row.get("key_id")?),
                    content,
                    ..versioned_item(&row)?
                },
                answer: row.json("responses", "answer")?,
                thresholds: Thresholds {
                    review_below_confidence: settings.review_below_confidence,
                    review_above_gap: settings.review_above_gap,
                },
                human_oversight: settings.human_oversight,
            },
        }))
    }

    /// By whose keys an attempt's items were scored last by regrades that are applied, whatever came of it, where candidates saw
    /// another version.
    pub(crate) async fn keys_of_regrades(
        &self,
        attempt: AttemptId,
    ) -> Result<BTreeMap<ItemVersionId, ItemContent>, StoreError> {
        let text = "SELECT v.id, c.item_version_id, v.content FROM regrade_changes c
             JOIN regrades g ON g.id = c.regrade_id JOIN item_versions v ON v.id = c.key_version_id
             WHERE c.attempt_id = $1 AND c.key_version_id <> c.item_version_id AND c.outcome <> 'not_comparable'
                AND g.state = 'applied' ORDER BY g.updated_at";
        let rows = fetch_all(self.database().read(), text, values![attempt.0]).await?;
        // Of several the latest.
        let key = |row: &Row| {
            let item = ItemVersionId(row.get("item_version_id")?);
            Ok((item, row.json("item_versions", "content")?))
        };
        rows.iter().map(key).collect()
    }

    /// A regrade with what it comes to.
    pub async fn regrade(&self, id: RegradeId) -> Result<Option<RegradeSummary>, StoreError> {
        let read = self.database().read();
        let text = format!("{REGRADE} WHERE id = $1");
        let Some(row) = fetch_optional(read, &text, values![id.0]).await? else {
            return Ok(None);
        };
        self.summary(&row).await.map(Some)
    }

    /// Regrades, latest first.
    pub async fn list_regrades(&self, page: PageRequest) -> Result<Page<RegradeSummary>, StoreError> {
        let read = self.database().read();
        let total = fetch_count(read, "SELECT count(*) AS count FROM regrades", Vec::new()).await?;
        let text = format!("{REGRADE} ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2");
        let mut items = Vec::new();
        for row in fetch_all(read, &text, values![page.limit(), page.offset()]).await? {
            items.push(self.summary(&row).await?);
        }
        Ok(page.of(items, total))
    }

    async fn summary(&self, row: &Row) -> Result<RegradeSummary, StoreError> {
        let read = self.database().read();
        let regrade = regrade(row)?;
        let text = "SELECT (SELECT count(DISTINCT attempt_id) FROM regrade_changes WHERE regrade_id = $1) AS attempts,
                (SELECT count(*) FROM regrade_attempts WHERE regrade_id = $1 AND new_passed AND NOT old_passed) AS now_pass,
                (SELECT count(*) FROM regrade_attempts WHERE regrade_id = $1 AND old_passed AND NOT new_passed) AS now_fail";
        let counts = fetch_optional(read, text, values![regrade.id.0]).await?;
        let count = |column: &str| {
            let counted = counts.as_ref().map(|row| row.count(column));
            counted.unwrap_or(Ok(0)).map(u64::from)
        };
        Ok(RegradeSummary {
            tally: tally(read, regrade.id).await?,
            attempts: count("attempts")?,
            now_pass: count("now_pass")?,
            now_fail: count("now_fail")?,
            regrade,
        })
    }

    /// What came of the answers of a regrade, attempt by attempt.
    pub async fn list_regrade_changes(
        &self,
        id: RegradeId,
        filter: ChangeFilter,
        page: PageRequest,
    ) -> Result<Page<ChangeEntry>, StoreError> {
        let read = self.database().read();
        let mut asked = Conditions::default();
        asked.add("c.regrade_id = $n", Some(id.0));
        asked.add("c.outcome = $n", filter.outcome.map(Outcome::as_str));
        let total = format!(
            "SELECT count(*) AS count FROM regrade_changes c{}",
            asked.clause()
        );
        let total = fetch_count(read, &total, asked.values.clone()).await?;
        let text = format!(
            "SELECT c.attempt_id AS id, c.attempt_id, c.item_version_id, c.key_version_id, c.base_record_id, c.record_id,
                c.old_points, c.new_points, c.max_points, c.outcome, c.scorer, c.reason, a.user_id, v.item_id, v.kind,
                v.version AS seen_version, k.version AS key_version, m.old_percent, m.new_percent, m.old_passed,
                m.new_passed
             FROM regrade_changes c JOIN attempts a ON a.id = c.attempt_id
             JOIN item_versions v ON v.id = c.item_version_id JOIN item_versions k ON k.id = c.key_version_id
             LEFT JOIN regrade_attempts m ON m.regrade_id = c.regrade_id AND m.attempt_id = c.attempt_id{}
             ORDER BY c.attempt_id, c.item_version_id LIMIT ${} OFFSET ${}",
            asked.clause(),
            asked.values.len() + 1,
            asked.values.len() + 2
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(entry).collect::<Result<_, _>>()?, total))
    }
}

fn entry(row: &Row) -> Result<ChangeEntry, StoreError> {
    let (old_points, new_points) = (points(row, "old_points")?, points(row, "new_points")?);
    let scorer = match row.get::<Option<String>>("scorer")? {
        Some(_) => Some(row.parse("regrade_changes", "scorer", Scorer::parse)?),
        None => None,
    };
    let reason = match row.get::<Option<String>>("reason")? {
        Some(_) => Some(row.parse("regrade_changes", "reason", ResolutionReason::parse)?),
        None => None,
    };
    Ok(ChangeEntry {
        attempt_id: AttemptId(row.get("attempt_id")?),
        user_id: UserId(row.get("user_id")?),
        item_id: ItemId(row.get("item_id")?),
        kind: row.parse("item_versions", "kind", ItemKind::parse)?,
        seen: (
            ItemVersionId(row.get("item_version_id")?),
            row.get("seen_version")?,
        ),
        key: (ItemVersionId(row.get("key_version_id")?), row.get("key_version")?),
        base: ScoreRecordId(row.get("base_record_id")?),
        old_points,
        new_points,
        max_points: Points::from_hundredths(row.get("max_points")?),
        outcome: row.parse("regrade_changes", "outcome", Outcome::parse)?,
        effect: Effect::of(old_points, new_points),
        scorer,
        reason,
        record_id: row.get::<Option<Uuid>>("record_id")?.map(ScoreRecordId),
        percent: (row.get("old_percent")?, row.get("new_percent")?),
        passed: (row.get("old_passed")?, row.get("new_passed")?),
    })
}
