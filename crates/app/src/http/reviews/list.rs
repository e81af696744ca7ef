//! `GET /reviews`

use axum::Json;
use chrono::{DateTime, Utc};
use domain::attempts::Viewer;
use domain::ids::{AttemptId, DefinitionId};
use domain::reviews::{ReviewEntry, ReviewFilter, ReviewOrder, WaitsFor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::extract::Query;
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// Query of the queue.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ReviewsQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only what waits for this: `low_confidence`, `grader_failed`, `awaits_person`, `disagreement`, `suspected_injection`,
    /// `fail_awaits_person` or `inquiry`.
    reason: Option<String>,
    /// Only of this assessment.
    assessment_definition_id: Option<Uuid>,
    /// Only of this attempt.
    assessment_id: Option<Uuid>,
    /// `age` (waits longest first), `confidence` (least sure first), `disagreement` (greatest gap first) or `injection`
    /// (suspected ones first).
    #[param(default = "age")]
    order: Option<String>,
}

/// An item that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReviewEntryBody {
    /// Names the review; it is the score record that counts.
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
    /// In which version.
    item_version_id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Why the score counts as it does: `low_confidence`, `disagreement`, …
    counts_because: &'static str,
    /// Whether the score is provisional; otherwise it is the fail or an inquiry that waits.
    provisional: bool,
    /// Whether machines fail the candidate and a person has to look before that is final (`human_oversight`). A verdict on any
    /// question of the attempt will do; this is the one to begin with.
    fail_awaits_person: bool,
    /// How sure the scorer was, 0–1.
    confidence: Option<f64>,
    /// How far the local scorer and a language model are apart, in percent of full marks; none where there are not both.
    gap_percent: Option<f64>,
    /// Whether the answer seems to speak to the grader.
    suspected_injection: bool,
    /// Since when it waits.
    since: DateTime<Utc>,
    /// The open inquiry about it.
    inquiry_id: Option<Uuid>,
}

/// List what waits for a person
///
/// Provisional scores, fails that only machines gave, and scores that candidates ask about, of attempts whose scoring has ended.
/// Advisors see those of their cohorts, admins all.
#[utoipa::path(
    get,
    path = "/reviews",
    tag = "reviews",
    params(ReviewsQuery),
    responses(
        (status = 200, description = "A page of the queue", body = PageBody<ReviewEntryBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    ByStaff { staff, .. }: ByStaff,
    Query(query): Query<ReviewsQuery>,
) -> Result<Json<PageBody<ReviewEntryBody>>, Problem> {
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let (page, asked) = (page.request()?, query.asked()?);
    let viewer = Viewer::from(staff);
    let found = lists
        .read(|store| async move { store.list_reviews(viewer, asked, page).await })
        .await?;
    Ok(Json(PageBody::from_page(found, ReviewEntryBody::from)))
}

impl ReviewsQuery {
    fn asked(&self) -> Result<(ReviewFilter, ReviewOrder), Problem> {
        let reason = self.reason.as_deref().map(|name| {
            let expected: Vec<&str> = WaitsFor::all().map(WaitsFor::as_str).collect();
            WaitsFor::parse(name).ok_or_else(|| must_be_one_of("/reason", &expected))
        });
        let order = self.order.as_deref().map(|name| {
            let expected = ReviewOrder::ALL.map(ReviewOrder::as_str);
            ReviewOrder::parse(name).ok_or_else(|| must_be_one_of("/order", &expected))
        });
        let filter = ReviewFilter {
            reason: reason.transpose()?,
            definition: self.assessment_definition_id.map(DefinitionId),
            attempt: self.assessment_id.map(AttemptId),
        };
        Ok((filter, order.transpose()?.unwrap_or_default()))
    }
}

fn must_be_one_of(pointer: &str, names: &[&str]) -> Problem {
    Problem::invalid(pointer, format!("must be one of {}", names.join(", ")))
}

impl From<ReviewEntry> for ReviewEntryBody {
    fn from(entry: ReviewEntry) -> Self {
        Self {
            review_id: entry.record_id.0,
            assessment_id: entry.attempt_id.0,
            user_id: entry.user_id.0,
            assessment_definition_id: entry.definition_id.0,
            title: entry.title,
            question_id: entry.item_id.0,
            item_version_id: entry.item_version_id.0,
            kind: entry.kind.as_str(),
            counts_because: entry.reason.as_str(),
            provisional: entry.provisional,
            fail_awaits_person: entry.fail_awaits_person,
            confidence: entry.confidence,
            gap_percent: entry.gap_percent,
            suspected_injection: entry.suspected_injection,
            since: entry.since.to_datetime(),
            inquiry_id: entry.inquiry_id.map(|inquiry| inquiry.0),
        }
    }
}
