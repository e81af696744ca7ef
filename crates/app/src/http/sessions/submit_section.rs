//! `POST /sessions/{id}/submit-section`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::{AttemptVersion, NewResponse, SubmitSection};
use domain::authoring::VersionContent;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alive;
use crate::http::answers::{SentAnswer, check};
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// The section's last answers.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct SubmitSectionBody {
    /// The section.
    section_id: Uuid,
    /// Its index, from 0; must be the current one.
    section_index: i32,
    /// Question id → answer, in the shape of its kind. Questions left out count as unanswered unless saved before.
    #[serde(default)]
    #[schema(value_type = Object)]
    answers: BTreeMap<Uuid, Value>,
    /// Must be the caller, when given.
    user_id: Option<Uuid>,
}

/// What comes next.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SectionSubmittedBody {
    /// Always true.
    ok: bool,
    /// The next section; none when this was the last one.
    next_section_index: Option<i32>,
}

/// Submit a section
///
/// Sections go in strict order; a submitted section is locked for ever.
#[utoipa::path(
    post,
    path = "/sessions/{id}/submit-section",
    tag = "sessions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The session")),
    request_body = SubmitSectionBody,
    responses(
        (status = 200, description = "What comes next", body = SectionSubmittedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn submit_section(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    Json(body): Json<SubmitSectionBody>,
) -> Result<Response, Problem> {
    let candidate = caller.candidate(body.user_id)?;
    let owned = state.content.owned_attempt(id, candidate.user_id()).await?;
    let owned = owned.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let version = state.content.version(owned.definition_version_id).await?;
    let answers = body.checked_answers(&owned, &version, caller.ctx.now())?;
    let submit = SubmitSection {
        candidate,
        attempt_id: id,
        section_index: body.section_index,
        answers,
    };
    caller
        .once(&state, &key, &body, &submit, |submitted| {
            let next_section_index = alive(submitted)?.next_section_index;
            Ok((
                StatusCode::OK,
                SectionSubmittedBody {
                    ok: true,
                    next_section_index,
                },
            ))
        })
        .await
}

impl SubmitSectionBody {
    /// 422 unless the id belongs to the index and every answer to a question of the section.
    fn checked_answers(
        &self,
        owned: &AttemptVersion,
        version: &VersionContent,
        now: Timestamp,
    ) -> Result<Vec<NewResponse>, Problem> {
        let section = usize::try_from(self.section_index)
            .ok()
            .and_then(|index| version.sections.get(index));
        let section = section.ok_or_else(|| Problem::invalid("/section_index", "the index of a section"))?;
        if section.id != self.section_id {
            return Err(Problem::invalid(
                "/section_id",
                "the id of the section at that index",
            ));
        }
        if self.answers.is_empty() {
            return Ok(Vec::new());
        }
        let sent = self.answers.iter().map(|(question_id, answer)| SentAnswer {
            question_id: *question_id,
            answer,
            written_at: None,
            pointer: format!("/answers/{question_id}"),
        });
        let checked = check(version, &owned.form, &sent.collect::<Vec<_>>(), now)?;
        if checked.section_index != self.section_index {
            return Err(Problem::invalid(
                "/answers",
                "answers to questions of this section",
            ));
        }
        Ok(checked.responses)
    }
}
