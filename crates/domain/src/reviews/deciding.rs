//! A person's verdict on what counts for one item of one attempt.

use async_trait::async_trait;
use serde_json::json;

use super::error::ReviewsError;
use super::grading::{self, GradeFault};
use super::model::{Decision, ReviewDecision, Reviewed};
use crate::attempts::{Attempt, AttemptState, ScoringState, Viewer, oversee};
use crate::audit::AuditEntry;
use crate::authoring::item::ItemBody;
use crate::authoring::{Exemplar, GradedIn, VersionedItem};
use crate::identity::Staff;
use crate::ids::{ExemplarId, ItemVersionId, ScoreRecordId};
use crate::points::Points;
use crate::scoring::answer::parse;
use crate::scoring::{Resolution, ResolutionReason, ScoreRecord, Scorer, Verdict};
use crate::store::{Ctx, StoreError, Tx, UseCase};

/// Confirms or overrides what counts. Either way a record of a person counts from now on, and is final.
pub struct Decide {
    /// Who may.
    pub staff: Staff,
    /// Any score record of the item in the attempt.
    pub review: ScoreRecordId,
    /// The record that counted when they looked.
    pub seen: ScoreRecordId,
    /// What they say.
    pub decision: Decision,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// What it was about.
    pub reviewed: Reviewed,
    /// The record that counts now.
    pub record: ScoreRecord,
    /// Whether graded answers like this one are learnt from now on.
    pub calibrates: bool,
}

#[async_trait]
impl UseCase for Decide {
    const NAME: &'static str = "reviews.decide";
    type Out = Decided;
    type Err = ReviewsError;

    async fn run(&self, ctx: &Ctx, tx: &mut dyn Tx) -> Result<Decided, ReviewsError> {
        let found = tx.reviews().reviewed(self.review).await?;
        let reviewed = found.ok_or(ReviewsError::NotFound)?;
        let attempt = self.scored_attempt(tx, reviewed).await?;
        let counting = tx.reviews().counting(reviewed).await?;
        let counts = counting.ok_or(ReviewsError::NotFound)?;
        if counts != self.seen {
            return Err(ReviewsError::Changed { counts });
        }
        let records = tx.reviews().records(reviewed).await?;
        let item = item_of(tx, &attempt, reviewed.item_version_id).await?;
        let (judged, verdict) = self.verdict(&item, &records)?;
        let record = ScoreRecord {
            id: ScoreRecordId(ctx.new_uuid()),
            attempt_id: reviewed.attempt_id,
            item_version_id: reviewed.item_version_id,
            verdict,
            cause: next_cause(&records),
            job_id: None,
            created_at: ctx.now(),
        };
        self.store(ctx, tx, judged, &record).await?;
        oversee(ctx, tx, &attempt).await?;
        let calibrates = self.calibrate(ctx, tx, &item, &record).await?;
        let entry = AuditEntry::new(ctx, "reviews.decided", "attempt", Some(attempt.id.0)).with(json!({
            "decision": self.decision.kind().as_str(),
            "item_version_id": reviewed.item_version_id,
            "from_record": counts,
            "judged_record": judged,
            "to_record": record.id,
            "calibrates": calibrates,
        }));
        tx.audit().record(entry).await?;
        Ok(Decided {
            reviewed,
            record,
            calibrates,
        })
    }
}

impl Decide {
    /// The attempt, locked, if the caller may see it and its scores can be judged.
    async fn scored_attempt(&self, tx: &mut dyn Tx, reviewed: Reviewed) -> Result<Attempt, ReviewsError> {
        let viewer = Viewer::from(self.staff);
        let found = tx.attempts().find_visible(reviewed.attempt_id, viewer).await?;
        let attempt = found.ok_or(ReviewsError::NotFound)?;
        if attempt.state == AttemptState::Voided {
            return Err(ReviewsError::Voided);
        }
        match attempt.scoring {
            ScoringState::Done | ScoringState::Failed => Ok(attempt),
            ScoringState::None | ScoringState::Running => Err(ReviewsError::NotScored),
        }
    }

    /// The record that is judged, and the verdict on the answer.
    fn verdict(
        &self,
        item: &VersionedItem,
        records: &[ScoreRecord],
    ) -> Result<(ScoreRecordId, Verdict), ReviewsError> {
        match &self.decision {
            Decision::Confirm { counts } => {
                let chosen = counts.unwrap_or(self.seen);
                let found = records.iter().find(|record| record.id == chosen);
                let record = found
                    .ok_or_else(|| invalid(GradeFault::new("/counts", "a score record of this review")))?;
                let verdict = grading::confirmed(&record.verdict).ok_or_else(|| {
                    invalid(GradeFault::new(
                        "/decision",
                        "override: there are no points to confirm",
                    ))
                })?;
                Ok((chosen, verdict))
            }
            Decision::Override { grade, .. } => {
                let verdict = grading::graded(&item.content, grade).map_err(ReviewsError::Invalid)?;
                Ok((self.seen, verdict))
            }
        }
    }

    /// The record, that it counts, and who made it.
    async fn store(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        judged: ScoreRecordId,
        record: &ScoreRecord,
    ) -> Result<(), StoreError> {
        let new = tx.scoring().insert_records(std::slice::from_ref(record)).await?;
        let reason = ResolutionReason::Person;
        let resolution = Resolution {
            attempt_id: record.attempt_id,
            item_version_id: record.item_version_id,
            score_record_id: record.id,
            provisional: reason.is_provisional(),
            reason,
            resolved_at: ctx.now(),
        };
        if new.is_empty() || !tx.reviews().settle(self.seen, &resolution).await? {
            return Err(StoreError::Conflict);
        }
        let decision = ReviewDecision {
            record_id: record.id,
            attempt_id: record.attempt_id,
            judged_record_id: judged,
            kind: self.decision.kind(),
            decided_by: self.staff.user_id(),
            reason: self.decision.reason().map(str::to_owned),
            decided_at: ctx.now(),
        };
        tx.reviews().insert_decision(&decision).await
    }

    /// Lets the text scorer learn from a judged text.
    async fn calibrate(
        &self,
        ctx: &Ctx,
        tx: &mut dyn Tx,
        item: &VersionedItem,
        record: &ScoreRecord,
    ) -> Result<bool, StoreError> {
        let is_text = matches!(
            item.content.body,
            ItemBody::Essay { .. } | ItemBody::ShortAnswer { .. }
        );
        let Some(points) = record.verdict.points.filter(|points| *points >= Points::ZERO) else {
            return Ok(false);
        };
        if !is_text {
            return Ok(false);
        }
        let responses = tx.attempts().responses(record.attempt_id).await?;
        let response = responses
            .iter()
            .find(|response| response.item_version_id == record.item_version_id);
        let Some(response) = response else {
            return Ok(false);
        };
        if !matches!(parse(&item.content.body, &response.answer), Ok(Some(_))) {
            return Ok(false);
        }
        let graded = GradedIn {
            id: ExemplarId(ctx.new_uuid()),
            attempt_id: record.attempt_id,
            by: self.staff.user_id(),
            at: ctx.now(),
        };
        let exemplar = Exemplar::of_candidate(item, &response.answer, points, graded);
        tx.reviews().keep_exemplar(&exemplar).await
    }
}

fn invalid(fault: GradeFault) -> ReviewsError {
    ReviewsError::Invalid(vec![fault])
}

async fn item_of(
    tx: &mut dyn Tx,
    attempt: &Attempt,
    version: ItemVersionId,
) -> Result<VersionedItem, ReviewsError> {
    let items = tx.attempts().items(attempt).await?;
    let found = items.into_iter().find(|item| item.item_version_id == version);
    found.ok_or(ReviewsError::NotFound)
}

/// One more than people have said so far.
fn next_cause(records: &[ScoreRecord]) -> String {
    let people = records
        .iter()
        .filter(|record| record.verdict.scorer == Scorer::Human)
        .count();
    format!("review:{}", people + 1)
}
