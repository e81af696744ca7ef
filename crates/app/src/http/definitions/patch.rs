//! `PATCH /assessments/definitions/{id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::authoring::{ItemReview, Review, ReviewDefinition, Verdict};
use domain::ids::{DefinitionId, ItemId};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::DefinitionDetailBody;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, one_line, some_lines};
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::settings::SettingsPatch;
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

/// What the reviewer says of one item.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct ItemReviewBody {
    /// Which.
    #[garde(skip)]
    item_id: Uuid,
    /// `accepted`, `rejected`, or `pending` to take a verdict back.
    #[garde(skip)]
    #[schema(value_type = String)]
    review: Review,
    /// Why; a rejection needs it.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    note: Option<String>,
}

/// Review an assessment
///
/// Title, settings, and a verdict per item; rejected items are not published. What is published stays as it was frozen. A
/// verdict that is there already is no step; another one takes its place.
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
        Conflict
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
    let items = body.items.into_iter().enumerate();
    let items = items.map(|(index, item)| item.into_review(index));
    let review = ReviewDefinition {
        admin,
        definition_id: id,
        title: body.title,
        settings: body.settings.map(SettingsPatch::into_change),
        items: items.collect::<Result<_, _>>()?,
    };
    state.store.run(&review, &caller.ctx).await?;
    let changed = state.store.definition_detail(id).await?;
    changed
        .map(|detail| JsonReply(detail.into()))
        .ok_or_else(|| Problem::of(&kinds::DEFINITION))
}

impl ItemReviewBody {
    fn into_review(self, index: usize) -> Result<ItemReview, Problem> {
        let verdict = match self.review {
            Review::Pending => Verdict::Reopen,
            Review::Accepted => Verdict::Accept { note: self.note },
            Review::Rejected => {
                let reason = self.note.filter(|note| !note.trim().is_empty());
                let missing = || Problem::invalid(format!("/items/{index}/note"), "a rejection says why");
                Verdict::Reject {
                    reason: reason.ok_or_else(missing)?,
                }
            }
        };
        Ok(ItemReview {
            item_id: ItemId(self.item_id),
            verdict,
        })
    }
}
