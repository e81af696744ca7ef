//! `PATCH /assessments/definitions/{id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::authoring::{ItemReview, Review, ReviewDefinition, Settings};
use domain::ids::{DefinitionId, ItemId};
use garde::Validate;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::DefinitionDetailBody;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, one_line, some_lines};
use crate::http::problem::{
    BodyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct PatchBody {
    /// What people read.
    #[garde(length(chars, min = 1, max = 200), inner(custom(one_line)))]
    title: Option<String>,
    /// How it is taken and scored; what is absent inside stays too.
    #[garde(skip)]
    settings: Option<SettingsPatch>,
    /// What the reviewer says of items.
    #[garde(length(max = 2000), dive)]
    #[serde(default)]
    items: Vec<ItemReviewBody>,
}

/// Settings to change.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SettingsPatch {
    /// 1–1440; `null` for no limit.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    time_limit_minutes: Change,
    /// 1–1440.
    inactivity_minutes: Option<u32>,
    /// 0–100.
    pass_percent: Option<f64>,
    /// Whether an expired attempt is scored with what it has.
    score_on_expiry: Option<bool>,
    /// From 1; `null` for any number.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    max_attempts: Change,
    /// 0–1.
    review_below_confidence: Option<f64>,
}

/// A number that can be taken away: absent keeps it, `null` removes it.
#[derive(Clone, Copy, Debug, Default)]
enum Change {
    #[default]
    Keep,
    Set(Option<u32>),
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Set)
    }
}

impl Change {
    fn or(self, kept: Option<u32>) -> Option<u32> {
        match self {
            Self::Keep => kept,
            Self::Set(number) => number,
        }
    }
}

/// What the reviewer says of one item.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct ItemReviewBody {
    /// Which.
    #[garde(skip)]
    item_id: Uuid,
    /// `pending`, `accepted` or `rejected`.
    #[garde(skip)]
    #[schema(value_type = String)]
    review: Review,
    /// Why.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    note: Option<String>,
}

/// Review an assessment
///
/// Title, settings, and a verdict per item; rejected items are not published. What is published stays as it was frozen.
#[utoipa::path(
    patch,
    path = "/assessments/definitions/{id}",
    tag = "definitions",
    params(("id" = uuid::Uuid, Path, description = "The assessment")),
    request_body = PatchBody,
    responses(
        (status = 200, description = "As changed", body = DefinitionDetailBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<DefinitionId>,
    Json(body): Json<PatchBody>,
) -> Result<JsonReply<DefinitionDetailBody>, Problem> {
    let admin = caller.admin()?;
    let seen = state
        .store
        .definition_detail(id)
        .await?
        .ok_or_else(|| Problem::of(&kinds::DEFINITION))?;
    let review = ReviewDefinition {
        admin,
        definition_id: id,
        title: body.title,
        settings: body
            .settings
            .map(|patch| patch.applied_to(&seen.definition.settings)),
        items: body.items.into_iter().map(ItemReview::from).collect(),
    };
    state.store.run(&review, &caller.ctx).await?;
    let changed = state.store.definition_detail(id).await?;
    changed
        .map(|detail| JsonReply(detail.into()))
        .ok_or_else(|| Problem::of(&kinds::DEFINITION))
}

impl SettingsPatch {
    fn applied_to(&self, settings: &Settings) -> Settings {
        Settings {
            time_limit_minutes: self.time_limit_minutes.or(settings.time_limit_minutes),
            inactivity_minutes: self.inactivity_minutes.unwrap_or(settings.inactivity_minutes),
            pass_percent: self.pass_percent.unwrap_or(settings.pass_percent),
            score_on_expiry: self.score_on_expiry.unwrap_or(settings.score_on_expiry),
            max_attempts: self.max_attempts.or(settings.max_attempts),
            review_below_confidence: self
                .review_below_confidence
                .unwrap_or(settings.review_below_confidence),
        }
    }
}

impl From<ItemReviewBody> for ItemReview {
    fn from(body: ItemReviewBody) -> Self {
        Self {
            item_id: ItemId(body.item_id),
            review: body.review,
            note: body.note,
        }
    }
}
