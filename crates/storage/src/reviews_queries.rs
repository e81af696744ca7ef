//! Reads of one review and one inquiry.

use domain::attempts::Viewer;
use domain::ids::{AttemptId, DefinitionId, InquiryId, ItemVersionId, ScoreRecordId, UserId};
use domain::points::Points;
use domain::reviews::{
    Author, DecisionKind, InquiryEvent, InquiryMessage, InquiryThread, JudgedBy, ReviewDetail, ReviewedRecord,
};
use domain::scoring::ResolutionReason;
use domain::scoring::calibration::MOST_JUDGED;
use domain::scoring::evaluation::Judgement;
use domain::scoring::llm::{FLAG_BEFORE_CALIBRATION, FLAG_SUSPECTED_INJECTION};
use domain::store::StoreError;
use uuid::Uuid;

use crate::attempts::{VISIBLE, response, visible_to};
use crate::authoring::versioned_item;
use crate::reports_reviews::{SUMMARY, inquiry_summary};
use crate::reviews::REVIEWED;
use crate::scoring::{RECORD_COLUMNS, record};
use crate::sql::{Row, fetch_all, fetch_optional, values};
use crate::store::Store;

/// What counts for the item `$4`, with the question and its assessment.
const REVIEW: &str = "SELECT v.id, d.item_id, d.item_version_id, v.version, d.section_index, d.position, v.content,
        attempts.user_id, attempts.definition_id, dv.title,
        r.score_record_id, r.reason AS resolution_reason, r.provisional, r.resolved_at,
        (SELECT i.id FROM inquiries i WHERE i.attempt_id = attempts.id AND i.item_version_id = v.id
            AND i.state = 'open') AS inquiry_id,
        r.fail_since IS NOT NULL AND attempts.state <> 'voided' AS is_fail
     FROM attempts
     JOIN definition_versions dv ON dv.id = attempts.definition_version_id
     JOIN resolutions r ON r.attempt_id = attempts.id AND r.item_version_id = $4
     JOIN definition_version_items d ON d.definition_version_id = dv.id AND d.item_version_id = r.item_version_id
     JOIN item_versions v ON v.id = d.item_version_id";

impl Store {
    /// What a marker needs to judge what the record judges; none when there is no such record or the viewer may not see
    /// its attempt.
    pub async fn review(
        &self,
        record: ScoreRecordId,
        viewer: Viewer,
    ) -> Result<Option<ReviewDetail>, StoreError> {
        let read = self.database().read();
        let Some(found) = fetch_optional(read, REVIEWED, values![record.0]).await? else {
            return Ok(None);
        };
        let attempt = AttemptId(found.get("attempt_id")?);
        let item = ItemVersionId(found.get("item_version_id")?);
        let text = format!("{REVIEW} WHERE attempts.id = $1 AND {VISIBLE}");
        let mut values = values![attempt.0];
        values.extend(visible_to(viewer));
        values.extend(values![item.0]);
        let Some(row) = fetch_optional(read, &text, values).await? else {
            return Ok(None);
        };
        let text = "SELECT item_version_id, seq, answer, saved_at FROM responses
             WHERE attempt_id = $1 AND item_version_id = $2";
        let answer = fetch_optional(read, text, values![attempt.0, item.0]).await?;
        Ok(Some(ReviewDetail {
            attempt_id: attempt,
            user_id: UserId(row.get("user_id")?),
            definition_id: DefinitionId(row.get("definition_id")?),
            title: row.get("title")?,
            item: versioned_item(&row)?,
            response: answer.as_ref().map(response).transpose()?,
            records: self.reviewed_records(attempt, item).await?,
            counts: ScoreRecordId(row.get("score_record_id")?),
            reason: row.parse("resolutions", "resolution_reason", ResolutionReason::parse)?,
            provisional: row.get("provisional")?,
            fail_awaits_person: row.get("is_fail")?,
            resolved_at: row.timestamp("resolved_at")?,
            inquiry_id: row.get::<Option<Uuid>>("inquiry_id")?.map(InquiryId),
        }))
    }

    /// What a model of this version gave beside what people gave whose word counts now, the latest first; the confidence is that
    /// before anything was learnt. Answers that speak to their grader teach nothing.
    pub async fn judged_verdicts(&self, version: &str) -> Result<Vec<Judgement>, StoreError> {
        let text = "SELECT m.points AS given, m.max_points, m.confidence, m.flags, h.points AS judged
             FROM resolutions r
             JOIN score_records h ON h.id = r.score_record_id AND h.scorer = 'human'
             JOIN score_records m ON m.attempt_id = r.attempt_id AND m.item_version_id = r.item_version_id
                AND m.scorer = 'llm'
             WHERE (m.scorer_version = $1 OR substr(m.scorer_version, 1, length($2)) = $2)
                AND m.points IS NOT NULL AND h.points IS NOT NULL AND m.max_points > 0
             ORDER BY h.created_at DESC, h.id LIMIT $3";
        let calibrated = format!("{version}/cal-");
        let rows = fetch_all(
            self.database().read(),
            text,
            values![version, calibrated, MOST_JUDGED],
        )
        .await?;
        let judged: Vec<Option<Judgement>> = rows.iter().map(judgement).collect::<Result<_, _>>()?;
        Ok(judged.into_iter().flatten().collect())
    }

    async fn reviewed_records(
        &self,
        attempt: AttemptId,
        item: ItemVersionId,
    ) -> Result<Vec<ReviewedRecord>, StoreError> {
        let text = format!(
            "SELECT {RECORD_COLUMNS}, s.id, d.decision, d.decided_by, d.judged_record_id, d.reason AS decision_reason
             FROM score_records s LEFT JOIN review_decisions d ON d.score_record_id = s.id
             WHERE s.attempt_id = $1 AND s.item_version_id = $2 ORDER BY s.created_at, s.id"
        );
        let reviewed = |row: &Row| {
            Ok(ReviewedRecord {
                record: record(row, attempt, item)?,
                judged_by: judged_by(row)?,
            })
        };
        fetch_all(self.database().read(), &text, values![attempt.0, item.0])
            .await?
            .iter()
            .map(reviewed)
            .collect()
    }

    /// An inquiry with what was said, if the viewer may see its attempt.
    pub async fn inquiry(&self, id: InquiryId, viewer: Viewer) -> Result<Option<InquiryThread>, StoreError> {
        let read = self.database().read();
        let text = format!("{SUMMARY} WHERE inquiries.id = $1 AND {VISIBLE}");
        let mut values = values![id.0];
        values.extend(visible_to(viewer));
        let Some(row) = fetch_optional(read, &text, values).await? else {
            return Ok(None);
        };
        let text = "SELECT id, author, author_id, event, message, created_at FROM inquiry_messages
             WHERE inquiry_id = $1 ORDER BY created_at, id";
        let messages = fetch_all(read, text, values![id.0]).await?;
        Ok(Some(InquiryThread {
            summary: inquiry_summary(&row)?,
            messages: messages.iter().map(message).collect::<Result<_, _>>()?,
        }))
    }
}

fn judged_by(row: &Row) -> Result<Option<JudgedBy>, StoreError> {
    let Some(user) = row.get::<Option<Uuid>>("decided_by")? else {
        return Ok(None);
    };
    Ok(Some(JudgedBy {
        user_id: UserId(user),
        kind: row.parse("review_decisions", "decision", DecisionKind::parse)?,
        judged_record_id: ScoreRecordId(row.get("judged_record_id")?),
        reason: row.get("decision_reason")?,
    }))
}

fn message(row: &Row) -> Result<InquiryMessage, StoreError> {
    Ok(InquiryMessage {
        author: row.parse("inquiry_messages", "author", Author::parse)?,
        author_id: UserId(row.get("author_id")?),
        event: row.parse("inquiry_messages", "event", InquiryEvent::parse)?,
        message: row.get("message")?,
        created_at: row.timestamp("created_at")?,
    })
}

/// None of a suspected answer, or where the model did not say how sure it is.
fn judgement(row: &Row) -> Result<Option<Judgement>, StoreError> {
    let points = |column| {
        row.get(column)
            .map(|points| Points::from_hundredths(points).as_f64())
    };
    let marks = points("max_points")?;
    let flags: Vec<String> = row.json("score_records", "flags")?;
    if flags.iter().any(|flag| flag == FLAG_SUSPECTED_INJECTION) {
        return Ok(None);
    }
    let mut before = flags
        .iter()
        .filter_map(|flag| flag.strip_prefix(FLAG_BEFORE_CALIBRATION));
    let before = before.next().and_then(|before| before.parse().ok());
    let confidence: Option<f64> = before.or(row.get("confidence")?);
    let (given, judged) = (points("given")?, points("judged")?);
    Ok(confidence.map(|confidence| Judgement {
        predicted: given / marks,
        human: judged / marks,
        confidence,
    }))
}
