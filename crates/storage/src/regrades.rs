//! `regrades`, `regrade_keys`, `regrade_changes`, `regrade_attempts`.

use async_trait::async_trait;
use domain::ids::{AttemptId, DefinitionId, ItemId, ItemVersionId, RegradeId, ScoreRecordId, UserId};
use domain::points::Points;
use domain::regrades::{
    Change, Effect, Found, Outcome, Policy, Proposal, Regrade, RegradeState, RegradesRepository, Scope,
    Standing, Tally,
};
use domain::scoring::{ResolutionReason, Scorer};
use domain::store::StoreError;
use domain::time::Timestamp;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::dialect::{for_update, json_rows, rows_of_json};
use crate::sql::{Row, execute, fetch_all, fetch_optional, to_json, values};
use crate::transaction::SqlTx;

pub(crate) const REGRADE: &str =
    "SELECT id, item_id, definition_id, policy, state, listed, requested_by, created_at,
    updated_at FROM regrades";

pub(crate) fn regrade(row: &Row) -> Result<Regrade, StoreError> {
    let item: Option<Uuid> = row.get("item_id")?;
    let definition: Option<Uuid> = row.get("definition_id")?;
    let scope = match (item, definition) {
        (Some(item), None) => Scope::Item(ItemId(item)),
        (None, Some(definition)) => Scope::Definition(DefinitionId(definition)),
        _ => return Err(row.inconsistent("regrades", "item_id")),
    };
    Ok(Regrade {
        id: RegradeId(row.get("id")?),
        scope,
        policy: row.parse("regrades", "policy", Policy::parse)?,
        state: row.parse("regrades", "state", RegradeState::parse)?,
        listed: row.get("listed")?,
        requested_by: UserId(row.get("requested_by")?),
        created_at: row.timestamp("created_at")?,
        updated_at: row.timestamp("updated_at")?,
    })
}

const CHANGE: &str =
    "SELECT attempt_id AS id, attempt_id, item_version_id, key_version_id, base_record_id, old_points,
    new_points, max_points, outcome, reason, verdict, second FROM regrade_changes";

fn change(row: &Row, regrade_id: RegradeId) -> Result<Change, StoreError> {
    Ok(Change {
        regrade_id,
        attempt_id: AttemptId(row.get("attempt_id")?),
        item_version_id: ItemVersionId(row.get("item_version_id")?),
        key_version_id: ItemVersionId(row.get("key_version_id")?),
        base: ScoreRecordId(row.get("base_record_id")?),
        old_points: points(row, "old_points")?,
        max_points: Points::from_hundredths(row.get("max_points")?),
        found: Found {
            outcome: row.parse("regrade_changes", "outcome", Outcome::parse)?,
            new_points: points(row, "new_points")?,
            proposal: proposal(row)?,
        },
    })
}

pub(crate) fn points(row: &Row, column: &str) -> Result<Option<Points>, StoreError> {
    Ok(row.get::<Option<i64>>(column)?.map(Points::from_hundredths))
}

fn proposal(row: &Row) -> Result<Option<Proposal>, StoreError> {
    if row.get::<Option<String>>("verdict")?.is_none() {
        return Ok(None);
    }
    let second = match row.get::<Option<String>>("second")? {
        Some(_) => Some(row.json("regrade_changes", "second")?),
        None => None,
    };
    Ok(Some(Proposal {
        verdict: row.json("regrade_changes", "verdict")?,
        second,
        reason: row.parse("regrade_changes", "reason", ResolutionReason::parse)?,
    }))
}

json_rows! {
    struct ChangeRow {
        of_regrade: Uuid,
        of_attempt: Uuid,
        of_item: Uuid,
        by_key: Uuid,
        was_by: Uuid,
        was: Option<i64>,
        is_now: Option<i64>,
        of_most: i64,
        came_to: &'static str,
        by_scorer: Option<&'static str>,
        why: Option<&'static str>,
        proposed: Option<String>,
        beside: Option<String>,
    }
}

impl ChangeRow {
    fn of(change: &Change) -> Result<Self, StoreError> {
        let proposal = change.found.proposal.as_ref();
        let second = proposal.and_then(|proposal| proposal.second.as_ref());
        Ok(Self {
            of_regrade: change.regrade_id.0,
            of_attempt: change.attempt_id.0,
            of_item: change.item_version_id.0,
            by_key: change.key_version_id.0,
            was_by: change.base.0,
            was: change.old_points.map(Points::hundredths),
            is_now: change.found.new_points.map(Points::hundredths),
            of_most: change.max_points.hundredths(),
            came_to: change.found.outcome.as_str(),
            by_scorer: proposal
                .map(|proposal| proposal.verdict.scorer)
                .map(Scorer::as_str),
            why: proposal.map(|proposal| proposal.reason.as_str()),
            proposed: proposal.map(|proposal| to_json(&proposal.verdict)).transpose()?,
            beside: second.map(to_json).transpose()?,
        })
    }
}

json_rows! {
    struct StandingRow {
        of_attempt: Uuid,
        was: Option<f64>,
        is_now: Option<f64>,
        did_pass: Option<bool>,
        does_pass: Option<bool>,
    }
}

/// `regrades` of the scope: one of two columns.
const fn column_of(scope: Scope) -> (&'static str, Uuid) {
    match scope {
        Scope::Item(item) => ("item_id", item.0),
        Scope::Definition(definition) => ("definition_id", definition.0),
    }
}

/// The newest version of every item in `of_items`, over `$2`, that is published or accepted in a draft.
fn newest_accepted(of_items: &str) -> String {
    format!(
        "INSERT INTO regrade_keys (regrade_id, item_id, item_version_id)
         SELECT $1, v.item_id, v.id FROM item_versions v WHERE v.item_id IN ({of_items})
            AND v.version = (SELECT max(n.version) FROM item_versions n WHERE n.item_id = v.item_id AND (
                EXISTS (SELECT 1 FROM definition_version_items p WHERE p.item_id = n.item_id AND p.item_version_id = n.id)
                OR EXISTS (SELECT 1 FROM definition_items d
                    WHERE d.item_id = n.item_id AND d.item_version_id = n.id AND d.review = 'accepted')))"
    )
}

pub(crate) async fn tally(connection: &impl ConnectionTrait, id: RegradeId) -> Result<Tally, StoreError> {
    let text = "SELECT outcome, CASE WHEN old_points IS NULL AND new_points IS NOT NULL THEN 'graded'
                WHEN new_points > old_points THEN 'raised' WHEN new_points < old_points THEN 'lowered'
                ELSE 'none' END AS effect, count(*) AS count
         FROM regrade_changes WHERE regrade_id = $1 GROUP BY 1, 2";
    let mut tally = Tally::default();
    for row in fetch_all(connection, text, values![id.0]).await? {
        let outcome = row.parse("regrade_changes", "outcome", Outcome::parse)?;
        let effect = row.parse("regrade_changes", "effect", Effect::parse)?;
        tally
            .counts
            .insert((outcome, effect), u64::from(row.count("count")?));
    }
    Ok(tally)
}

#[async_trait]
impl RegradesRepository for SqlTx {
    async fn scope_exists(&mut self, scope: Scope) -> Result<bool, StoreError> {
        let (text, id) = match scope {
            Scope::Item(item) => ("SELECT id FROM items WHERE id = $1", item.0),
            Scope::Definition(definition) => (
                "SELECT id FROM assessment_definitions WHERE id = $1",
                definition.0,
            ),
        };
        Ok(fetch_optional(&self.connection, text, values![id])
            .await?
            .is_some())
    }

    async fn find_live(&mut self, scope: Scope) -> Result<Option<RegradeId>, StoreError> {
        let (column, id) = column_of(scope);
        let text = format!(
            "SELECT id FROM regrades WHERE {column} = $1 AND state IN ('previewing', 'ready', 'applying')"
        );
        let row = fetch_optional(&self.connection, &text, values![id]).await?;
        row.map(|row| row.get("id").map(RegradeId)).transpose()
    }

    async fn insert(&mut self, regrade: &Regrade) -> Result<(), StoreError> {
        let (column, scope) = column_of(regrade.scope);
        let text = format!(
            "INSERT INTO regrades (id, {column}, policy, state, listed, requested_by, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        let values = values![
            regrade.id.0,
            scope,
            regrade.policy.as_str(),
            regrade.state.as_str(),
            regrade.listed,
            regrade.requested_by.0,
            regrade.created_at.as_micros(),
            regrade.updated_at.as_micros()
        ];
        match execute(&self.connection, &text, values).await {
            Ok(_) => Ok(()),
            // Of two at once the second finds the first when it runs again.
            Err(StoreError::Constraint { name }) if name.starts_with("regrades_one_live") => {
                Err(StoreError::Conflict)
            }
            Err(error) => Err(error),
        }
    }

    async fn choose_keys(&mut self, id: RegradeId, scope: Scope) -> Result<u64, StoreError> {
        let (of_items, of) = match scope {
            Scope::Item(item) => ("$2", item.0),
            Scope::Definition(definition) => (
                "SELECT p.item_id FROM definition_versions dv
                    JOIN definition_version_items p ON p.definition_version_id = dv.id WHERE dv.definition_id = $2",
                definition.0,
            ),
        };
        execute(&self.connection, &newest_accepted(of_items), values![id.0, of]).await
    }

    async fn find(&mut self, id: RegradeId) -> Result<Option<Regrade>, StoreError> {
        let text = format!("{REGRADE} WHERE id = $1{}", for_update(self.backend));
        let row = fetch_optional(&self.connection, &text, values![id.0]).await?;
        row.as_ref().map(regrade).transpose()
    }

    async fn advance(
        &mut self,
        id: RegradeId,
        from: RegradeState,
        to: RegradeState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE regrades SET state = $3, updated_at = $4 WHERE id = $1 AND state = $2";
        let values = values![id.0, from.as_str(), to.as_str(), now.as_micros()];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn mark_listed(&mut self, id: RegradeId) -> Result<(), StoreError> {
        let text = "UPDATE regrades SET listed = true WHERE id = $1 AND state = 'previewing'";
        match execute(&self.connection, text, values![id.0]).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    async fn insert_changes(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let text = format!(
            "INSERT INTO regrade_changes (regrade_id, attempt_id, item_version_id, key_version_id, base_record_id,
                old_points, new_points, max_points, outcome, scorer, reason, verdict, second)
             SELECT of_regrade, of_attempt, of_item, by_key, was_by, was, is_now, of_most, came_to, by_scorer, why,
                proposed, beside FROM {} WHERE true
             ON CONFLICT (regrade_id, attempt_id, item_version_id) DO NOTHING",
            rows_of_json(self.backend, ChangeRow::COLUMNS)
        );
        let rows = changes.iter().map(ChangeRow::of).collect::<Result<Vec<_>, _>>()?;
        execute(&self.connection, &text, values![to_json(&rows)?]).await?;
        Ok(())
    }

    async fn find_change(
        &mut self,
        id: RegradeId,
        attempt: AttemptId,
        item: ItemVersionId,
    ) -> Result<Option<Change>, StoreError> {
        let text = format!(
            "{CHANGE} WHERE regrade_id = $1 AND attempt_id = $2 AND item_version_id = $3{}",
            for_update(self.backend)
        );
        let row = fetch_optional(&self.connection, &text, values![id.0, attempt.0, item.0]).await?;
        row.map(|row| change(&row, id)).transpose()
    }

    async fn settle_judging(&mut self, change: &Change) -> Result<bool, StoreError> {
        let row = ChangeRow::of(change)?;
        let text = "UPDATE regrade_changes SET outcome = $4, new_points = $5, scorer = $6, reason = $7, verdict = $8,
                second = $9
             WHERE regrade_id = $1 AND attempt_id = $2 AND item_version_id = $3 AND outcome = 'judging'";
        let values = values![
            row.of_regrade,
            row.of_attempt,
            row.of_item,
            row.came_to,
            row.is_now,
            row.by_scorer,
            row.why,
            row.proposed,
            row.beside
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn give_up_judging(&mut self, id: RegradeId) -> Result<u64, StoreError> {
        let text =
            "UPDATE regrade_changes SET outcome = 'not_judged' WHERE regrade_id = $1 AND outcome = 'judging'";
        execute(&self.connection, text, values![id.0]).await
    }

    async fn put_standings(&mut self, id: RegradeId, standings: &[Standing]) -> Result<(), StoreError> {
        if standings.is_empty() {
            return Ok(());
        }
        let text = format!(
            "INSERT INTO regrade_attempts (regrade_id, attempt_id, old_percent, new_percent, old_passed, new_passed)
             SELECT $2, of_attempt, was, is_now, did_pass, does_pass FROM {} WHERE true
             ON CONFLICT (regrade_id, attempt_id) DO UPDATE SET old_percent = excluded.old_percent,
                new_percent = excluded.new_percent, old_passed = excluded.old_passed,
                new_passed = excluded.new_passed",
            rows_of_json(self.backend, StandingRow::COLUMNS)
        );
        let row = |standing: &Standing| StandingRow {
            of_attempt: standing.attempt_id.0,
            was: standing.old_percent,
            is_now: standing.new_percent,
            did_pass: standing.old_passed,
            does_pass: standing.new_passed,
        };
        let rows: Vec<_> = standings.iter().map(row).collect();
        execute(&self.connection, &text, values![to_json(&rows)?, id.0]).await?;
        Ok(())
    }

    async fn proposed(&mut self, id: RegradeId, limit: u32) -> Result<Vec<Change>, StoreError> {
        let text = format!(
            "{CHANGE} WHERE regrade_id = $1 AND outcome = 'proposed' ORDER BY attempt_id, item_version_id LIMIT $2"
        );
        let rows = fetch_all(&self.connection, &text, values![id.0, i64::from(limit)]).await?;
        rows.iter().map(|row| change(row, id)).collect()
    }

    async fn settle_proposed(
        &mut self,
        change: &Change,
        outcome: Outcome,
        record: Option<ScoreRecordId>,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE regrade_changes SET outcome = $4, record_id = $5, verdict = NULL, second = NULL
             WHERE regrade_id = $1 AND attempt_id = $2 AND item_version_id = $3 AND outcome = 'proposed'";
        let values = values![
            change.regrade_id.0,
            change.attempt_id.0,
            change.item_version_id.0,
            outcome.as_str(),
            record.map(|record| record.0)
        ];
        Ok(execute(&self.connection, text, values).await? == 1)
    }

    async fn tally(&mut self, id: RegradeId) -> Result<Tally, StoreError> {
        tally(&self.connection, id).await
    }
}
