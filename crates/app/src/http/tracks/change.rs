//! `PATCH /tracks/{slug}`

use axum::Json as JsonReply;
use axum::extract::State;
use domain::authoring::{ChangeTrack, Skill};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{SkillBody, TrackBody};
use crate::http::extract::{Json, PathId, one_line, some_lines};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::http::settings::SettingsPatch;
use crate::http::slug::Slug;
use crate::runtime::AppState;

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(super) struct TrackPatchBody {
    /// What people read.
    #[garde(length(chars, max = 200), inner(custom(one_line)))]
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// For candidates.
    #[garde(length(chars, max = 4000), inner(custom(some_lines)))]
    #[schema(max_length = 4000)]
    description: Option<String>,
    /// What the role needs, whole.
    #[garde(length(max = 100), dive)]
    #[schema(max_items = 100)]
    skills: Option<Vec<SkillBody>>,
    /// How it is taken and scored; what is absent inside stays too.
    #[garde(skip)]
    settings: Option<SettingsPatch>,
}

/// Change a track
///
/// New attempts take it as changed; attempts under way keep what they began with.
#[utoipa::path(
    patch,
    path = "/tracks/{slug}",
    tag = "tracks",
    params(("slug" = String, Path, description = "The track")),
    request_body = TrackPatchBody,
    responses(
        (status = 200, description = "As changed", body = TrackBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn change(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(Slug(slug)): PathId<Slug>,
    Json(body): Json<TrackPatchBody>,
) -> Result<JsonReply<TrackBody>, Problem> {
    let change = ChangeTrack {
        admin,
        slug: slug.clone(),
        title: body.title,
        description: body.description,
        skills: body
            .skills
            .map(|skills| skills.into_iter().map(Skill::from).collect()),
        settings: body.settings.map(SettingsPatch::into_change),
    };
    state.store.run(&change, &caller.ctx).await?;
    let changed = state.store.find_track(&slug).await?;
    let changed = changed.ok_or_else(|| Problem::of(&kinds::TRACK))?;
    Ok(JsonReply(TrackBody::for_staff(&changed.track, changed.questions)))
}
