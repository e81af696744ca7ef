//! Storing a verdict and deciding whether it counts, and how finally.

use super::llm::FLAG_SUSPECTED_INJECTION;
use super::model::{Reason, ScoreRecord, Scorer, Verdict};
use super::rules::FLAG_AWAITS_PERSON;
use crate::ids::{AttemptId, ItemVersionId, JobId, ScoreRecordId};
use crate::points::Points;
use crate::store::{Ctx, StoreError, Tx};
use crate::time::Timestamp;

/// What is being judged, and why now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// `initial`, `rescore:1`, …
    pub cause: String,
    /// The job that judges.
    pub job_id: Option<JobId>,
}

/// Which record counts for an item, and how finally.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Whose answer.
    pub attempt_id: AttemptId,
    /// To which item version.
    pub item_version_id: ItemVersionId,
    /// The record.
    pub score_record_id: ScoreRecordId,
    /// Whether a person should still look.
    pub provisional: bool,
    /// Why this record counts in this way.
    pub reason: ResolutionReason,
    /// When.
    pub resolved_at: Timestamp,
}

/// Why a record counts in the way it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResolutionReason {
    /// Rules leave no doubt.
    Rule,
    /// There is only this verdict, and it is sure enough.
    OnlyVerdict,
    /// There is only this verdict, and it is unsure.
    LowConfidence,
    /// Nobody could judge.
    GraderFailed,
    /// Only a person can judge.
    AwaitsPerson,
    /// A language model's verdict, with the local one as second opinion; both are near and sure enough.
    ModelVerdict,
    /// A language model and the local scorer are too far apart.
    Disagreement,
    /// The answer speaks to the grader.
    SuspectedInjection,
    /// A person has said so.
    Person,
    /// A regrade has replaced what counted.
    Regraded,
}

impl ResolutionReason {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::Rule,
        Self::OnlyVerdict,
        Self::LowConfidence,
        Self::GraderFailed,
        Self::AwaitsPerson,
        Self::ModelVerdict,
        Self::Disagreement,
        Self::SuspectedInjection,
        Self::Person,
        Self::Regraded,
    ];

    /// The stored and public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::OnlyVerdict => "only_verdict",
            Self::LowConfidence => "low_confidence",
            Self::GraderFailed => "grader_failed",
            Self::AwaitsPerson => "awaits_person",
            Self::ModelVerdict => "model_verdict",
            Self::Disagreement => "disagreement",
            Self::SuspectedInjection => "suspected_injection",
            Self::Person => "person",
            Self::Regraded => "regraded",
        }
    }

    /// The reason of a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// Decides for a single verdict. `review_below` is the confidence (0–1) below which a machine is not believed.
    pub fn of(verdict: &Verdict, review_below: f64) -> Self {
        if verdict.scorer == Scorer::Human {
            Self::Person
        } else if verdict.has_flag(FLAG_AWAITS_PERSON) {
            Self::AwaitsPerson
        } else if verdict.has_flag(FLAG_SUSPECTED_INJECTION) {
            Self::SuspectedInjection
        } else if verdict.reason == Reason::Ungraded {
            Self::GraderFailed
        } else if verdict.scorer == Scorer::Rule {
            Self::Rule
        } else if verdict
            .confidence
            .is_none_or(|confidence| confidence >= review_below)
        {
            Self::OnlyVerdict
        } else {
            Self::LowConfidence
        }
    }

    /// Whether a person should still look.
    pub const fn is_provisional(self) -> bool {
        matches!(
            self,
            Self::LowConfidence
                | Self::GraderFailed
                | Self::AwaitsPerson
                | Self::Disagreement
                | Self::SuspectedInjection
        )
    }
}

/// What counts for an item, in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counting {
    /// Which item.
    pub item_version_id: ItemVersionId,
    /// Who gave it.
    pub scorer: Scorer,
    /// `None` is ungraded.
    pub points: Option<Points>,
    /// How sure the scorer was, 0–1.
    pub confidence: Option<f64>,
    /// Whether a person should still look.
    pub provisional: bool,
}

/// Adds the verdict as a record and lets it count. A second verdict of the same scorer for the same cause changes nothing.
pub async fn record_verdict(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    subject: &Subject,
    verdict: Verdict,
    review_below: f64,
) -> Result<(), StoreError> {
    record_verdicts(ctx, tx, vec![(subject.clone(), verdict)], review_below).await
}

/// The same for verdicts on different items.
pub async fn record_verdicts(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    judged: Vec<(Subject, Verdict)>,
    review_below: f64,
) -> Result<(), StoreError> {
    let records: Vec<_> = judged
        .into_iter()
        .map(|(subject, verdict)| record_of(ctx, &subject, verdict))
        .collect();
    let new = tx.scoring().insert_records(&records).await?;
    let resolution = |record: &ScoreRecord| {
        let reason = ResolutionReason::of(&record.verdict, review_below);
        Resolution {
            attempt_id: record.attempt_id,
            item_version_id: record.item_version_id,
            score_record_id: record.id,
            provisional: reason.is_provisional(),
            reason,
            resolved_at: ctx.now(),
        }
    };
    let count = records.iter().filter(|record| new.contains(&record.id));
    let resolutions: Vec<_> = count.map(resolution).collect();
    tx.scoring().resolve(&resolutions).await
}

/// Adds two machines' verdicts on one answer; the first one counts, for this reason. What a scorer has said before for the same
/// cause is not said again, and if that is the first one's, nothing changes.
pub async fn record_with_second_opinion(
    ctx: &Ctx,
    tx: &mut dyn Tx,
    subject: &Subject,
    [counts, second]: [Verdict; 2],
    reason: ResolutionReason,
) -> Result<(), StoreError> {
    // One by one: a statement for several takes different items.
    tx.scoring()
        .insert_records(&[record_of(ctx, subject, second)])
        .await?;
    let record = record_of(ctx, subject, counts);
    let (id, new) = (record.id, tx.scoring().insert_records(&[record]).await?);
    if !new.contains(&id) {
        return Ok(());
    }
    let resolution = Resolution {
        attempt_id: subject.attempt_id,
        item_version_id: subject.item_version_id,
        score_record_id: id,
        provisional: reason.is_provisional(),
        reason,
        resolved_at: ctx.now(),
    };
    tx.scoring().resolve(&[resolution]).await
}

fn record_of(ctx: &Ctx, subject: &Subject, verdict: Verdict) -> ScoreRecord {
    ScoreRecord {
        id: ScoreRecordId(ctx.new_uuid()),
        attempt_id: subject.attempt_id,
        item_version_id: subject.item_version_id,
        verdict,
        cause: subject.cause.clone(),
        job_id: subject.job_id,
        created_at: ctx.now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(scorer: Scorer, reason: Reason, confidence: Option<f64>) -> Verdict {
        Verdict {
            scorer,
            scorer_version: "test-1".to_owned(),
            points: Some(Points::ZERO),
            max_points: Points::whole(1),
            reason,
            criteria: Vec::new(),
            confidence,
            flags: Vec::new(),
        }
    }

    #[test]
    fn an_unsure_machine_is_provisional_and_rules_are_final() {
        let cases = [
            (
                verdict(Scorer::Rule, Reason::Incorrect, None),
                ResolutionReason::Rule,
                false,
            ),
            (
                verdict(Scorer::Local, Reason::Judged, Some(0.6)),
                ResolutionReason::OnlyVerdict,
                false,
            ),
            (
                verdict(Scorer::Local, Reason::Judged, Some(0.59)),
                ResolutionReason::LowConfidence,
                true,
            ),
            (
                verdict(Scorer::Local, Reason::Ungraded, None),
                ResolutionReason::GraderFailed,
                true,
            ),
        ];
        let mut file = verdict(Scorer::Rule, Reason::Ungraded, None);
        file.flags.push(FLAG_AWAITS_PERSON.to_owned());
        let person = verdict(Scorer::Human, Reason::Judged, None);
        let mut suspected = verdict(Scorer::Local, Reason::Judged, Some(0.9));
        suspected.flags.push(FLAG_SUSPECTED_INJECTION.to_owned());
        let cases = cases.into_iter().chain([
            (file, ResolutionReason::AwaitsPerson, true),
            (person, ResolutionReason::Person, false),
            (suspected, ResolutionReason::SuspectedInjection, true),
        ]);
        for (verdict, expected, provisional) in cases {
            let reason = ResolutionReason::of(&verdict, 0.6);
            assert_eq!((reason, reason.is_provisional()), (expected, provisional));
        }
    }
}
