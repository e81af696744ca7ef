//! `PATCH /questions/{id}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::authoring::ChangeQuestion;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody, ItemContent};
use domain::ids::ItemId;
use domain::points::Points;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::BankQuestionBody;
use super::kinds::QuestionKind;
use crate::http::extract::{Json, PathId, some_lines};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, Conflict, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::slug::Slug;
use crate::runtime::AppState;

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct QuestionPatchBody {
    /// The version the change was made from; 409 when there is a newer one.
    version: Option<i32>,
    /// Slugs of all tracks whose banks it shall be in; at least one.
    #[garde(length(max = 100))]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 100)]
    tracks: Option<Vec<Slug>>,
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
    body: Option<ItemBody>,
    /// Why; kept with the new version.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    reason: Option<String>,
}

/// Change a question
///
/// Another content is a new version, which new attempts draw; attempts that drew an earlier one keep it.
#[utoipa::path(
    patch,
    path = "/questions/{id}",
    tag = "questions",
    params(("id" = uuid::Uuid, Path, description = "The question")),
    request_body = QuestionPatchBody,
    responses(
        (status = 200, description = "As changed", body = BankQuestionBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        Conflict
    ),
    security(("bearer" = []))
)]
pub(super) async fn change(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(id): PathId<ItemId>,
    Json(mut body): Json<QuestionPatchBody>,
) -> Result<JsonReply<BankQuestionBody>, Problem> {
    let seen = state.store.question(id).await?;
    let seen = seen.ok_or_else(|| Problem::of(&kinds::QUESTION))?.item;
    if body.version.is_some_and(|version| version != seen.version) {
        return Err(Problem::of(&kinds::QUESTION_CHANGED));
    }
    let (tracks, reason) = (body.tracks.take(), body.reason.take());
    let change = ChangeQuestion {
        admin,
        item_id: id,
        // What is absent is taken from the version read here, so that it has to be the current one still.
        seen_version: Some(seen.version),
        content: Some(body.applied_to(seen.content)),
        tracks: tracks.map(|tracks| tracks.into_iter().map(String::from).collect()),
        reason,
    };
    let changed = state.store.run(&change, &caller.ctx).await?;
    Ok(JsonReply(changed.into()))
}

impl QuestionPatchBody {
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
