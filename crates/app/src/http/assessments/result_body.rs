//! Shapes of results: what was answered and why it counts. Keys only where the assessment shows them after release.

use chrono::{DateTime, Utc};
use domain::attempts::{AttemptResult, CountingRecord, ResultItem};
use domain::authoring::item::ItemBody;
use domain::authoring::sample_answers::answer_key;
use domain::points::Points;
use domain::recommendations::RecommendationView;
use domain::scoring::total::Total;
use domain::scoring::{CriterionVerdict, LONGEST_WAIT, Quote, Scorer};
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::recommended_body::{RecommendationItemBody, TraceBody};

/// The result of an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResultBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `completed`, `expired` or `failed`.
    status: &'static str,
    /// The recommendation made from it; assessments made from syllabi have none, and tracks none while the catalogue is empty
    /// or where the search was cancelled.
    recommendation_id: Option<Uuid>,
    /// `recommended`, `nothing_fits`, or `popular` where it could not be looked for and what is often recommended stands in.
    recommendation_outcome: Option<&'static str>,
    /// What was found, or why nothing was, in one sentence.
    recommendation_summary: Option<String>,
    /// One sentence.
    summary: String,
    /// The mark and what it is made of.
    scores: ScoresBody,
    /// Micro-credentials that fit, the best first; chosen from the scores as they were when scoring ended.
    recommendation_items: Vec<RecommendationItemBody>,
    /// Evidence behind them.
    traces: Vec<TraceBody>,
    /// What it took.
    metrics: MetricsBody,
    /// Whether it lacks something.
    degraded: bool,
    /// What.
    degraded_reasons: Vec<&'static str>,
    /// Whether it may still change: a score is provisional or missing, or, with `human_oversight`, nobody but machines fails the
    /// candidate.
    provisional: bool,
    /// From when on a language model may judge texts that wait for its turn, which takes half an hour at most; `null` where none
    /// does. Until then the local verdict counts.
    models_expected_at: Option<DateTime<Utc>>,
    /// When everything was scored.
    completed_at: Option<DateTime<Utc>>,
}

/// What it took.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricsBody {
    /// From submission to result.
    total_latency_ms: u64,
    /// Spent on language models, all calls together though some run beside each other; none while texts are judged locally.
    gpt_latency_ms: Option<u64>,
    /// Spent on looking for what to recommend; none where nothing was looked for.
    rag_latency_ms: Option<u64>,
    /// Booked for language models, in US cents: the bill of calls that were answered, the bound of those that broke off.
    token_cost_cents: f64,
}

/// The mark.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoresBody {
    /// Points of graded items.
    total: f64,
    /// Full marks of graded items.
    max: f64,
    /// 0–100; none when nothing is graded.
    percent: Option<f64>,
    /// Percentage from which it passes.
    pass_percent: f64,
    /// Whether it passes; none when nothing is graded.
    passed: Option<bool>,
    /// Graded items.
    graded: usize,
    /// Items no grader could judge; left out of the mark.
    ungraded: usize,
    /// The items of the mark, in order.
    items: Vec<ItemScoreBody>,
    /// What the candidate says of themselves, which is part of the mark only when the assessment says so; none without
    /// such items.
    profile: Option<ProfileScoreBody>,
}

/// What the candidate says of themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileScoreBody {
    /// Points of graded items.
    total: f64,
    /// Full marks of graded items.
    max: f64,
    /// 0–100; none when nothing is graded.
    percent: Option<f64>,
    /// In order. What matched nothing is named in the rationale of its part.
    items: Vec<ItemScoreBody>,
}

/// One item of the result.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ItemScoreBody {
    /// Which question.
    question_id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What was asked.
    prompt: String,
    /// What was answered.
    #[schema(value_type = Option<Object>)]
    answer: Option<Value>,
    /// Points; none when no grader could judge.
    points: Option<f64>,
    /// Full marks.
    max_points: f64,
    /// `correct`, `partially_correct`, `incorrect`, `unanswered`, `judged`, `off_topic` or `ungraded`.
    reason: &'static str,
    /// Who graded: `rule`, `local`, `llm` or `human`.
    scorer: Option<&'static str>,
    /// The grader's version.
    scorer_version: Option<String>,
    /// 0–1; none where rules leave no doubt.
    confidence: Option<f64>,
    /// Whether this score may still change.
    provisional: bool,
    /// Why this verdict counts: `rule`, `only_verdict`, `low_confidence`, `grader_failed`, `awaits_person`, `model_verdict`,
    /// `disagreement`, `suspected_injection`, `person` or `regraded`.
    counts_because: Option<&'static str>,
    /// The score record that counts.
    score_record_id: Option<Uuid>,
    /// Why it was made: `initial`, `rescore:1` (a language model was there again), `review:1` (a person) or `regrade:` with the id
    /// of the regrade that has scored the answer again.
    cause: Option<String>,
    /// Verdict by criterion or part, with the words of the answer that carry it.
    criteria: Vec<CriterionScoreBody>,
    /// A right answer, in the shape of answers; only once the result is released, and where the assessment shows keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    key: Option<Value>,
}

/// One criterion.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CriterionScoreBody {
    /// Which.
    criterion: String,
    /// 0–100.
    score: f64,
    /// Level reached, where there are levels.
    level: Option<String>,
    /// Verbatim words of the answer.
    evidence: Vec<QuoteBody>,
    /// One sentence.
    rationale: String,
}

/// Verbatim words of the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct QuoteBody {
    /// First character, from 0.
    start: u32,
    /// One past the last.
    end: u32,
    /// The words.
    text: String,
}

impl ResultBody {
    /// As it is at this instant.
    pub(super) fn at(
        now: Timestamp,
        result: &AttemptResult,
        recommendation: Option<&RecommendationView>,
    ) -> Self {
        let recommended = recommendation.map(|found| &found.items[..]).unwrap_or_default();
        let total = result.total();
        let turn_at = result.models.turn_at.filter(|_| {
            let since = result.models.waiting_since;
            since.is_some_and(|since| now < since + LONGEST_WAIT)
        });
        let attempt = &result.attempt;
        let latency = attempt
            .ended_at
            .zip(attempt.scored_at)
            .map(|(ended, scored)| scored.since(ended).as_millis());
        Self {
            assessment_id: attempt.id.0,
            status: attempt.state.as_str(),
            recommendation_id: recommendation.map(|found| found.id.0),
            recommendation_outcome: recommendation.map(|found| found.outcome.as_str()),
            recommendation_summary: recommendation.map(|found| found.summary.clone()),
            summary: summary(&result.title, &total),
            recommendation_items: recommended.iter().map(RecommendationItemBody::from).collect(),
            traces: recommendation.map(TraceBody::all).unwrap_or_default(),
            metrics: MetricsBody {
                total_latency_ms: latency
                    .and_then(|latency| u64::try_from(latency).ok())
                    .unwrap_or(0),
                gpt_latency_ms: result
                    .models
                    .waited
                    .and_then(|waited| u64::try_from(waited.as_millis()).ok()),
                rag_latency_ms: recommendation.and_then(|found| u64::try_from(found.took.as_millis()).ok()),
                token_cost_cents: result.models.booked.dollars() * 100.0,
            },
            degraded: !attempt.degraded_reasons.is_empty(),
            degraded_reasons: attempt
                .degraded_reasons
                .iter()
                .map(|reason| reason.as_str())
                .collect(),
            provisional: total.provisional || turn_at.is_some(),
            models_expected_at: turn_at.map(Timestamp::to_datetime),
            completed_at: attempt.scored_at.map(Timestamp::to_datetime),
            scores: ScoresBody::new(result, &total),
        }
    }
}

impl ScoresBody {
    fn new(result: &AttemptResult, total: &Total) -> Self {
        let shows_keys = result.settings.show_keys_after_release && result.attempt.released_at.is_some();
        let body = |item: &ResultItem| ItemScoreBody::new(item, shows_keys);
        let in_the_mark = |item: &&ResultItem| result.settings.counts(item.group());
        let profile: Vec<ItemScoreBody> = result
            .items
            .iter()
            .filter(|item| item.is_profile())
            .map(body)
            .collect();
        Self {
            total: total.points.as_f64(),
            max: total.max_points.as_f64(),
            percent: total.percent,
            pass_percent: result.settings.pass_percent,
            passed: total.passed,
            graded: total.graded,
            ungraded: total.ungraded,
            items: result.items.iter().filter(in_the_mark).map(body).collect(),
            profile: (!profile.is_empty()).then(|| ProfileScoreBody::new(&result.profile_total(), profile)),
        }
    }
}

impl ProfileScoreBody {
    fn new(total: &Total, items: Vec<ItemScoreBody>) -> Self {
        Self {
            total: total.points.as_f64(),
            max: total.max_points.as_f64(),
            percent: total.percent,
            items,
        }
    }
}

fn summary(title: &str, total: &Total) -> String {
    let Some(percent) = total.percent else {
        return format!("{title}: no item could be graded.");
    };
    let passed = if total.passed == Some(true) {
        "passed"
    } else {
        "not passed"
    };
    let standing = if total.provisional {
        ", provisional until a person has looked"
    } else {
        ""
    };
    format!(
        "{title}: {} of {} points, {percent:.2} %, {passed}{standing}.",
        total.points, total.max_points
    )
}

impl ItemScoreBody {
    fn new(item: &ResultItem, shows_key: bool) -> Self {
        let counting = item.counts.as_ref();
        let verdict = counting.map(|counting| &counting.record.verdict);
        let criteria = verdict
            .into_iter()
            .flat_map(|verdict| verdict.criteria.iter().cloned());
        let content = &item.item.content;
        Self {
            question_id: item.item.item_id.0,
            kind: content.body.kind().as_str(),
            prompt: content.stem.clone(),
            answer: item.response.as_ref().map(|response| response.answer.clone()),
            points: verdict.and_then(|verdict| verdict.points).map(Points::as_f64),
            max_points: content.marks.as_f64(),
            reason: verdict.map_or("ungraded", |verdict| verdict.reason.as_str()),
            scorer: verdict.map(|verdict| verdict.scorer).map(Scorer::as_str),
            scorer_version: verdict.map(|verdict| verdict.scorer_version.clone()),
            confidence: verdict.and_then(|verdict| verdict.confidence),
            provisional: counting.is_none_or(|counting| counting.provisional),
            counts_because: counting.map(|counting: &CountingRecord| counting.reason.as_str()),
            score_record_id: counting.map(|counting| counting.record.id.0),
            cause: counting.map(|counting| counting.record.cause.clone()),
            criteria: criteria.map(CriterionScoreBody::from).collect(),
            key: (shows_key && has_key(&content.body)).then(|| answer_key(item.keyed())),
        }
    }
}

/// Whether a right answer is known: not of a program, a file, what people say of themselves, or an essay without reference.
const fn has_key(body: &ItemBody) -> bool {
    match body {
        ItemBody::Essay { reference, .. } => reference.is_some(),
        ItemBody::Coding { .. } | ItemBody::Profile { .. } | ItemBody::FileUpload { .. } => false,
        ItemBody::MultipleChoice { .. }
        | ItemBody::MultipleResponse { .. }
        | ItemBody::TrueFalse { .. }
        | ItemBody::FillBlank { .. }
        | ItemBody::Matching { .. }
        | ItemBody::Numeric { .. }
        | ItemBody::Ordering { .. }
        | ItemBody::ShortAnswer { .. } => true,
    }
}

impl From<CriterionVerdict> for CriterionScoreBody {
    fn from(verdict: CriterionVerdict) -> Self {
        Self {
            criterion: verdict.criterion,
            score: verdict.score,
            level: verdict.level,
            evidence: verdict.evidence.into_iter().map(QuoteBody::from).collect(),
            rationale: verdict.rationale,
        }
    }
}

impl From<Quote> for QuoteBody {
    fn from(quote: Quote) -> Self {
        Self {
            start: quote.start,
            end: quote.end,
            text: quote.text,
        }
    }
}
