//! `PATCH /assessments/definitions/{id}/items/{item_id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody as Content, ItemContent};
use domain::authoring::{DefinitionDetail, EditItem, EditedItem};
use domain::ids::{DefinitionId, ItemId};
use domain::points::Points;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::ItemBody;
use crate::http::extract::{Json, says_something, some_lines};
use crate::http::path_of::PathOf;
use crate::http::permitted::ByStaff;
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::questions::QuestionKind;
use crate::runtime::AppState;

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct EditBody {
    /// Why; kept with the new version.
    #[garde(
        length(chars, min = 1, max = 2000),
        custom(some_lines),
        custom(says_something)
    )]
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
    /// The item's revision the edit was made from; 409 when there is a newer one.
    revision: Option<i64>,
    /// What is asked; blanks are written `____` in order.
    stem: Option<String>,
    /// Full marks: above 0, at most 1000, two decimals.
    #[schema(value_type = Option<f64>, example = 2.0)]
    marks: Option<Points>,
    /// The part of the subject.
    topic: Option<String>,
    /// `remember`, `understand`, `apply`, `analyse`, `evaluate` or `create`.
    #[schema(value_type = Option<String>, example = "apply")]
    cognitive_level: Option<CognitiveLevel>,
    /// `easy`, `medium` or `hard`.
    #[schema(value_type = Option<String>, example = "medium")]
    difficulty: Option<Difficulty>,
    /// Slugs of the skills it gives evidence of, whole.
    skills: Option<Vec<String>>,
    /// Kind, options and key, whole.
    #[schema(value_type = Option<QuestionKind>)]
    body: Option<Content>,
}

/// The edited item, and what the quality gate has to say of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EditedBody {
    #[serde(flatten)]
    item: ItemBody,
    /// Rules that advise and do not refuse; empty when there is nothing to say.
    warnings: Vec<WarningBody>,
}

/// What a rule of the quality gate advises.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WarningBody {
    /// The rule.
    rule: &'static str,
    /// What it found.
    reason: String,
}

/// Edit an item
///
/// Makes its next version, which is `pending` again; what was published keeps its own. Rules of the quality gate without which
/// an item cannot be scored fairly refuse the edit with 422 (`one_key`, `distractors`, `no_leak`, `no_duplicate`); the others
/// advise in `warnings`. For admins and advisors.
#[utoipa::path(
    patch,
    path = "/assessments/definitions/{id}/items/{item_id}",
    tag = "definitions",
    params(
        ("id" = uuid::Uuid, Path, description = "The assessment"),
        ("item_id" = uuid::Uuid, Path, description = "The item")
    ),
    request_body = EditBody,
    responses(
        (status = 200, description = "The item in its new version", body = EditedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        Conflict
    ),
    security(("bearer" = []))
)]
pub(super) async fn edit(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    PathOf((definition_id, item_id)): PathOf<(DefinitionId, ItemId)>,
    Json(body): Json<EditBody>,
) -> Result<JsonReply<EditedBody>, Problem> {
    let detail = state.store.definition_detail(definition_id).await?;
    let detail = detail.ok_or_else(|| Problem::of(&kinds::DEFINITION))?;
    // What is absent is taken from the item read here, so that it has to be the current one still.
    let (content, revision) = seen(detail, item_id).ok_or_else(|| Problem::of(&kinds::DRAFT_ITEM))?;
    let edit = EditItem {
        staff,
        definition_id,
        item_id,
        seen_revision: body.revision.unwrap_or(revision),
        reason: body.reason.clone(),
        content: body.applied_to(content),
    };
    let EditedItem { item, findings } = state.store.run(&edit, &caller.ctx).await?;
    let warning = |finding: domain::authoring::gate::Refusal| WarningBody {
        rule: finding.rule,
        reason: finding.reason,
    };
    Ok(JsonReply(EditedBody {
        item: item.into(),
        warnings: findings.into_iter().map(warning).collect(),
    }))
}

/// The item with its revision. One that was replaced has none any more; the use case says so.
fn seen(detail: DefinitionDetail, item_id: ItemId) -> Option<(ItemContent, i64)> {
    let standing = detail.items.into_iter().map(|item| (item.item, item.revision));
    let replaced = detail.replaced.into_iter().map(|item| (item.item, 0));
    standing
        .chain(replaced)
        .find(|(item, _)| item.item_id == item_id)
        .map(|(item, revision)| (item.content, revision))
}

impl EditBody {
    fn applied_to(self, kept: ItemContent) -> ItemContent {
        ItemContent {
            stem: self.stem.unwrap_or(kept.stem),
            marks: self.marks.unwrap_or(kept.marks),
            body: self.body.unwrap_or(kept.body),
            topic: self.topic.unwrap_or(kept.topic),
            cognitive_level: self.cognitive_level.unwrap_or(kept.cognitive_level),
            difficulty: self.difficulty.unwrap_or(kept.difficulty),
            source: kept.source,
            skills: self.skills.unwrap_or(kept.skills),
            written_by: kept.written_by,
        }
    }
}
