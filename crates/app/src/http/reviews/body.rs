//! Shapes of reviews. They are for staff: keys, weights and names of markers are part of them.

use chrono::{DateTime, Utc};
use domain::ids::ScoreRecordId;
use domain::points::Points;
use domain::reviews::{JudgedBy, ReviewDetail, ReviewedRecord};
use domain::scoring::CriterionVerdict;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::assessments::QuoteBody;
use crate::http::questions::QuestionContent;

/// What counts for one question of one attempt, and everything it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReviewBody {
    /// As it was asked for.
    review_id: Uuid,
    /// The attempt.
    assessment_id: Uuid,
    /// Whose.
    user_id: Uuid,
    /// Of which assessment.
    assessment_definition_id: Uuid,
    /// What people read.
    title: String,
    /// Which question.
    question_id: Uuid,
    /// In the version that the candidate saw.
    item_version_id: Uuid,
    /// The question with key, reference and rubric.
    question: QuestionContent,
    /// What was answered.
    #[schema(value_type = Option<Object>)]
    answer: Option<Value>,
    /// The score record that counts; a verdict names it as `seen`.
    counts: Uuid,
    /// Why it counts: `rule`, `only_verdict`, `low_confidence`, `grader_failed`, `awaits_person`, `model_verdict`,
    /// `disagreement`, `suspected_injection`, `person` or `regraded`.
    counts_because: &'static str,
    /// Whether the score is provisional.
    provisional: bool,
    /// Whether machines fail the candidate and a person should begin with this question.
    fail_awaits_person: bool,
    /// Since when it counts.
    since: DateTime<Utc>,
    /// The open inquiry about it.
    inquiry_id: Option<Uuid>,
    /// Every verdict, oldest first.
    score_records: Vec<ScoreRecordBody>,
}

/// A verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoreRecordBody {
    /// Which.
    score_record_id: Uuid,
    /// `rule`, `local`, `llm` or `human`.
    scorer: &'static str,
    /// The scorer's version.
    scorer_version: String,
    /// Why scoring ran: `initial`, `rescore:1`, `review:1`, …
    cause: String,
    /// Points; none when the scorer could not judge.
    points: Option<f64>,
    /// Full marks.
    max_points: f64,
    /// `correct`, `partially_correct`, `incorrect`, `unanswered`, `judged`, `off_topic` or `ungraded`.
    reason: &'static str,
    /// Verdict by criterion or part.
    criteria: Vec<JudgedCriterionBody>,
    /// 0–1; none where there is no doubt, and of people.
    confidence: Option<f64>,
    /// Things a person should know.
    flags: Vec<String>,
    /// When.
    created_at: DateTime<Utc>,
    /// Who gave it, when that was a person in a review.
    judged_by: Option<JudgedByBody>,
}

/// One criterion, with what the candidate is not shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JudgedCriterionBody {
    /// Which.
    criterion: String,
    /// 0–100.
    score: f64,
    /// Share of the points, 0–1.
    weight: f64,
    /// Level reached, where there are levels.
    level: Option<String>,
    /// Verbatim words of the answer.
    evidence: Vec<QuoteBody>,
    /// One sentence for the candidate.
    rationale: String,
}

/// Who has judged; candidates are never told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JudgedByBody {
    /// Who.
    user_id: Uuid,
    /// `confirm` or `override`.
    decision: &'static str,
    /// The record that was confirmed or overridden.
    judged_record_id: Uuid,
    /// Why, for staff.
    reason: Option<String>,
}

impl ReviewBody {
    pub(super) fn new(id: ScoreRecordId, review: ReviewDetail) -> Self {
        Self {
            review_id: id.0,
            assessment_id: review.attempt_id.0,
            user_id: review.user_id.0,
            assessment_definition_id: review.definition_id.0,
            title: review.title,
            question_id: review.item.item_id.0,
            item_version_id: review.item.item_version_id.0,
            question: review.item.content.into(),
            answer: review.response.map(|response| response.answer),
            counts: review.counts.0,
            counts_because: review.reason.as_str(),
            provisional: review.provisional,
            fail_awaits_person: review.fail_awaits_person,
            since: review.resolved_at.to_datetime(),
            inquiry_id: review.inquiry_id.map(|inquiry| inquiry.0),
            score_records: review.records.into_iter().map(ScoreRecordBody::from).collect(),
        }
    }
}

impl From<ReviewedRecord> for ScoreRecordBody {
    fn from(reviewed: ReviewedRecord) -> Self {
        let ReviewedRecord { record, judged_by } = reviewed;
        let verdict = record.verdict;
        Self {
            score_record_id: record.id.0,
            scorer: verdict.scorer.as_str(),
            scorer_version: verdict.scorer_version,
            cause: record.cause,
            points: verdict.points.map(Points::as_f64),
            max_points: verdict.max_points.as_f64(),
            reason: verdict.reason.as_str(),
            criteria: verdict
                .criteria
                .into_iter()
                .map(JudgedCriterionBody::from)
                .collect(),
            confidence: verdict.confidence,
            flags: verdict.flags,
            created_at: record.created_at.to_datetime(),
            judged_by: judged_by.map(JudgedByBody::from),
        }
    }
}

impl From<CriterionVerdict> for JudgedCriterionBody {
    fn from(verdict: CriterionVerdict) -> Self {
        Self {
            criterion: verdict.criterion,
            score: verdict.score,
            weight: verdict.weight,
            level: verdict.level,
            evidence: verdict.evidence.into_iter().map(QuoteBody::from).collect(),
            rationale: verdict.rationale,
        }
    }
}

impl From<JudgedBy> for JudgedByBody {
    fn from(judged: JudgedBy) -> Self {
        Self {
            user_id: judged.user_id.0,
            decision: judged.kind.as_str(),
            judged_record_id: judged.judged_record_id.0,
            reason: judged.reason,
        }
    }
}
