//! `POST /tracks`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::{CreateTrack, NewTrack, Settings, Skill};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{SkillBody, TrackBody};
use crate::http::extract::{Json, one_line, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::http::questions::QuestionContent;
use crate::http::settings::SettingsPatch;
use crate::runtime::AppState;

/// A track about to be made.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewTrackBody {
    /// Names it in paths, for ever: lower-case letters, digits and inner hyphens.
    #[garde(skip)]
    #[schema(example = "backend-engineer", min_length = 1, max_length = 60)]
    slug: String,
    /// What people read.
    #[garde(length(chars, max = 200), custom(one_line))]
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// For candidates.
    #[garde(length(chars, max = 4000), custom(some_lines))]
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// What the role needs.
    #[garde(length(max = 100), dive)]
    #[schema(max_items = 100)]
    skills: Vec<SkillBody>,
    /// How it is taken and scored, where it differs from how tracks begin: 45 minutes, any number of attempts, options
    /// shuffled, 3 rule-scored, 3 written and 4 profile questions.
    #[garde(skip)]
    settings: Option<SettingsPatch>,
    /// The first questions of the bank.
    #[garde(length(max = 1000))]
    #[serde(default)]
    #[schema(max_items = 1000)]
    items: Vec<QuestionContent>,
}

/// Make a track
///
/// It can be taken as soon as its bank has a question, by the candidates of the cohort `everyone`.
#[utoipa::path(
    post,
    path = "/tracks",
    tag = "tracks",
    params(IdempotencyKey),
    request_body = NewTrackBody,
    responses(
        (status = 201, description = "The track", body = TrackBody),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn create(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    key: IdempotencyKey,
    Json(body): Json<NewTrackBody>,
) -> Result<Response, Problem> {
    let settings = body.settings.clone().unwrap_or_default();
    let track = NewTrack {
        slug: body.slug.clone(),
        title: body.title.clone(),
        description: body.description.clone(),
        skills: body.skills.iter().cloned().map(Skill::from).collect(),
        settings: settings.applied_to(&Settings::for_tracks()),
        items: body
            .items
            .iter()
            .cloned()
            .map(QuestionContent::into_item)
            .collect(),
    };
    let questions = u32::try_from(track.items.len()).unwrap_or(u32::MAX);
    let create = CreateTrack { admin, track };
    caller
        .once(&state, &key, &body, &create, |track| {
            Ok((StatusCode::CREATED, TrackBody::for_staff(track, questions)))
        })
        .await
}
