//! The queue of reviews and the list of inquiries.

use domain::attempts::Viewer;
use domain::authoring::item::ItemKind;
use domain::ids::{AttemptId, DefinitionId, InquiryId, ItemId, ItemVersionId, ScoreRecordId, UserId};
use domain::reports::{Page, PageRequest};
use domain::reviews::{
    InquiryFilter, InquiryState, InquirySummary, ReviewEntry, ReviewFilter, ReviewOrder, WaitsFor,
};
use domain::scoring::ResolutionReason;
use domain::store::StoreError;
use uuid::Uuid;

use crate::conditions::Conditions;
use crate::inquiries::inquiry;
use crate::reports_queries::see;
use crate::sql::{Row, fetch_all, fetch_count, values};
use crate::store::Store;

/// What waits: provisional scores, fails of machines, and scores that are asked about. All are found by partial indexes of their
/// own.
const QUEUE: &str = "FROM (SELECT attempt_id, item_version_id FROM resolutions WHERE provisional
        UNION SELECT attempt_id, item_version_id FROM resolutions WHERE fail_since IS NOT NULL
        UNION SELECT attempt_id, item_version_id FROM inquiries WHERE state = 'open' AND item_version_id IS NOT NULL) waiting
     JOIN resolutions r ON r.attempt_id = waiting.attempt_id AND r.item_version_id = waiting.item_version_id
     JOIN score_records s ON s.id = r.score_record_id
     JOIN attempts ON attempts.id = waiting.attempt_id
     LEFT JOIN inquiries i ON i.attempt_id = waiting.attempt_id AND i.item_version_id = waiting.item_version_id
        AND i.state = 'open'";

/// The latest points of a scorer, of what `s` judges.
fn latest(scorer: &str) -> String {
    format!(
        "(SELECT o.points FROM score_records o WHERE o.attempt_id = s.attempt_id
            AND o.item_version_id = s.item_version_id AND o.scorer = '{scorer}' AND o.points IS NOT NULL
         ORDER BY o.created_at DESC, o.id DESC LIMIT 1)"
    )
}

/// The columns of an entry. `flagged` is 1 or 0, so that it can be ordered by.
fn entry_columns() -> String {
    let (local, llm) = (latest("local"), latest("llm"));
    format!(
        "SELECT s.id, s.attempt_id, s.item_version_id, s.confidence, s.points, r.reason, r.provisional,
            attempts.user_id, attempts.definition_id, dv.title, v.item_id, v.kind, i.id AS inquiry_id,
            r.fail_since IS NOT NULL AS is_fail,
            (SELECT min(at) FROM (SELECT CASE WHEN r.provisional THEN r.resolved_at END AS at
                UNION ALL SELECT r.fail_since UNION ALL SELECT i.opened_at) moments) AS since,
            CASE WHEN r.reason = 'suspected_injection' THEN 1 ELSE 0 END AS flagged,
            abs({local} - {llm}) * 100.0 / CAST(NULLIF(s.max_points, 0) AS DOUBLE PRECISION) AS gap"
    )
}

/// Whatever waits longest comes first among equals.
const fn order_by(order: ReviewOrder) -> &'static str {
    match order {
        ReviewOrder::Age => "",
        // What nobody could judge is least sure of all, and what rules say is sure.
        ReviewOrder::Confidence => "COALESCE(confidence, CASE WHEN points IS NULL THEN 0.0 ELSE 1.0 END), ",
        ReviewOrder::Disagreement => "CASE WHEN gap IS NULL THEN 1 ELSE 0 END, gap DESC, ",
        ReviewOrder::Injection => "flagged DESC, ",
    }
}

impl Store {
    /// What the viewer should look at.
    pub async fn list_reviews(
        &self,
        viewer: Viewer,
        (filter, order): (ReviewFilter, ReviewOrder),
        page: PageRequest,
    ) -> Result<Page<ReviewEntry>, StoreError> {
        let read = self.database().read();
        let asked = review_conditions(viewer, filter);
        let total = format!("SELECT count(*) AS count {QUEUE}{}", asked.clause());
        let total = fetch_count(read, &total, asked.values.clone()).await?;
        let text = format!(
            "SELECT * FROM ({} {QUEUE}
                JOIN definition_versions dv ON dv.id = attempts.definition_version_id
                JOIN item_versions v ON v.id = waiting.item_version_id{}) entries
             ORDER BY {}since, attempt_id, item_version_id LIMIT ${} OFFSET ${}",
            entry_columns(),
            asked.clause(),
            order_by(order),
            asked.values.len() + 1,
            asked.values.len() + 2
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        Ok(page.of(rows.iter().map(entry).collect::<Result<_, _>>()?, total))
    }

    /// Inquiries that the viewer may see, latest first.
    pub async fn list_inquiries(
        &self,
        viewer: Viewer,
        filter: InquiryFilter,
        page: PageRequest,
    ) -> Result<Page<InquirySummary>, StoreError> {
        let read = self.database().read();
        let mut asked = Conditions::default();
        see(&mut asked, viewer);
        asked.add("inquiries.state = $n", filter.state.map(InquiryState::as_str));
        let total = format!(
            "SELECT count(*) AS count FROM inquiries JOIN attempts ON attempts.id = inquiries.attempt_id{}",
            asked.clause()
        );
        let total = fetch_count(read, &total, asked.values.clone()).await?;
        let text = format!(
            "{SUMMARY}{} ORDER BY inquiries.opened_at DESC, inquiries.id DESC LIMIT ${} OFFSET ${}",
            asked.clause(),
            asked.values.len() + 1,
            asked.values.len() + 2
        );
        let mut values = asked.values;
        values.extend(values![page.limit(), page.offset()]);
        let rows = fetch_all(read, &text, values).await?;
        let items = rows.iter().map(inquiry_summary).collect::<Result<_, _>>()?;
        Ok(page.of(items, total))
    }
}

fn review_conditions(viewer: Viewer, filter: ReviewFilter) -> Conditions {
    let mut asked = Conditions::default();
    see(&mut asked, viewer);
    asked.always("attempts.scoring IN ('done', 'failed') AND attempts.state <> 'voided'");
    // Of erased people there is nothing left to look at.
    asked.always(
        "NOT EXISTS (SELECT 1 FROM users u WHERE u.id = attempts.user_id AND u.erased_at IS NOT NULL)",
    );
    match filter.reason {
        Some(WaitsFor::Fail) => asked.always("r.fail_since IS NOT NULL"),
        Some(WaitsFor::Inquiry) => asked.always("i.id IS NOT NULL"),
        Some(WaitsFor::Resolution(reason)) => asked.add("r.reason = $n", Some(reason.as_str())),
        None => {}
    }
    asked.add(
        "attempts.definition_id = $n",
        filter.definition.map(|definition| definition.0),
    );
    asked.add("attempts.id = $n", filter.attempt.map(|attempt| attempt.0));
    asked
}

fn entry(row: &Row) -> Result<ReviewEntry, StoreError> {
    let reason = row.parse("resolutions", "reason", ResolutionReason::parse)?;
    Ok(ReviewEntry {
        record_id: ScoreRecordId(row.get("id")?),
        attempt_id: AttemptId(row.get("attempt_id")?),
        user_id: UserId(row.get("user_id")?),
        definition_id: DefinitionId(row.get("definition_id")?),
        title: row.get("title")?,
        item_id: ItemId(row.get("item_id")?),
        item_version_id: ItemVersionId(row.get("item_version_id")?),
        kind: row.parse("item_versions", "kind", ItemKind::parse)?,
        reason,
        provisional: row.get("provisional")?,
        fail_awaits_person: row.get("is_fail")?,
        confidence: row.get("confidence")?,
        gap_percent: row.get("gap")?,
        suspected_injection: reason == ResolutionReason::SuspectedInjection,
        since: row.timestamp("since")?,
        inquiry_id: row.get::<Option<Uuid>>("inquiry_id")?.map(InquiryId),
    })
}

/// An inquiry with its assessment.
pub(crate) const SUMMARY: &str = "SELECT inquiries.id, inquiries.attempt_id, inquiries.item_version_id,
        inquiries.state, inquiries.opened_at, inquiries.updated_at, attempts.user_id, attempts.definition_id, dv.title,
        (SELECT v.item_id FROM item_versions v WHERE v.id = inquiries.item_version_id) AS item_id
     FROM inquiries JOIN attempts ON attempts.id = inquiries.attempt_id
     JOIN definition_versions dv ON dv.id = attempts.definition_version_id";

pub(crate) fn inquiry_summary(row: &Row) -> Result<InquirySummary, StoreError> {
    Ok(InquirySummary {
        inquiry: inquiry(row)?,
        user_id: UserId(row.get("user_id")?),
        definition_id: DefinitionId(row.get("definition_id")?),
        title: row.get("title")?,
        item_id: row.get::<Option<Uuid>>("item_id")?.map(ItemId),
    })
}
