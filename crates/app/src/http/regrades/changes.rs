//! `GET /regrades/{id}/changes`

use axum::Json;
use axum::extract::State;
use domain::ids::RegradeId;
use domain::points::Points;
use domain::regrades::{ChangeEntry, ChangeFilter, Outcome};
use domain::scoring::{ResolutionReason, Scorer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::extract::{PathId, Query};
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Query of the answers of a regrade.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ChangesQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only with this outcome: `judging`, `proposed`, `unchanged`, `kept_higher`, `kept_by_person`, `not_comparable`, `not_judged`,
    /// `applied` or `superseded`.
    outcome: Option<String>,
}

/// An answer that is scored again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangeBody {
    /// The attempt.
    assessment_id: Uuid,
    /// Whose.
    user_id: Uuid,
    /// Which question.
    question_id: Uuid,
    /// Its kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The version that the candidate saw.
    item_version_id: Uuid,
    /// Its number.
    version: i32,
    /// The version whose key and rubric score again.
    key_version_id: Uuid,
    /// Its number.
    key_version: i32,
    /// What came of it: `judging`, `proposed`, `unchanged`, `kept_higher`, `kept_by_person`, `not_comparable`, `not_judged`,
    /// `applied` or `superseded`.
    outcome: &'static str,
    /// Which way the points go: `raised`, `lowered`, `graded` (there were none) or `none`.
    effect: &'static str,
    /// The score record that counted when it was scored again.
    old_score_record_id: Uuid,
    /// Its points.
    old_points: Option<f64>,
    /// Points by the new verdict.
    new_points: Option<f64>,
    /// Full marks.
    max_points: f64,
    /// Who has judged again, of what is proposed or applied: `rule`, `local` or `llm`.
    scorer: Option<&'static str>,
    /// Why the new verdict counts, or would: `regraded`, or what makes it provisional (`low_confidence`, …).
    counts_because: Option<&'static str>,
    /// The score record that was added, once it is `applied`.
    score_record_id: Option<Uuid>,
    /// The attempt's mark before, 0–100, once the preview is ready.
    old_percent: Option<f64>,
    /// The mark with all changes of the attempt.
    new_percent: Option<f64>,
    /// Whether the attempt passed before.
    passed_before: Option<bool>,
    /// Whether it passes with all changes.
    passes_after: Option<bool>,
}

/// List what a regrade changes
///
/// Every answer that is scored again, attempt by attempt, with points and marks before and after.
#[utoipa::path(
    get,
    path = "/regrades/{id}/changes",
    tag = "regrades",
    params(("id" = uuid::Uuid, Path, description = "The regrade"), ChangesQuery),
    responses(
        (status = 200, description = "A page of answers", body = PageBody<ChangeBody>),
        TokenProblems,
        ServerProblems,
        NotFound,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn changes(
    State(state): State<AppState>,
    lists: Lists,
    _: ByAdmin,
    PathId(id): PathId<RegradeId>,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<PageBody<ChangeBody>>, Problem> {
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let (page, filter) = (page.request()?, query.filter()?);
    if state.store.regrade(id).await?.is_none() {
        return Err(Problem::of(&kinds::REGRADE));
    }
    let found = lists
        .read(|store| async move { store.list_regrade_changes(id, filter, page).await })
        .await?;
    Ok(Json(PageBody::from_page(found, ChangeBody::from)))
}

impl ChangesQuery {
    fn filter(&self) -> Result<ChangeFilter, Problem> {
        let outcome = self.outcome.as_deref().map(|name| {
            let expected = Outcome::ALL.map(Outcome::as_str).join(", ");
            Outcome::parse(name)
                .ok_or_else(|| Problem::invalid("/outcome", format!("must be one of {expected}")))
        });
        Ok(ChangeFilter {
            outcome: outcome.transpose()?,
        })
    }
}

impl From<ChangeEntry> for ChangeBody {
    fn from(entry: ChangeEntry) -> Self {
        Self {
            assessment_id: entry.attempt_id.0,
            user_id: entry.user_id.0,
            question_id: entry.item_id.0,
            kind: entry.kind.as_str(),
            item_version_id: entry.seen.0.0,
            version: entry.seen.1,
            key_version_id: entry.key.0.0,
            key_version: entry.key.1,
            outcome: entry.outcome.as_str(),
            effect: entry.effect.as_str(),
            old_score_record_id: entry.base.0,
            old_points: entry.old_points.map(Points::as_f64),
            new_points: entry.new_points.map(Points::as_f64),
            max_points: entry.max_points.as_f64(),
            scorer: entry.scorer.map(Scorer::as_str),
            counts_because: entry.reason.map(ResolutionReason::as_str),
            score_record_id: entry.record_id.map(|record| record.0),
            old_percent: entry.percent.0,
            new_percent: entry.percent.1,
            passed_before: entry.passed.0,
            passes_after: entry.passed.1,
        }
    }
}
