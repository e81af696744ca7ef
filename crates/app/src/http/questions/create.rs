//! `POST /questions`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::AddQuestion;
use domain::authoring::item::{CognitiveLevel, Difficulty, ItemBody};
use domain::points::Points;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{BankQuestionBody, QuestionContent};
use super::kinds::QuestionKind;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::http::slug::Slug;
use crate::runtime::AppState;

/// A question about to be added. Its members are those of its content, side by side, so that a fault is named by its place.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct NewQuestionBody {
    /// Slugs of the tracks whose banks it joins; at least one.
    #[garde(length(max = 100))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 100, example = json!(["backend-developer"]))]
    tracks: Vec<Slug>,
    /// What is asked; blanks are written `____` in order.
    #[schema(min_length = 1, example = "Which of these is meant?")]
    stem: String,
    /// Full marks: above 0, at most 1000, two decimals.
    #[schema(value_type = f64, example = 2.0)]
    marks: Points,
    /// The part of the subject.
    #[schema(min_length = 1, example = "HTTP APIs")]
    topic: String,
    /// `remember`, `understand`, `apply`, `analyse`, `evaluate` or `create`.
    #[schema(value_type = String, example = "apply")]
    cognitive_level: CognitiveLevel,
    /// `easy`, `medium` or `hard`.
    #[schema(value_type = String, example = "medium")]
    difficulty: Difficulty,
    /// Slugs of the skills it gives evidence of; skills of its tracks only.
    #[serde(default)]
    skills: Vec<String>,
    /// Kind, options and key.
    #[schema(value_type = QuestionKind)]
    body: ItemBody,
}

/// Add a question
///
/// To the banks of tracks; new attempts may draw it at once.
#[utoipa::path(
    post,
    path = "/questions",
    tag = "questions",
    params(IdempotencyKey),
    request_body = NewQuestionBody,
    responses(
        (status = 201, description = "The question in its first version", body = BankQuestionBody),
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
    Json(body): Json<NewQuestionBody>,
) -> Result<Response, Problem> {
    let (tracks, content) = body.clone().into_parts();
    let add = AddQuestion {
        admin,
        tracks,
        content: content.into_item(),
    };
    caller
        .once(&state, &key, &body, &add, |item| {
            Ok((StatusCode::CREATED, BankQuestionBody::from(item.clone())))
        })
        .await
}

impl NewQuestionBody {
    fn into_parts(self) -> (Vec<String>, QuestionContent) {
        let content = QuestionContent {
            stem: self.stem,
            marks: self.marks,
            topic: self.topic,
            cognitive_level: self.cognitive_level,
            difficulty: self.difficulty,
            skills: self.skills,
            body: self.body,
        };
        (self.tracks.into_iter().map(String::from).collect(), content)
    }
}
