//! `POST /questions/{id}/exemplars`

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use domain::authoring::item::ItemBody;
use domain::authoring::{ExemplarFault, NewExemplar};
use domain::ids::ItemId;
use domain::points::Points;
use domain::scoring::{AddExemplars, exemplar_faults};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::exemplar_csv::{self, Row, in_cell};
use crate::http::extract::{self, Json, PathId, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByStaff;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// Answers that people have graded.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct ExemplarsBody {
    /// At most 5,000.
    #[garde(length(min = 1, max = 5000), dive)]
    #[schema(min_items = 1, max_items = 5000)]
    exemplars: Vec<NewExemplarBody>,
}

/// A graded answer about to be kept.
#[derive(Clone, Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct NewExemplarBody {
    /// In the shape in which candidates answer the question.
    #[garde(skip)]
    #[schema(value_type = Value, example = "A lock makes the second writer wait.")]
    answer: Value,
    /// What a person gave: from 0 to the marks of the question.
    #[garde(skip)]
    #[schema(value_type = f64, minimum = 0, example = 1.5)]
    points: Points,
    /// Why.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExemplarsAddedBody {
    /// New ones.
    added: usize,
    /// Answers that were there already; their grade stays as it was.
    known: usize,
}

/// The body in either form.
pub(super) enum Sent {
    Json(Vec<NewExemplarBody>),
    Csv(Vec<Row>),
}

/// Bring graded answers to a question
///
/// To a question of a track or an item of a generated assessment, for calibration; all or none. As JSON, or as a table with the columns `answer`, `points` and, if you like, `note`: texts
/// stand in their cells as they are, other answers as JSON or as the bare value. Faults of a table are named by row and
/// column (`/rows/2/points`); the header is row 1.
#[utoipa::path(
    post,
    path = "/questions/{id}/exemplars",
    tag = "questions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The question")),
    request_body(content(
        (ExemplarsBody = "application/json"),
        (String = "text/csv", example = "answer,points,note\nA lock makes the second writer wait.,1.5,says why\n"),
    )),
    responses(
        (status = 201, description = "They are kept", body = ExemplarsAddedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn add_exemplars(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(item_id): PathId<ItemId>,
    sent: Sent,
) -> Result<Response, Problem> {
    let exemplars = match sent {
        Sent::Json(exemplars) => exemplars,
        Sent::Csv(rows) => read_rows(&state, item_id, rows).await?,
    };
    let add = AddExemplars {
        staff,
        item_id,
        exemplars: exemplars.iter().cloned().map(NewExemplar::from).collect(),
    };
    let body = ExemplarsBody { exemplars };
    caller
        .once(&state, &key, &body, &add, |counts| {
            let reply = ExemplarsAddedBody {
                added: counts.added,
                known: counts.known,
            };
            Ok((StatusCode::CREATED, reply))
        })
        .await
}

/// What stands in a cell depends on the kind of question; what is wrong there is named by row and column.
async fn read_rows(state: &AppState, item: ItemId, rows: Vec<Row>) -> Result<Vec<NewExemplarBody>, Problem> {
    let found = state.store.current_item(item).await?;
    let content = found.ok_or_else(|| Problem::of(&kinds::QUESTION))?.content;
    let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    let exemplars: Vec<NewExemplarBody> = rows
        .into_iter()
        .map(|row| NewExemplarBody::of_row(row, &content.body))
        .collect();
    let new: Vec<NewExemplar> = exemplars.iter().cloned().map(NewExemplar::from).collect();
    let faults = exemplar_faults(&content, &new);
    if faults.is_empty() {
        return Ok(exemplars);
    }
    let error = |fault: ExemplarFault| {
        exemplar_csv::fault(
            numbers[fault.index],
            fault.member,
            &format!("must be {}", fault.expected),
        )
    };
    Err(Problem::invalid_fields(faults.into_iter().map(error).collect()))
}

impl FromRequest<AppState> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let given = request.headers().get(CONTENT_TYPE);
        let given = given.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("text/csv") {
            let bytes = extract::body(request, state).await?;
            return exemplar_csv::read(&bytes)
                .map(Self::Csv)
                .map_err(Problem::invalid_fields);
        }
        let Json(body) = <Json<ExemplarsBody> as FromRequest<AppState>>::from_request(request, state).await?;
        Ok(Self::Json(body.exemplars))
    }
}

impl NewExemplarBody {
    fn of_row(row: Row, body: &ItemBody) -> Self {
        Self {
            answer: in_cell(body, row.answer),
            points: row.points,
            note: row.note,
        }
    }
}

impl From<NewExemplarBody> for NewExemplar {
    fn from(body: NewExemplarBody) -> Self {
        Self {
            answer: body.answer,
            points: body.points,
            note: body.note,
        }
    }
}
