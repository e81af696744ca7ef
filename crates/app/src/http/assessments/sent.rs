//! Answers that come with a request, and submission with them as the last ones: shared by `…/responses` and `…/submit`.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::{AttemptVersion, SavedResponse, Submit, Submitted};
use domain::authoring::{VersionContent, VersionedItem};
use domain::identity::Candidate;
use domain::ids::{AttemptId, ItemVersionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::answers::{CheckedAnswers, SentAnswer, check};
use crate::http::caller::Caller;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{Problem, kinds};
use crate::http::touched::alive;
use crate::runtime::AppState;

/// Most answers in a request.
pub(super) const MOST_RESPONSES: usize = 500;

/// One answer.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(super) struct ResponseBody {
    /// Which question.
    question_id: Uuid,
    /// In the shape of its kind: `multiple_choice` `"b"`; `multiple_response` `["a","c"]`; `true_false` `true`;
    /// `fill_blank` `{"b1":"text"}`; `matching` `{"l1":["r2"]}`; `numeric` `42` or `"42 ms"`; `ordering`
    /// `["c","a","b"]`; `short_answer` and `essay` `"text"`; `coding` `{"language":"python","source":"text"}`; `profile`
    /// by its form: text `"text"`, choice `"b"`, checklist `{"count":5,"context":["campus"]}` or
    /// `{"entries":["text"],"context":[]}`, compound `{"field id": answer}`; `file_upload` `{"file_ids":["uuid"]}`.
    /// `null` takes an answer back.
    answer: Value,
    /// When it was written, by the candidate's clock; an older answer never replaces a newer one.
    submitted_at: Option<DateTime<Utc>>,
}

/// One acknowledged answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedAnswerBody {
    /// Which question.
    question_id: Uuid,
    /// Its sequence number.
    seq: i64,
    /// False when a newer answer was there already and stays.
    stored: bool,
}

/// The answers of a request with the attempt they are for.
pub(super) struct Sent {
    /// Of the caller.
    pub(super) owned: AttemptVersion,
    /// What the attempt is drawn from.
    pub(super) version: Arc<VersionContent>,
    /// None when the request has no answers.
    pub(super) checked: Option<CheckedAnswers>,
    candidate: Candidate,
}

impl Sent {
    /// Finds the caller's attempt and checks the answers against its form: 404, 422 and 409 as [`check`] says.
    pub(super) async fn read(
        state: &AppState,
        caller: &Caller,
        candidate: Candidate,
        id: AttemptId,
        responses: &[ResponseBody],
    ) -> Result<Self, Problem> {
        let owned = state.content.owned_attempt(id, candidate.user_id()).await?;
        let owned = owned.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
        let version = state.content.version(owned.definition_version_id).await?;
        let sent = responses.iter().enumerate().map(|(index, response)| SentAnswer {
            question_id: response.question_id,
            answer: &response.answer,
            written_at: response.submitted_at,
            pointer: format!("/responses/{index}"),
        });
        let sent: Vec<SentAnswer<'_>> = sent.collect();
        let checked = if sent.is_empty() {
            None
        } else {
            Some(check(&version, &owned.form, &sent, caller.ctx.now())?)
        };
        Ok(Self {
            owned,
            version,
            checked,
            candidate,
        })
    }

    /// Submits the attempt with these answers as its last ones, in one transaction; 202 with the body made of the outcome.
    pub(super) async fn submit<B: Serialize>(
        &self,
        (state, caller): (&AppState, &Caller),
        key: &IdempotencyKey,
        request: &(impl Serialize + Sync),
        body: impl Fn(&Submitted) -> B + Send + Sync,
    ) -> Result<Response, Problem> {
        let answers = self.checked.as_ref().map(|checked| checked.responses.clone());
        let submit = Submit {
            candidate: self.candidate,
            attempt_id: self.owned.attempt_id,
            answers: answers.unwrap_or_default(),
        };
        caller
            .once(state, key, request, &submit, |submitted| {
                Ok((StatusCode::ACCEPTED, body(alive(submitted)?)))
            })
            .await
    }

    /// The acknowledgements, by question.
    pub(super) fn acknowledged(&self, saved: &[SavedResponse]) -> Vec<SavedAnswerBody> {
        let answer = |saved: &SavedResponse| {
            Some(SavedAnswerBody {
                question_id: self.item(saved.item_version_id)?.item_id.0,
                seq: saved.seq,
                stored: saved.stored,
            })
        };
        saved.iter().filter_map(answer).collect()
    }

    /// The item of the version with that id.
    pub(super) fn item(&self, id: ItemVersionId) -> Option<&VersionedItem> {
        self.version.items.iter().find(|item| item.item_version_id == id)
    }
}
