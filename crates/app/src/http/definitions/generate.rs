//! `POST /assessments/generate`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::authoring::RequestGeneration;
use domain::authoring::blueprint::{Blueprint, Writer};
use domain::ids::SyllabusId;
use domain::job::Enqueued;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{BodyProblems, IdempotencyProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// What to make the assessment from, and how.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct GenerateBody {
    /// From these; from all active ones when absent.
    #[garde(length(min = 1, max = 50))]
    syllabus_ids: Option<Vec<Uuid>>,
    /// How it should look: `title`, `writer` (`offline`, or `model` for items written by the configured language models where they
    /// pass the same quality gate), `items_per_section`, `max_sections`, `kinds`, `essays`, `topics`, `difficulty`,
    /// `cells`, `time_limit_minutes`, `pass_percent`; every field has a default.
    #[garde(skip)]
    #[schema(value_type = Option<Object>)]
    blueprint: Option<Blueprint>,
}

/// The job that makes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GenerateReply {
    /// Follow it at `/jobs/{job_id}`.
    job_id: Uuid,
    /// `queued` when new; how far it is when the same request had been made before.
    status: &'static str,
    /// Whether the same request had been made before and its job is given.
    deduplicated: bool,
}

/// Generate an assessment
///
/// Answers at once; the job's result names the `assessment_definition_id`. The same texts and blueprint give the same job.
#[utoipa::path(
    post,
    path = "/assessments/generate",
    tag = "definitions",
    params(IdempotencyKey),
    request_body = GenerateBody,
    responses(
        (status = 202, description = "The job", body = GenerateReply),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn generate(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<GenerateBody>,
) -> Result<Response, Problem> {
    let admin = caller.admin()?;
    let blueprint = body.blueprint.clone().unwrap_or_default();
    blueprint
        .validate()
        .map_err(|error| Problem::invalid(format!("/blueprint{}", error.pointer), error.reason))?;
    if blueprint.writer == Writer::Model && state.llm.offers().is_empty() {
        return Err(Problem::invalid(
            "/blueprint/writer",
            "no language model is configured here; use offline",
        ));
    }
    let syllabus_ids = body
        .syllabus_ids
        .as_ref()
        .map(|ids| ids.iter().copied().map(SyllabusId).collect());
    let request = RequestGeneration {
        admin,
        syllabus_ids,
        blueprint,
    };
    caller
        .once(&state, &key, &body, &request, |enqueued| {
            Ok((StatusCode::ACCEPTED, GenerateReply::from(*enqueued)))
        })
        .await
}

impl From<Enqueued> for GenerateReply {
    fn from(enqueued: Enqueued) -> Self {
        Self {
            job_id: enqueued.id.0,
            status: enqueued.status.as_str(),
            deduplicated: enqueued.deduplicated,
        }
    }
}
